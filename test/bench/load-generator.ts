/** The handle on the load generator, which runs in a process of its own so as not to disturb who measures. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestHooks } from '../support/process.ts';
import type { LoadPlan, LoadReport, LoadRun } from './load-plan.ts';

const program = fileURLToPath(new URL('load-process.ts', import.meta.url));

/** Starts the generator; resolves when its requests are made and it can send at once. */
export async function startGenerator(hooks: TestHooks, plan: LoadPlan): Promise<LoadGenerator> {
  const child = fork(program, [JSON.stringify(plan)]);
  hooks.after(() => child.kill('SIGKILL'));
  await message(child);
  return new LoadGenerator(child);
}

export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  run(run: LoadRun): Promise<LoadReport> {
    this.#child.send(run);
    return message(this.#child) as Promise<LoadReport>;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The next message of the process; rejects when it ends first. */
export async function message(child: ChildProcess, who = 'the load generator'): Promise<unknown> {
  const given = new AbortController();
  const { signal } = given;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${who} ended with exit status ${code}`);
  });
  // Aborted once the message is there, which nobody waits for then.
  ended.catch(() => {});
  try {
    const [received] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown];
    return received;
  } finally {
    given.abort();
  }
}
