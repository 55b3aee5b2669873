/** Long work, or many small jobs at once, done a millisecond at a time in turns with all other work. */

import { setImmediate as turn } from 'node:timers/promises';

const TURN_MS = 1;

/** Takes steps until one says that it was the last, and lets others go before at every turn. */
export async function inTurns(step: () => boolean): Promise<void> {
  let begunMs = performance.now();
  while (!step()) {
    if (performance.now() - begunMs < TURN_MS) continue;
    await turn();
    begunMs = performance.now();
  }
}

/** Jobs that may come by the thousand. */
export class Turns {
  #jobs: (() => void)[] = [];
  #next = 0;

  add(job: () => void): void {
    this.#jobs.push(job);
    if (this.#jobs.length === 1) setImmediate(() => inTurns(() => this.#step()));
  }

  #step(): boolean {
    this.#jobs[this.#next++]!();
    if (this.#next < this.#jobs.length) return false;
    this.#jobs = [];
    this.#next = 0;
    return true;
  }
}
