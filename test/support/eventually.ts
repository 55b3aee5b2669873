/** Waits for a condition by asking again and again, with a bound. */

import { setTimeout as pause } from 'node:timers/promises';

const ASK_EVERY_MS = 50;

export interface Bound {
  /** What is waited for, for the message when it does not come. */
  readonly what: string;
  readonly withinMs?: number;
}

/** The first answer of `ask` that is not undefined or false; rejects when there is none in time. */
export async function eventually<Answer>(
  ask: () => Answer | Promise<Answer>,
  { what, withinMs = 30_000 }: Bound,
): Promise<Exclude<Answer, undefined | false>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(ASK_EVERY_MS);
  }
}
