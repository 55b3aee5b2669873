/** One client connection: what is known of it from the moment it is accepted to the moment it is gone. */

import type { Socket } from 'node:net';
import { plainAddress } from '../lib/address.ts';
import { Rate } from '../lib/rate.ts';
import type { CloseReason } from '../metrics/reasons.ts';
import { spanFor, USUAL_SPAN } from './pace.ts';

/** What a request is for: probes and scrapes come from machines that balance and watch, not from senders. */
export type Purpose = 'write' | 'probe' | 'other';

/** A request, and what it tells of its sender. */
export interface Sender {
  readonly request: { readonly complete: boolean };
  readonly purpose: Purpose;
  readonly agent: string;
  readonly user: string;
}

/** What a connection has brought, in all or in some time. */
export interface Load {
  readonly bytes: number;
  readonly samples: number;
}

const NO_LOAD: Load = { bytes: 0, samples: 0 };

export interface ConnectionParts {
  readonly id: number;
  readonly socket: Socket;
  /** From 0 up to 1: where in the range of the jitter its limits lie. */
  readonly lot: number;
}

export class Connection {
  readonly id: number;
  readonly socket: Socket;
  readonly lot: number;
  /** `performance.now()` at accept. */
  readonly bornMs = performance.now();
  readonly address: string;
  readonly port: number;
  /** User-Agent of the last request. */
  agent = '';
  /** User name of basic authentication; behind address translation it tells senders apart. */
  user = '';
  requests = 0;
  writes = 0;
  samples = 0;
  /** Whether the last write request is of 2.0, so that its answer, whoever gives it, tells what was written. */
  isTold = false;
  /** Requests begun and not answered: more than one when the client pipelines. */
  inFlight = 0;
  lastActiveMs = this.bornMs;
  /** Asked to leave at its next answer. */
  leave: 'overload' | 'balance' | undefined;
  /** Asked to leave at the first answer after this time. */
  leaveAtMs = Number.POSITIVE_INFINITY;
  /** Kept beyond its age by the close rate; counted once. */
  isHeld = false;
  /** Set once its end is decided. No further request is begun on it. */
  ending: CloseReason | undefined;
  readonly #rate = new Rate(USUAL_SPAN, this.bornMs);
  /** Whether its load is known: one that ends before is none that could be moved. */
  isMeasured = false;
  /** What came last was no HTTP any more: nothing that follows it is. */
  isBroken = false;
  /** What the request was answered that never came to its end. */
  statusByHand: string | undefined;
  /** The request that came last, until its answer is out: the only one of which bytes may still be on their way. */
  latest: { readonly complete: boolean } | undefined;
  #onSettled: (() => void) | undefined;
  #probes = 0;
  #before = NO_LOAD;
  #last = NO_LOAD;

  constructor({ id, socket, lot }: ConnectionParts) {
    this.id = id;
    this.socket = socket;
    this.lot = lot;
    this.address = plainAddress(socket.remoteAddress);
    this.port = socket.remotePort ?? 0;
  }

  begin(purpose: Purpose, request: { readonly complete: boolean }): void {
    this.requests++;
    this.inFlight++;
    this.latest = request;
    if (purpose === 'write') this.writes++;
    if (purpose === 'probe') this.#probes++;
    this.lastActiveMs = performance.now();
  }

  end(request: { readonly complete: boolean }): void {
    this.inFlight--;
    if (this.latest === request) this.latest = undefined;
    this.lastActiveMs = performance.now();
    if (this.#isSettled) this.#onSettled?.();
  }

  /** Whether no answer is owed to a request that has come whole. */
  get #isSettled(): boolean {
    return this.inFlight === (this.latest?.complete === false ? 1 : 0);
  }

  /** Calls back once every request that has come whole is answered, which may be now. */
  onceSettled(callback: () => void): void {
    this.#onSettled = callback;
    if (this.#isSettled) callback();
  }

  /** Whether all it ever carried was probes, or a monitor's connect without a byte. */
  get isProbe(): boolean {
    if (this.requests === 0) return this.socket.destroyed && this.socket.bytesRead === 0;
    return this.#probes === this.requests;
  }

  ageMs(nowMs: number): number {
    return nowMs - this.bornMs;
  }

  /** A limit with jitter: `limit * (1 - jitter)` to `limit * (1 + jitter)`, the same place in it for each limit. */
  jittered(limit: number, jitter: number): number {
    return limit * (1 + jitter * (2 * this.lot - 1));
  }

  /**
   * Brings the rate up to date, every second or so; gives how many samples came since. `usualMs` is the time between
   * two requests of senders.
   */
  measure(nowMs: number, usualMs = 0): number {
    this.isMeasured = true;
    this.#rate.span = spanFor(this, usualMs, nowMs);
    return this.#rate.note(this.samples, nowMs);
  }

  /** Samples since the last `measure`. */
  get unmeasured(): number {
    return this.samples - this.#rate.total;
  }

  /** Of the last half minute or so, of longer when it sends seldom; as of the last `measure`. */
  get samplesPerSecond(): number {
    return this.#rate.perSecond;
  }

  /** Notes the totals; called for all connections at once, every few seconds. */
  read(): void {
    this.#before = this.#last;
    this.#last = { bytes: this.socket.bytesRead, samples: this.samples };
  }

  /** Since the reading before the last, the same time for all connections, so that their loads can be compared. */
  get recentLoad(): Load {
    return {
      bytes: this.socket.bytesRead - this.#before.bytes,
      samples: this.samples - this.#before.samples,
    };
  }
}
