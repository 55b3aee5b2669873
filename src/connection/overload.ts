/** Overload: when the event loop is too busy, the busiest connections that fit the excess are asked to leave. */

import { TokenBucket } from '../lib/token-bucket.ts';
import type { Connection } from './connection.ts';

export interface OverloadSettings {
  /** Event-loop utilisation, 0 to 1, above which connections are asked to leave; 0 = off. */
  readonly high: number;
  /** Down to where. */
  readonly low: number;
  /** A connection younger than this stays, so that nobody is sent round in circles. */
  readonly minAgeMs: number;
}

/** Of the connections, at once. */
const BURST_SHARE = 0.1;
/** Of the connections, each second after that. When every replica is overloaded this bounds the reconnects. */
const REFILL_SHARE = 0.01;
const MIN_REFILL_PER_SECOND = 0.1;

/** What is asked of a connection here, and where the mark goes. */
export type Loaded = Pick<Connection, 'writes' | 'recentLoad' | 'ageMs' | 'leave'>;

export class OverloadGuard {
  settings: OverloadSettings;
  readonly #bucket = new TokenBucket();

  constructor(settings: OverloadSettings) {
    this.settings = settings;
  }

  /**
   * Marks connections to leave. `utilization` is of the time since the last call, which must be long enough for
   * the marked ones to have left; 0 to 1.
   */
  relieve(connections: Iterable<Loaded>, utilization: number, nowMs: number): void {
    const { high, low, minAgeMs } = this.settings;
    if (high === 0 || utilization <= high) return;
    const senders = [...connections].filter((connection) => connection.writes > 0);
    const loads = senders.map((connection) => ({ connection, bytes: connection.recentLoad.bytes }));
    const total = loads.reduce((sum, { bytes }) => sum + bytes, 0);
    let excess = total * ((utilization - low) / utilization);
    const size = {
      ratePerSecond: Math.max(MIN_REFILL_PER_SECOND, senders.length * REFILL_SHARE),
      burst: Math.max(1, senders.length * BURST_SHARE),
    };
    const leaving = loads.filter(({ connection }) => connection.leave !== undefined);
    for (const { bytes } of leaving) excess -= bytes;
    const mayLeave = loads.filter(
      ({ connection, bytes }) =>
        bytes > 0 && connection.leave === undefined && connection.ageMs(nowMs) >= minAgeMs,
    );
    for (const { connection, bytes } of mayLeave.sort(byLoad)) {
      // One that is larger than the excess would only take the overload with it.
      if (bytes > excess) continue;
      if (!this.#bucket.take(nowMs, size)) return;
      connection.leave = 'overload';
      excess -= bytes;
    }
  }
}

function byLoad(a: { bytes: number }, b: { bytes: number }): number {
  return b.bytes - a.bytes;
}
