/** The sticky detector: how often a client whose connection this replica closed comes back to this same replica. */

/*
 * One sender has many connections, which other replicas close as well, so a new connection soon after a close proves
 * nothing by itself. What the close brings about is the surplus: new connections of that client just after it, less
 * those just before it. Summed over many closes the others' share cancels out, and the mean is the chance to come
 * back: about 1/N behind a balancer that spreads over N replicas, about 1 when it is sticky or has one member.
 */

import type { CloseReason } from '../metrics/reasons.ts';
import type { Connection } from './connection.ts';

/**
 * Closes that are meant to make the client connect anew, while this replica stays. Those for balance happen on several
 * replicas in the same seconds, so what comes just after them says nothing.
 */
export const WATCHED: ReadonlySet<CloseReason> = new Set([
  'max_age',
  'max_requests',
  'overload',
  'rebalance',
]);

/** What is asked of a connection here. */
export type Visit = Pick<Connection, 'address' | 'agent' | 'user' | 'bornMs' | 'requests' | 'ageMs'>;

/** The time in which a client is expected back: so many times the time between requests of the closed connection. */
const EXPECTED_INTERVALS = 2;
const MIN_WINDOW_MS = 250;
const MAX_WINDOW_MS = 60_000;
/** A connection is known to be a sender's at its first request, a little after it was accepted. */
const LATE_MS = 1000;
/** The ratio is the mean over the closes of this time, but of so many at least and at most. */
const KEPT_MS = 900_000;
const KEPT_CLOSES = { least: 64, most: 4096 };
const ENOUGH_CLOSES = 10;
const MAX_CLIENTS = 1000;
const MAX_EVENTS = 1024;
const STICKY_RATIO = 0.85;
/** Below this by more than chance, it spreads. */
const SURE_RATIO = 0.75;

interface Judged {
  readonly atMs: number;
  readonly surplus: number;
}

interface Close {
  readonly atMs: number;
  readonly windowMs: number;
}

/** What one client did lately; times as `performance.now()`. */
interface Client {
  readonly openedMs: number[];
  readonly closes: Close[];
}

export interface ReturnFigures {
  /** 0 to 1; null before enough closes were watched. */
  readonly ratio: number | null;
  /** Standard error of the ratio. */
  readonly error: number | null;
  readonly watched: number;
  readonly verdict: 'unknown' | 'spreads' | 'sticky';
}

export interface ReturnCounts {
  /** One more close whose window is over. */
  onWatched(): void;
  onReturned(): void;
}

export class Returns {
  /** In the order of their last event, so that the longest silent are forgotten first. */
  readonly #clients = new Map<string, Client>();
  /** The latest closes whose window is over, oldest first. */
  readonly #judged: Judged[] = [];
  readonly #counts: ReturnCounts;
  #watched = 0;
  #sum = 0;
  #returned = 0;

  constructor(counts: ReturnCounts) {
    this.#counts = counts;
  }

  /** At the first write request of a connection. */
  opened(connection: Visit): void {
    bounded(this.#client(connection).openedMs).push(connection.bornMs);
  }

  /** When this replica has asked the connection to close so that the client connects anew. */
  closed(connection: Visit, nowMs: number): void {
    const intervalMs = connection.ageMs(nowMs) / connection.requests;
    const windowMs = Math.min(Math.max(EXPECTED_INTERVALS * intervalMs, MIN_WINDOW_MS), MAX_WINDOW_MS);
    bounded(this.#client(connection).closes).push({ atMs: nowMs, windowMs });
  }

  /** Judges the closes whose time is over; called every few seconds. */
  settle(nowMs: number): void {
    for (const [name, client] of this.#clients) {
      const { openedMs, closes } = client;
      const settled = ({ atMs, windowMs }: Close): boolean => atMs + windowMs + LATE_MS <= nowMs;
      for (const close of closes.filter(settled)) this.#judge(close, openedMs);
      client.closes.splice(0, closes.length, ...closes.filter((close) => !settled(close)));
      const forgetMs = nowMs - 3 * MAX_WINDOW_MS;
      while (openedMs.length > 0 && openedMs[0]! < forgetMs) openedMs.shift();
      if (openedMs.length === 0 && closes.length === 0) this.#clients.delete(name);
    }
  }

  #judge({ atMs, windowMs }: Close, openedMs: readonly number[]): void {
    let surplus = 0;
    for (const opened of openedMs) {
      if (opened > atMs && opened <= atMs + windowMs) surplus++;
      if (opened <= atMs && opened > atMs - windowMs) surplus--;
    }
    this.#judged.push({ atMs, surplus });
    this.#forget(atMs - KEPT_MS);
    this.#watched++;
    this.#counts.onWatched();
    // A counter cannot go back: it follows the highest the sum has been, but chance must not carry it past all.
    this.#sum += surplus;
    while (this.#returned < Math.min(this.#sum, this.#watched)) {
      this.#returned++;
      this.#counts.onReturned();
    }
  }

  #forget(beforeMs: number): void {
    const judged = this.#judged;
    const first = judged.findIndex(({ atMs }) => atMs >= beforeMs);
    const old = Math.min(first, judged.length - KEPT_CLOSES.least);
    judged.splice(0, Math.max(old, judged.length - KEPT_CLOSES.most, 0));
  }

  /** Forgets what was judged so far, since it was judged under circumstances that are no more. */
  restart(): void {
    this.#judged.length = 0;
    for (const { closes } of this.#clients.values()) closes.length = 0;
  }

  figures(): ReturnFigures {
    const surpluses = this.#judged.map(({ surplus }) => surplus);
    const count = surpluses.length;
    const watched = this.#watched;
    // What came before a restart counts for the metric, and not for how much is still missing.
    if (count < ENOUGH_CLOSES) return { ratio: null, error: null, watched: count, verdict: 'unknown' };
    const mean = surpluses.reduce((sum, surplus) => sum + surplus, 0) / count;
    const variance = surpluses.reduce((sum, surplus) => sum + (surplus - mean) ** 2, 0) / (count - 1);
    const error = Math.sqrt(variance / count);
    const ratio = Math.min(Math.max(mean, 0), 1);
    if (mean > STICKY_RATIO && mean - error > SURE_RATIO) return { ratio, error, watched, verdict: 'sticky' };
    const spreads = mean + error < STICKY_RATIO;
    return { ratio, error, watched, verdict: spreads ? 'spreads' : 'unknown' };
  }

  #client({ address, agent, user }: Visit): Client {
    const name = JSON.stringify([address, agent, user]);
    const client = this.#clients.get(name) ?? { openedMs: [], closes: [] };
    this.#clients.delete(name);
    this.#clients.set(name, client);
    if (this.#clients.size > MAX_CLIENTS) this.#clients.delete(this.#clients.keys().next().value!);
    return client;
  }
}

/** The list with room for one more: the oldest goes. */
function bounded<Item>(events: Item[]): Item[] {
  if (events.length >= MAX_EVENTS) events.shift();
  return events;
}
