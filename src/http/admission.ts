/** How many bytes of write requests may be under way at once; who does not fit waits a while, first come first served. */

import { AdapterError } from '../errors.ts';
import { describeSize, formatDuration, formatSize } from '../lib/units.ts';
import type { Instruments } from '../metrics.ts';

export interface AdmissionLimits {
  /** Bytes; the option `http.max_inflight_size`. */
  readonly inflightBytes: number;
  /** The option `http.queue_timeout`; 0 = nobody waits. */
  readonly queueTimeoutMs: number;
  /** The option `http.queue_length`. */
  readonly queueLength: number;
}

/** Gives the bytes back; calling it again does nothing. */
export type Release = () => void;

interface Waiting {
  readonly bytes: number;
  readonly admit: (release: Release) => void;
  readonly timer: NodeJS.Timeout;
}

export class Admission {
  #limits: AdmissionLimits;
  readonly #instruments: Instruments;
  /** First come, first served: a small request does not pass a large one for ever. */
  readonly #waiting: Waiting[] = [];
  #inflightBytes = 0;

  constructor(limits: AdmissionLimits, instruments: Instruments) {
    this.#limits = limits;
    this.#instruments = instruments;
    this.useLimits(limits);
  }

  useLimits(limits: AdmissionLimits): void {
    this.#limits = limits;
    this.#instruments.httpInflightLimitBytes.set(limits.inflightBytes);
    this.#admitWaiting();
  }

  /**
   * Takes `bytes` until they are released: at once, or when others have gone. Rejects with AdapterError `overloaded`
   * after the queue timeout, and at once when too many wait already.
   */
  admit(bytes: number): Release | Promise<Release> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) return this.#take(bytes);
    const { queueTimeoutMs, queueLength } = this.#limits;
    if (queueTimeoutMs === 0) throw this.#refusal(bytes);
    if (this.#waiting.length >= queueLength) throw tooManyWait(queueLength);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#count();
        reject(this.#refusal(bytes));
        // Who waited behind it may fit where it did not.
        this.#admitWaiting();
      }, queueTimeoutMs);
      const waiting: Waiting = { bytes, admit: resolve, timer };
      this.#waiting.push(waiting);
      this.#count();
    });
  }

  /** As `admit`, without waiting: for who holds bytes already, so that nobody waits for somebody who waits. */
  admitNow(bytes: number): Release {
    if (!this.#fits(bytes)) throw this.#refusal(bytes);
    return this.#take(bytes);
  }

  #fits(bytes: number): boolean {
    return this.#inflightBytes + bytes <= this.#limits.inflightBytes;
  }

  #take(bytes: number): Release {
    this.#add(bytes);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#add(-bytes);
      this.#admitWaiting();
    };
  }

  #admitWaiting(): void {
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0]!.bytes)) {
      const { bytes, admit, timer } = this.#waiting.shift()!;
      clearTimeout(timer);
      this.#count();
      admit(this.#take(bytes));
    }
  }

  #refusal(bytes: number): AdapterError {
    const { inflightBytes, queueTimeoutMs } = this.#limits;
    const waited =
      queueTimeoutMs === 0 ? '' : ` for longer than http.queue_timeout (${formatDuration(queueTimeoutMs)})`;
    return new AdapterError(
      'overloaded',
      `${describeSize(this.#inflightBytes)} of requests are under way and this one has ${describeSize(bytes)}: more than http.max_inflight_size (${formatSize(inflightBytes)})${waited}`,
    );
  }

  #add(bytes: number): void {
    this.#inflightBytes += bytes;
    this.#instruments.httpInflightBytes.set(this.#inflightBytes);
  }

  #count(): void {
    this.#instruments.httpRequestsWaiting.set(this.#waiting.length);
  }
}

/** Each of those that wait has a piece of its body in memory, so they are bounded as well. */
export function tooManyWait(queueLength: number): AdapterError {
  return new AdapterError(
    'overloaded',
    `http.queue_length (${queueLength}) requests wait already with their bodies unread`,
  );
}
