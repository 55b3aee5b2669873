/** Large bodies, one after the other, each a little at a time, so that nobody else waits for them. */

import type { Buffer } from 'node:buffer';
import { AdapterError } from '../errors.ts';
import type { Contents } from '../lib/contents.ts';
import { PENALTY_MS } from '../lib/penalty.ts';
import { inTurns } from '../lib/turns.ts';
import type { MessageVersion } from '../wire/negotiate.ts';
import type { SeriesLimits } from '../wire/series.ts';
import { Reading } from './reading.ts';

/*
 * What is written of a request is written in one synchronous step, and what that takes is proportional to its records.
 * But a body may be large and hold nothing that can be written: it takes tens of milliseconds to find that out, again
 * and again if somebody wants it so. Here this is done in turns with all other work; only a body that is sound
 * then takes the step, from memory that is decompressed already.
 */

/**
 * As it came, or decoded: what is smaller takes no longer than honest requests of 10 000 samples do, which are not to pay
 * a tenth more for being looked at twice.
 */
const LARGE_BYTES = 4 * 1024 * 1024;
/** Between two looks at the clock; a fraction of a millisecond. */
const STEP_BYTES = 64 * 1024;
/** How long the memory is kept for the next: taking and giving back tens of MiB each time is slow, and piles up. */
const KEEP_MS = 10_000;

export interface LargeBody {
  readonly body: readonly Buffer[];
  readonly version: MessageVersion;
}

export function isLarge(bodyBytes: number, decodedBytes: number): boolean {
  return Math.max(bodyBytes, decodedBytes) > LARGE_BYTES;
}

/** A large body of which nothing can be written has made others wait for nothing. */
export function penalised<Outcome extends { refusal: AdapterError | undefined; written: Contents }>(
  outcome: Outcome,
): Outcome {
  const { float, histogram, exemplar } = outcome.written;
  if (outcome.refusal && float + histogram + exemplar === 0) outcome.refusal.penaltyMs = PENALTY_MS;
  return outcome;
}

export class LargeBodies {
  readonly #reading: Reading;
  readonly #maxBytes: number;
  #forgetting: NodeJS.Timeout | undefined;
  /** Resolves when those before have gone. */
  #last: Promise<unknown> = Promise.resolve();

  /** `maxBytes` is the option `http.max_decoded_size`. */
  constructor(limits: SeriesLimits, maxBytes: number) {
    this.#reading = new Reading(limits);
    this.#maxBytes = maxBytes;
  }

  /**
   * Calls `use` with the memory in which the body lies decompressed, and its length, once it is found sound; gives what
   * `use` gives. Rejects with an AdapterError when it is not.
   */
  async read<Result>(large: LargeBody, use: (reading: Reading, length: number) => Result): Promise<Result> {
    const mine = this.#last.then(async () => {
      clearTimeout(this.#forgetting);
      try {
        return use(this.#reading, await this.#look(large));
      } catch (error) {
        // What may be repeated is not at fault.
        if (error instanceof AdapterError && !error.retryable) error.penaltyMs = PENALTY_MS;
        throw error;
      } finally {
        this.#forgetting = setTimeout(() => this.#reading.decompressor.forget(), KEEP_MS).unref();
      }
    });
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #look({ body, version }: LargeBody): Promise<number> {
    const { decompressor } = this.#reading;
    const length = decompressor.begin(body, this.#maxBytes);
    await inTurns(() => decompressor.proceed(STEP_BYTES));
    const reader = this.#reading.reader(version, length, () => {});
    await inTurns(() => {
      reader.next(STEP_BYTES);
      return reader.isDone;
    });
    return length;
  }
}
