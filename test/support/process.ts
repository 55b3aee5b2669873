/** Child processes for tests: their output awaited line by line, always gone at the end of the test. */

import { type ChildProcess, spawn } from 'node:child_process';

/** The part of a test's context that cleans up. */
export interface TestHooks {
  after(cleanUp: () => unknown): void;
}

/** What to run. */
export interface ProcessOptions {
  /** This Node when left out. */
  command?: string;
  args: string[];
  /** Added to the environment of the test; undefined takes a variable away. */
  environment?: NodeJS.ProcessEnv;
  directory?: string;
  /** In a process group of its own, so that `signalGroup` reaches its children too. */
  isGroup?: boolean;
}

/** How a process ended. */
export interface ExitStatus {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const shownCharacters = 8000;

/** Starts the process and kills it when the test ends, should it still run. */
export function startProcess(test: TestHooks, options: ProcessOptions): TestProcess {
  const started = new TestProcess(options);
  test.after(() => started.kill());
  return started;
}

/** A running or ended process with all it wrote. */
export class TestProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #isGroup: boolean;
  #changed: (() => void)[] = [];
  stdout = '';
  stderr = '';
  /** Both outputs in the order they came. */
  output = '';
  /** How it ended; undefined while it runs. */
  status: ExitStatus | undefined;
  /** Resolves when the process has ended and its whole output is here. */
  readonly exited: Promise<ExitStatus>;

  constructor(options: ProcessOptions) {
    const command = options.command ?? process.execPath;
    this.#name = [command, ...options.args].join(' ');
    this.#isGroup = options.isGroup ?? false;
    // The mark of the test runner would make a child that runs tests report to it.
    const { NODE_TEST_CONTEXT: _runner, ...inherited } = process.env;
    this.#child = spawn(command, options.args, {
      cwd: options.directory,
      env: { ...inherited, ...options.environment },
      detached: this.#isGroup,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        this.output += text;
        this.#tell();
      });
    }
    this.exited = new Promise((resolve) => {
      const finish = (status: ExitStatus): void => {
        this.status = status;
        this.#tell();
        resolve(status);
      };
      this.#child.on('error', (error) => {
        this.output += `${error.message}\n`;
        finish({ code: 127, signal: null });
      });
      this.#child.on('exit', (code, signal) => {
        // A grandchild may hold the outputs open for longer than anybody wants to wait.
        const timer = setTimeout(() => finish({ code, signal }), 2000);
        this.#child.once('close', () => {
          clearTimeout(timer);
          finish({ code, signal });
        });
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} did not start: ${this.output}`);
    return this.#child.pid;
  }

  /** The match of `pattern` in the output so far or to come; rejects when the process ends first or time is up. */
  async waitFor(pattern: RegExp, withinMs = 60_000): Promise<RegExpExecArray> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const match = new RegExp(pattern.source, pattern.flags.replace('g', '')).exec(this.output);
      if (match) return match;
      if (this.status)
        throw this.#failure(`ended (${JSON.stringify(this.status)}) without writing ${pattern}`);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw this.#failure(`did not write ${pattern} within ${withinMs} ms`);
      await this.#change(leftMs);
    }
  }

  /** As `head` does when it has seen enough. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As a terminal does it: to the process and to all its children that share its group. */
  signalGroup(name: NodeJS.Signals): void {
    if (!this.#isGroup) throw new Error('only a process started with isGroup has a group of its own');
    process.kill(-this.pid, name);
  }

  /** Waits for its end; rejects, with the output, when it takes longer. */
  async waitForExit(withinMs = 60_000): Promise<ExitStatus> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), withinMs);
    });
    const status = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (!status) throw this.#failure(`did not end within ${withinMs} ms`);
    return status;
  }

  /** Sends the signal and waits for the end. */
  stop(name: NodeJS.Signals = 'SIGTERM', withinMs = 60_000): Promise<ExitStatus> {
    this.signal(name);
    return this.waitForExit(withinMs);
  }

  /** Makes sure that it is gone, its group included. */
  async kill(): Promise<void> {
    if (this.#isGroup && this.#child.pid !== undefined) {
      try {
        process.kill(-this.#child.pid, 'SIGKILL');
      } catch {
        // Nobody is left in the group.
      }
    }
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #tell(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const wake of waiting) wake();
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#changed.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #failure(problem: string): Error {
    const shown = this.output.slice(-shownCharacters);
    return new Error(`${this.#name} ${problem}\n--- its output ---\n${shown}\n--- end of output ---`);
  }
}
