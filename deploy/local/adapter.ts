/** The adapter as a child process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Watchdog } from './watchdog.ts';

/** What to run and with what. */
export interface AdapterCommand {
  /** Path of the script that is the adapter. */
  script: string;
  args: string[];
  environment: NodeJS.ProcessEnv;
}

/** Started by the constructor; it writes to the launcher's own outputs. */
export class Adapter {
  readonly #child: ChildProcess;
  readonly #watchdog = new Watchdog({ signal: 'TERM' });
  /** Resolves with its exit status, 128 and the signal's number when a signal ended it. */
  readonly exited: Promise<number>;
  hasExited = false;

  constructor(command: AdapterCommand) {
    // A session of its own: a terminal's Ctrl-C reaches the launcher alone, which then ends the parts in their order.
    this.#child = spawn(process.execPath, [command.script, ...command.args], {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'inherit', 'inherit'],
      env: command.environment,
    });
    this.#watchdog.guard(this.#child.pid);
    this.exited = new Promise((resolve) => {
      const finish = (status: number): void => {
        this.hasExited = true;
        this.#watchdog.release();
        resolve(status);
      };
      this.#child.on('error', () => finish(127));
      this.#child.on('exit', (code, signal) => finish(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks it to finish what is under way and leave. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Waits for its end, at most so long: then it is killed. */
  async exitWithin(milliseconds: number): Promise<number> {
    const timer = setTimeout(() => this.kill(), milliseconds);
    const status = await this.exited;
    clearTimeout(timer);
    await this.#watchdog.end();
    return status;
  }

  /** True when `url` answers 200 within the time; false also when the adapter ends before. */
  async isReadyWithin(url: string, milliseconds: number): Promise<boolean> {
    const signal = AbortSignal.timeout(milliseconds);
    while (!this.hasExited && !signal.aborted) {
      const response = await fetch(url, { signal, headers: { connection: 'close' } }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) return true;
      await delay(100, undefined, { signal }).catch(() => {});
    }
    return false;
  }
}
