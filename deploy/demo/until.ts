/** Waits for something that gives no event, by asking again and again. */

import { setTimeout as delay } from 'node:timers/promises';

const askEveryMs = 50;
const withinMs = 60_000;

/** Resolves when `ask` is true; a question that fails counts as false. Rejects when aborted or after a minute. */
export async function until(what: string, ask: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await ask().catch(() => false))) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await delay(askEveryMs, undefined, { signal });
  }
}
