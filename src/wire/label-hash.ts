/** The hash of labels: over their texts as they stand in a request, or once a text for all labels that refer to it. */

import type { LabelSet } from './label-set.ts';

/** `__name__` as two little-endian words. */
const NAME_LOW = 0x616e5f5f;
const NAME_HIGH = 0x5f5f656d;
const NAME_BYTES = 8;

/** Keeps the first 0 to 3 bytes of a word, and fills the rest up with letters. */
const FIRST_BYTES = new Int32Array([0, 0xff, 0xffff, 0xffffff]);
const LETTERS_AFTER = new Int32Array([0x61616161, 0x61616100, 0x61610000, 0x61000000]);
const HIGH_BITS = 0x80808080;

export const HASH_SEED = 0x2f0b4c47;
const HASH_FACTOR = 0x9e3779b1;

/**
 * Sets `nameLabel`, `isPlain` and `hash`; true when every byte is ASCII. The hash takes the values only, word by
 * word: it spreads series over partitions, and two label sets that differ in a name alone may well share one.
 */
export function hashLabels(set: LabelSet): boolean {
  const { view, labels } = set;
  const offsets = set.labelCount * 4;
  let hash = HASH_SEED;
  let seen = 0;
  let odd = 0;
  set.nameLabel = -1;
  for (let at = 0; at < offsets; at += 4) {
    const nameEnd = labels[at + 1];
    let i = labels[at];
    if (
      nameEnd - i === NAME_BYTES &&
      view.getInt32(i, true) === NAME_LOW &&
      view.getInt32(i + 4, true) === NAME_HIGH
    ) {
      set.nameLabel = at >> 2;
    }
    for (; nameEnd - i >= 4; i += 4) {
      const word = view.getInt32(i, true);
      seen |= word;
      odd |= notPlain(word);
    }
    const lastOfName = (view.getInt32(i, true) & FIRST_BYTES[nameEnd - i]) | LETTERS_AFTER[nameEnd - i];
    seen |= lastOfName;
    odd |= notPlain(lastOfName);
    const valueEnd = labels[at + 3];
    for (i = labels[at + 2]; valueEnd - i >= 4; i += 4) {
      const word = view.getInt32(i, true);
      seen |= word;
      odd |= notPlain(word);
      hash = (Math.imul(hash, HASH_FACTOR) + word) | 0;
    }
    const lastOfValue = (view.getInt32(i, true) & FIRST_BYTES[valueEnd - i]) | LETTERS_AFTER[valueEnd - i];
    seen |= lastOfValue;
    odd |= notPlain(lastOfValue);
    // The length keeps apart what the letters filled up.
    hash = (Math.imul(hash, HASH_FACTOR) + (lastOfValue ^ ((valueEnd - i) << 24))) | 0;
  }
  set.hash = finish(hash);
  set.isPlain = ((seen | odd) & HIGH_BITS) === 0;
  return (seen & HIGH_BITS) === 0;
}

/**
 * A word whose top bits are set where an ASCII byte is below `#` (control characters, space, `!` and the quote) or
 * is the backslash: what no format writes as it is, and two that do no harm.
 */
function notPlain(word: number): number {
  return (word - 0x23232323) | ((word ^ 0x5c5c5c5c) - 0x01010101);
}

/** Lets every bit of the sum reach every bit of the result (the finaliser of MurmurHash3). */
export function finish(sum: number): number {
  let hash = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** What is true of a text: bits that all labels of a set can be asked for together. */
export const KNOWN = 1;
export const NOT_PLAIN = 2;
export const NOT_ASCII = 4;
export const EMPTY = 8;
export const IS_NAME = 16;

/** What hash and rules have to know of each text of a table, found when it is asked for first. */
export class TextFacts {
  /** Bits of the constants above; 0 = not looked at. */
  traits = new Uint8Array(0);
  /** As a value the text takes a hash from `h` to `h * factors + sums`, since each step of it is linear. */
  factors = new Int32Array(0);
  sums = new Int32Array(0);

  /** Forgets everything, with room for `capacity` texts. */
  reset(capacity: number): void {
    if (capacity === this.traits.length) {
      this.traits.fill(0);
      return;
    }
    this.traits = new Uint8Array(capacity);
    this.factors = new Int32Array(capacity);
    this.sums = new Int32Array(capacity);
  }

  /** Looks at the text `start` up to `end`, the one at `place` in the table; returns its traits. */
  look(place: number, view: DataView, [start, end]: readonly [number, number]): number {
    let factor = 1;
    let sum = 0;
    let seen = 0;
    let odd = 0;
    let i = start;
    for (; end - i >= 4; i += 4) {
      const word = view.getInt32(i, true);
      seen |= word;
      odd |= notPlain(word);
      sum = (Math.imul(sum, HASH_FACTOR) + word) | 0;
      factor = Math.imul(factor, HASH_FACTOR);
    }
    const last = (view.getInt32(i, true) & FIRST_BYTES[end - i]) | LETTERS_AFTER[end - i];
    seen |= last;
    odd |= notPlain(last);
    this.sums[place] = Math.imul(sum, HASH_FACTOR) + (last ^ ((end - i) << 24));
    this.factors[place] = Math.imul(factor, HASH_FACTOR);
    const isName =
      end - start === NAME_BYTES &&
      view.getInt32(start, true) === NAME_LOW &&
      view.getInt32(start + 4, true) === NAME_HIGH;
    const traits =
      KNOWN |
      (((seen | odd) & HIGH_BITS) !== 0 ? NOT_PLAIN : 0) |
      ((seen & HIGH_BITS) !== 0 ? NOT_ASCII : 0) |
      (start === end ? EMPTY : 0) |
      (isName ? IS_NAME : 0);
    this.traits[place] = traits;
    return traits;
  }
}
