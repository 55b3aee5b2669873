/** How often senders send, and so how far back their load has to be looked at to be told. */

import type { RateSpan } from '../lib/rate.ts';

/** Long enough for the bursts of scrapes; a connection that has gone is out of all sums at once. */
export const USUAL_SPAN: RateSpan = { spanMs: 20_000, leastMs: 3000 };
/** Over fewer of its requests the load of a sender goes up and down with each of them. */
const INTERVALS = 3;
/** What lies further back says little of the present. */
const LONGEST_MS = 300_000;

/** What is asked of a connection here. */
export interface Paced {
  readonly writes: number;
  ageMs(nowMs: number): number;
}

/** Milliseconds between two write requests of a connection, over all that have had one; 0 when there is none. */
export function usualIntervalMs(connections: Iterable<Paced>, nowMs: number): number {
  let [elapsedMs, writes] = [0, 0];
  for (const connection of connections) {
    if (connection.writes === 0) continue;
    elapsedMs += connection.ageMs(nowMs);
    writes += connection.writes;
  }
  return writes === 0 ? 0 : elapsedMs / writes;
}

/**
 * For a connection that may be slower than `usualMs`. One that has just sent for the first time shows nothing of its
 * pace: it is taken for as slow as the others, or a request a minute would look like one every few seconds.
 */
export function spanFor(connection: Paced, usualMs: number, nowMs: number): RateSpan {
  const ownMs = connection.ageMs(nowMs) / Math.max(1, connection.writes);
  const { spanMs, leastMs } = USUAL_SPAN;
  return {
    spanMs: Math.max(spanMs, Math.min(INTERVALS * Math.max(usualMs, ownMs), LONGEST_MS)),
    leastMs: Math.max(leastMs, Math.min(usualMs, LONGEST_MS)),
  };
}
