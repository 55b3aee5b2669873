/** When an answer asks its connection to close: drain, overload or balance, rebalance, age, requests, in this order. */

import { TokenBucket } from '../lib/token-bucket.ts';
import type { CloseReason, SkipReason } from '../metrics/reasons.ts';
import type { Connection } from './connection.ts';

/** The options of the section `connection` that decide; milliseconds. */
export interface CloseSettings {
  /** 0 = off. */
  readonly maxAgeMs: number;
  /** 0 to 0.9: of age and requests. */
  readonly maxAgeJitter: number;
  /** 0 = off. */
  readonly maxRequests: number;
  /** Age closes a second; 0 = no bound. */
  readonly maxCloseRate: number;
}

/** What is asked of a connection here; `isHeld` is noted. */
export type Closable = Pick<
  Connection,
  'ending' | 'inFlight' | 'isHeld' | 'leave' | 'leaveAtMs' | 'requests' | 'ageMs' | 'jittered'
>;

export type Decision = { readonly close: CloseReason } | { readonly skip: SkipReason } | undefined;

/** What decides besides the connection itself. */
export interface Moment {
  readonly nowMs: number;
  readonly openConnections: number;
  readonly isDraining: boolean;
  /** Whether the request has been read to its last byte. */
  readonly isRequestRead: boolean;
}

export class ClosePolicy {
  /** May be exchanged at any time: a connection keeps its place in the jitter, not its age. */
  settings: CloseSettings;
  readonly #bucket = new TokenBucket();

  constructor(settings: CloseSettings) {
    this.settings = settings;
  }

  /** To be asked as late as possible, when the answer is there and only its headers are still to be written. */
  decide(connection: Closable, moment: Moment): Decision {
    if (connection.ending !== undefined) return undefined;
    const reason = this.#due(connection, moment);
    if (reason === undefined) return undefined;
    if (!moment.isRequestRead) return { skip: 'request_incomplete' };
    if (connection.inFlight > 1) return { skip: 'pipelined' };
    if (reason === 'max_age' && !this.#mayClose(connection, moment)) {
      if (connection.isHeld) return undefined;
      connection.isHeld = true;
      return { skip: 'rate_limited' };
    }
    return { close: reason };
  }

  #due(connection: Closable, { nowMs, isDraining }: Moment): CloseReason | undefined {
    const { maxAgeJitter, maxRequests } = this.settings;
    if (isDraining) return 'drain';
    if (connection.leave !== undefined) return connection.leave;
    if (nowMs >= connection.leaveAtMs) return 'rebalance';
    if (connection.ageMs(nowMs) >= this.ageLimitMs(connection)) return 'max_age';
    if (maxRequests > 0 && connection.requests >= Math.round(connection.jittered(maxRequests, maxAgeJitter)))
      return 'max_requests';
    return undefined;
  }

  /**
   * With more connections than can be closed at the rate within one age, all live longer alike; the bucket alone
   * would favour whoever answers most often. It is for the waves on top.
   */
  #mayClose(connection: Closable, { nowMs, openConnections }: Moment): boolean {
    const { maxCloseRate } = this.settings;
    if (maxCloseRate === 0) return true;
    if (connection.ageMs(nowMs) < this.ageLimitMs(connection) * this.stretch(openConnections)) return false;
    return this.#bucket.take(nowMs, { ratePerSecond: maxCloseRate, burst: Math.max(1, maxCloseRate) });
  }

  /** Age from which on the connection is asked to close, when the close rate allows it; Infinity = never. */
  ageLimitMs(connection: Pick<Closable, 'jittered'>): number {
    const { maxAgeMs, maxAgeJitter } = this.settings;
    return maxAgeMs === 0 ? Number.POSITIVE_INFINITY : connection.jittered(maxAgeMs, maxAgeJitter);
  }

  /** How many times `max_age` the connections live on average so that the close rate holds; at least 1. */
  stretch(openConnections: number): number {
    const { maxAgeMs, maxCloseRate } = this.settings;
    if (maxAgeMs === 0 || maxCloseRate === 0) return 1;
    return Math.max(1, openConnections / (maxCloseRate * (maxAgeMs / 1000)));
  }
}
