/** A small shell outside this process that ends what this process started, even when this process is killed outright. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

// $0 is the signal, "$@" the command that tidies up. The pipe to this process is the sign of life: whatever ends this
// process closes it. Each line is the process to guard from now on, an empty one says that there is none. The wait is
// bounded because a process that nobody reaps stays visible for ever.
const script = `pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -s "$0" "$pid"
  tries=0
  while kill -0 "$pid" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
exec "$@"`;

/** What to do when the guarding process is gone. */
export interface WatchdogOptions {
  /** Sent to the guarded process. */
  signal: 'KILL' | 'TERM';
  /** Run at the very end, also at a regular one: removes what must not be left behind. */
  cleanup?: string[];
}

/** Guards one process at a time. Windows has no such shell: there only a regular end tidies up. */
export class Watchdog {
  readonly #shell: ChildProcess | undefined;

  constructor(options: WatchdogOptions) {
    if (process.platform === 'win32') return;
    const cleanup = options.cleanup ?? ['true'];
    // Its own session, so that a terminal's Ctrl-C or hang-up does not end the one that must stay last.
    this.#shell = spawn('sh', ['-c', script, options.signal, ...cleanup], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.unref();
    // Without `sh` there is no guard, and a regular end works all the same.
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    (this.#shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  guard(pid: number | undefined): void {
    this.#shell?.stdin?.write(`${pid ?? ''}\n`);
  }

  /** The guarded process has ended by itself. */
  release(): void {
    this.guard(undefined);
  }

  /** Runs the tidying up and resolves when it is done. */
  async end(): Promise<void> {
    const shell = this.#shell;
    if (!shell || shell.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
    shell.ref();
    const exited = once(shell, 'exit');
    shell.stdin?.end();
    await exited;
  }
}
