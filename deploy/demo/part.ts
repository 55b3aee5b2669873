/** One process of the demo: out of reach of the terminal's signals, guarded, its last lines kept. */

import { type ChildProcess, spawn } from 'node:child_process';
import { Watchdog } from '../local/watchdog.ts';

const keptCharacters = 4000;
const stopTimeoutMs = 3000;

/** What to run and what to leave behind. */
export interface PartOptions {
  name: string;
  command: string;
  args: string[];
  environment: NodeJS.ProcessEnv;
  /** Removed at the end, whatever ends it. */
  directory?: string;
  /** Called when it ends by itself. */
  onLost: (error: Error) => void;
}

/** Started by the constructor. */
export class Part {
  readonly #child: ChildProcess;
  readonly #watchdog: Watchdog;
  #isEnding = false;
  #log = '';
  readonly #exited: Promise<void>;

  constructor(options: PartOptions) {
    const { name, command, args, environment, directory, onLost } = options;
    this.#watchdog = new Watchdog({
      signal: 'KILL',
      ...(directory === undefined ? {} : { cleanup: ['rm', '-rf', '--', directory] }),
    });
    // A session of its own: a terminal's Ctrl-C reaches the demo alone. The records of a dry run go nowhere.
    this.#child = spawn(command, args, {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: environment,
    });
    this.#watchdog.guard(this.#child.pid);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-keptCharacters);
    });
    this.#exited = new Promise((resolve) => {
      const finish = (status: string): void => {
        this.#watchdog.release();
        if (!this.#isEnding) onLost(new Error(`${name} has ended: ${status}\n${this.#log}`));
        resolve();
      };
      this.#child.on('error', (error) => finish(error.message));
      // With the last of its output, which says why.
      this.#child.on('close', (code, signal) => finish(signal ?? `exit status ${code}`));
    });
  }

  /** Lets it finish what is under way; one that takes too long is killed. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), stopTimeoutMs);
    await this.#exited;
    clearTimeout(timer);
    await this.#watchdog.end();
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
    await this.#watchdog.end();
  }
}
