/** The rules for the labels of a series, their canonical order, and the hash that identifies them. */

import { Buffer, isUtf8 } from 'node:buffer';
import type { DropReason } from '../errors.ts';
import type { LabelSet } from './label-set.ts';

/** `__name__` as two little-endian words. */
const NAME_LOW = 0x616e5f5f;
const NAME_HIGH = 0x5f5f656d;
const NAME_BYTES = 8;

/** Keeps the first 0 to 3 bytes of a word, and fills the rest up with letters. */
const FIRST_BYTES = new Int32Array([0, 0xff, 0xffff, 0xffffff]);
const LETTERS_AFTER = new Int32Array([0x61616161, 0x61616100, 0x61610000, 0x61000000]);
const HIGH_BITS = 0x80808080;

const HASH_SEED = 0x2f0b4c47;
const HASH_FACTOR = 0x9e3779b1;

/**
 * Checks and canonicalises a label set: labels sorted by name (unsorted ones are accepted, since senders differ),
 * empty values dropped (an empty label is an absent one), `nameLabel` and `hash` set.
 * Returns the reason why what it labels cannot be written, or undefined when it can.
 */
export function canonicalise(set: LabelSet): DropReason | undefined {
  if (set.isOverLimit) return 'labels_too_many';
  if (!isCanonical(set)) {
    const reason = makeCanonical(set);
    set.isAsSent = false;
    if (reason !== undefined) return reason;
  }
  const isAscii = hashLabels(set);
  if (!isAscii && !hasUtf8Only(set)) return 'label_not_utf8';
  return set.nameLabel < 0 ? 'name_missing' : undefined;
}

/** Whether names are strictly ascending and nothing is empty: what every sender sends. */
function isCanonical(set: LabelSet): boolean {
  const { bytes, labels } = set;
  const offsets = set.labelCount * 4;
  let beforeStart = 0;
  let beforeEnd = 0;
  for (let at = 0; at < offsets; at += 4) {
    const start = labels[at];
    const end = labels[at + 1];
    if (start === end || labels[at + 2] === labels[at + 3]) return false;
    const shorter = Math.min(end - start, beforeEnd - beforeStart);
    let i = 0;
    while (i < shorter && bytes[beforeStart + i] === bytes[start + i]) i++;
    const ascends =
      i < shorter ? bytes[beforeStart + i] < bytes[start + i] : beforeEnd - beforeStart < end - start;
    if (!ascends) return false;
    beforeStart = start;
    beforeEnd = end;
  }
  return true;
}

/** The general way: sorts, refuses empty and repeated names, drops empty values. */
function makeCanonical(set: LabelSet): DropReason | undefined {
  const { labels } = set;
  sortLabels(set);
  for (let i = 0; i < set.labelCount; i++) {
    if (labels[i * 4] === labels[i * 4 + 1]) return 'label_name_empty';
    if (i > 0 && compareNames(set, i - 1, i) === 0) return 'label_duplicate';
  }
  let kept = 0;
  for (let i = 0; i < set.labelCount; i++) {
    if (labels[i * 4 + 2] === labels[i * 4 + 3]) continue;
    labels.copyWithin(kept * 4, i * 4, i * 4 + 4);
    kept++;
  }
  set.labelCount = kept;
  return undefined;
}

/** A hostile order costs n log n, not n squared. */
function sortLabels(set: LabelSet): void {
  const order = Array.from({ length: set.labelCount }, (_, index) => index);
  order.sort((left, right) => compareNames(set, left, right));
  const before = set.labels.slice(0, set.labelCount * 4);
  order.forEach((from, to) => {
    set.labels.set(before.subarray(from * 4, from * 4 + 4), to * 4);
  });
}

function compareNames({ bytes, labels }: LabelSet, left: number, right: number): number {
  return Buffer.compare(
    bytes.subarray(labels[left * 4], labels[left * 4 + 1]),
    bytes.subarray(labels[right * 4], labels[right * 4 + 1]),
  );
}

/**
 * Sets `nameLabel`, `isPlain` and `hash`; true when every byte is ASCII. The hash takes the values only, word by
 * word: it spreads series over partitions, and two label sets that differ in a name alone may well share one.
 */
function hashLabels(set: LabelSet): boolean {
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
function finish(sum: number): number {
  let hash = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function hasUtf8Only({ bytes, labels, labelCount }: LabelSet): boolean {
  for (let at = 0; at < labelCount * 4; at += 2) {
    if (!isUtf8(bytes.subarray(labels[at], labels[at + 1]))) return false;
  }
  return true;
}
