/** Texts of numbers that come again and again, such as bounds of buckets, made once. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';
import { formatNumber, LONGEST_NUMBER } from './number-text.ts';

/** Bounds of all schemas that are in use at a time; a number that is none of them costs what it did before. */
const MOST_NUMBERS = 8192;

/** A number as a JSON string. */
export const LONGEST_QUOTED = LONGEST_NUMBER + 2;

export class NumberCache {
  readonly #texts = new Map<number, Snippet>();
  readonly #minusZero = new Snippet('"-0"');

  /** Writes `"1.5"` at the end of `out`, where LONGEST_QUOTED bytes are reserved. */
  write(out: ByteWriter, value: number): void {
    // A map knows one zero.
    const text = Object.is(value, -0) ? this.#minusZero : (this.#texts.get(value) ?? this.#add(value));
    text.write(out);
  }

  #add(value: number): Snippet {
    if (this.#texts.size >= MOST_NUMBERS) this.#texts.clear();
    const text = new Snippet(`"${formatNumber(value)}"`);
    this.#texts.set(value, text);
    return text;
  }
}
