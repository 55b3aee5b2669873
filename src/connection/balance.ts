/** Balance: a replica that carries more than its due of the fleet's load asks connections to leave. */

import { TokenBucket } from '../lib/token-bucket.ts';
import type { Connection } from './connection.ts';
import { Effect } from './effect.ts';
import type { Returns } from './returns.ts';

export interface BalanceSettings {
  /** Part of its due by which a replica may be above it. */
  readonly tolerance: number;
  /** A connection younger than this stays, so that nobody is sent round in circles. */
  readonly minAgeMs: number;
}

/** What of the fleet decides. */
export interface Scales {
  /** Samples a second that are this replica's due. */
  readonly dueSamplesPerSecond: number;
  /** Ready replicas, this one included. */
  readonly replicas: number;
  /** Of these, that carry less than their due. */
  readonly below: number;
  /** Of the one that has least, its part of its due: 0 for one that was just added. */
  readonly least: number;
  /** Whether all have equally many connections. */
  readonly isLevel: boolean;
}

/** In tolerances: once at it, down to here. */
const RELEASE = 0.3;
/** In tolerances: a replica that lacks this much is helped by all that have more than their due, up to the second. */
const SHORT = 2;
const SHORT_RELEASE = 0.6;
/** Of the connections, at once, and each second after that. */
const BURST_SHARE = 0.3;
const REFILL_SHARE = 0.15;
const MIN_REFILL_PER_SECOND = 0.2;
/** Of what would even it out, in one step: the others act at the same time, and nobody sees all of it at once. */
const STEP = 0.8;
/**
 * Behind a balancer that takes turns a client may come to any replica, so more have to go than are to arrive where they
 * lack; behind one that looks for the least connections all of them arrive there. So it begins with what is to arrive,
 * and asks for that much more for each such time that it was not enough.
 */
const ONCE_MORE_MS = 4000;

/** What is asked of a connection here, and where the mark goes. */
export type Movable = Pick<Connection, 'writes' | 'samplesPerSecond' | 'ageMs' | 'leave'>;

export class Balance {
  settings: BalanceSettings;
  readonly #returns: Returns;
  readonly #bucket = new TokenBucket();
  readonly #effect = new Effect();
  #isOver = false;
  #isOneShort = false;
  #replicas = 1;
  /** When it last was even enough. */
  #evenMs = 0;

  /** `returns` tells whether the balancer is sticky: nobody is asked to leave who would come back. */
  constructor(settings: BalanceSettings, returns: Returns) {
    this.settings = settings;
    this.#returns = returns;
  }

  /** Marks connections to leave; called every second or so, when the fleet has been heard. */
  relieve(connections: Iterable<Movable>, scales: Scales, nowMs: number): void {
    this.#notice(scales.replicas, nowMs);
    const senders = [...connections].filter(({ writes }) => writes > 0);
    const staying = senders.filter(({ leave }) => leave === undefined);
    const carried = staying.reduce((sum, { samplesPerSecond }) => sum + samplesPerSecond, 0);
    const { dueSamplesPerSecond: due, replicas, below, least, isLevel } = scales;
    const excess = carried - due;
    const isNeeded = this.#isNeeded(excess / due, scales);
    if (!isNeeded) this.#evenMs = nowMs;
    const distance = excess / due + Math.max(0, 1 - least);
    const isOneShort = this.#isOneShort;
    const look = { isNeeded, isOneShort, isLevel, distance, carried, connections: senders.length, nowMs };
    let allowance = this.#effect.allowance(look);
    if (allowance <= 0) return;
    const movable = staying.filter((connection) => connection.ageMs(nowMs) >= this.settings.minAgeMs);
    const times = Math.min(1 + (nowMs - this.#evenMs) / ONCE_MORE_MS, replicas / below);
    const size = {
      ratePerSecond: Math.max(MIN_REFILL_PER_SECOND, senders.length * REFILL_SHARE),
      burst: Math.max(1, senders.length * BURST_SHARE),
    };
    for (const connection of fitting(movable, { excess, budget: excess * times * STEP })) {
      if (allowance-- <= 0 || !this.#bucket.take(nowMs, size)) return;
      connection.leave = 'balance';
      this.#effect.moved(connection.samplesPerSecond, below / replicas, nowMs);
    }
  }

  /** What was found out in another fleet says nothing of this one. */
  #notice(replicas: number, nowMs: number): void {
    if (replicas === this.#replicas) return;
    // As long as it was the only one, all clients had to come back.
    if (this.#replicas <= 1) this.#returns.restart();
    this.#replicas = replicas;
    this.#effect.changed(nowMs);
  }

  #isNeeded(above: number, { below, least }: Scales): boolean {
    const { tolerance } = this.settings;
    this.#isOver = above > tolerance * (this.#isOver ? RELEASE : 1);
    this.#isOneShort = 1 - least > tolerance * (this.#isOneShort ? SHORT_RELEASE : SHORT);
    const isNeeded = this.#isOver || (this.#isOneShort && above > 0);
    return isNeeded && below > 0 && this.#returns.figures().verdict !== 'sticky';
  }
}

/**
 * Of those that fit, the first opened first: their age would have ended them soonest anyway. One larger than the excess
 * would only take the trouble with it. The busiest first would need fewer, and would fill a newcomer with nothing else
 * behind a balancer that looks for the least connections.
 */
function* fitting(movable: readonly Movable[], { excess, budget }: Record<'excess' | 'budget', number>) {
  let left = budget;
  for (const connection of movable) {
    const { samplesPerSecond } = connection;
    if (samplesPerSecond <= 0 || samplesPerSecond > excess || samplesPerSecond > left) continue;
    left -= samplesPerSecond;
    yield connection;
  }
}
