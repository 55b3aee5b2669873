/** One run of a Java program: out of reach of the terminal's signals, guarded, its last output lines kept. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Watchdog } from './watchdog.ts';

const keptLines = 40;

/** How to run Kafka's classes. */
export interface KafkaRuntime {
  /** The command `java`. */
  java: string;
  classPath: string;
}

/** Starts in the constructor; everything else is told by `exited`. */
export class JavaProcess {
  readonly #child: ChildProcess;
  #lines: string[] = [];
  #rest = '';
  /** Resolves, never rejects, with a readable exit status when the process is gone. */
  readonly exited: Promise<string>;
  hasExited = false;
  isSuccess = false;

  constructor(runtime: KafkaRuntime, args: string[], watchdog: Watchdog) {
    // A session of its own: a terminal's Ctrl-C must not stop Kafka before its clients are done.
    this.#child = spawn(runtime.java, ['-cp', runtime.classPath, ...args], {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    watchdog.guard(this.#child.pid);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    }
    this.exited = new Promise((resolve) => {
      const finish = (status: string): void => {
        watchdog.release();
        this.hasExited = true;
        resolve(status);
      };
      this.#child.on('error', (error) => finish(error.message));
      this.#child.on('exit', (code, signal) => {
        this.isSuccess = code === 0;
        finish(signal ? `ended by ${signal}` : `exit status ${code}`);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last lines of its output. */
  get log(): string {
    return [...this.#lines, this.#rest].join('\n').trimEnd();
  }

  signal(name: NodeJS.Signals): void {
    if (!this.hasExited) this.#child.kill(name);
  }

  #keep(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#lines = [...this.#lines, ...lines].slice(-keptLines);
  }
}
