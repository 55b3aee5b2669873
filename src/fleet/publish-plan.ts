/** When this replica has to tell the others of itself: soon when something has changed, else before it is forgotten. */

import type { Figures } from './standing.ts';

const CHANGED_EVERY_MS = 2000;
/** Two may be lost before the others take this replica for gone. */
const SAME_EVERY_MS = 5000;
/** Of what was told last; less is not worth a record. */
const CHANGE = 0.1;
/** Whoever asks every second must not be put off for another one by a millisecond. */
const SLACK_MS = 500;

export class PublishPlan {
  #told: { readonly figures: Figures; readonly atMs: number } | undefined;

  isDue(figures: Figures, nowMs: number): boolean {
    const told = this.#told;
    if (!told || told.figures.state !== figures.state) return true;
    const { connections, samplesPerSecond } = told.figures;
    const hasChanged =
      differs(connections, figures.connections) || differs(samplesPerSecond, figures.samplesPerSecond);
    return nowMs - told.atMs + SLACK_MS >= (hasChanged ? CHANGED_EVERY_MS : SAME_EVERY_MS);
  }

  /** The others have been told. */
  told(figures: Figures, nowMs: number): void {
    this.#told = { figures, atMs: nowMs };
  }
}

function differs(before: number, now: number): boolean {
  return Math.abs(now - before) > CHANGE * before;
}
