/** Label sets in one piece of memory, one behind the other: no object each, and found again by whole words. */

import type { SeriesView } from '../contracts.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';

/** Labels as a series has them, with the slack behind them that readers count on. */
export type StoredLabels = Pick<SeriesView, 'bytes' | 'view' | 'labelCount' | 'labels'>;
/** Canonical ones, and what is known of them. */
export type OwnLabels = StoredLabels & Pick<SeriesView, 'nameLabel' | 'hash' | 'isPlain'>;

const WORD = 4;
/** Keeps the first 0 to 3 bytes of a word. */
const FIRST_BYTES = new Int32Array([0, 0xff, 0xffff, 0xffffff]);

/** Where the parts of own labels are. */
export const OWN_NAME = 0;
export const OWN_HASH = 4;
export const OWN_IS_PLAIN = 8;
export const OWN_LABELS = 12;

/** What `store` appends: the number of labels, the length of each text, then the texts, filled up with 0 to whole words. */
export function storedBytes({ labelCount, labels }: StoredLabels): number {
  let bytes = WORD + labelCount * 2 * WORD;
  for (let range = 0; range < labelCount * 4; range += 2)
    bytes += wholeWords(labels[range + 1] - labels[range]);
  return bytes;
}

/** Appends the labels where room is reserved. */
export function store(out: ByteWriter, { view, labelCount, labels }: StoredLabels): void {
  const target = out.view;
  let at = out.length;
  target.setInt32(at, labelCount, true);
  at += WORD;
  for (let range = 0; range < labelCount * 4; range += 2, at += WORD)
    target.setInt32(at, labels[range + 1] - labels[range], true);
  for (let range = 0; range < labelCount * 4; range += 2) {
    const end = labels[range + 1];
    let from = labels[range];
    for (; end - from >= WORD; from += WORD, at += WORD) target.setInt32(at, view.getInt32(from, true), true);
    if (from === end) continue;
    target.setInt32(at, view.getInt32(from, true) & FIRST_BYTES[end - from], true);
    at += WORD;
  }
  out.length = at;
}

/** Bytes that `storeOwn` appends. */
export function ownBytes(labels: OwnLabels): number {
  return OWN_LABELS + storedBytes(labels);
}

/** Appends canonical labels behind what is known of them, where room is reserved. */
export function storeOwn(out: ByteWriter, labels: OwnLabels): void {
  const { view, length: place } = out;
  view.setInt32(place + OWN_NAME, labels.nameLabel, true);
  view.setUint32(place + OWN_HASH, labels.hash, true);
  view.setInt32(place + OWN_IS_PLAIN, labels.isPlain ? 1 : 0, true);
  out.length += OWN_LABELS;
  store(out, labels);
}

/** Whether the labels stored at `place` are these. */
export function isStored(memory: DataView, place: number, set: StoredLabels): boolean {
  const { view, labelCount, labels } = set;
  if (memory.getInt32(place, true) !== labelCount) return false;
  let at = place + WORD;
  for (let range = 0; range < labelCount * 4; range += 2, at += WORD)
    if (memory.getInt32(at, true) !== labels[range + 1] - labels[range]) return false;
  for (let range = 0; range < labelCount * 4; range += 2) {
    const end = labels[range + 1];
    let from = labels[range];
    for (; end - from >= WORD; from += WORD, at += WORD)
      if (memory.getInt32(at, true) !== view.getInt32(from, true)) return false;
    if (from === end) continue;
    if (memory.getInt32(at, true) !== (view.getInt32(from, true) & FIRST_BYTES[end - from])) return false;
    at += WORD;
  }
  return true;
}

/** The number of labels stored at `place`. */
export function storedCount(memory: DataView, place: number): number {
  return memory.getInt32(place, true);
}

/** Writes the offsets of the labels stored at `place` to `into`, which has room for them; returns their number. */
export function offsetsOf(memory: DataView, place: number, into: Int32Array): number {
  const labelCount = storedCount(memory, place);
  let length = place + WORD;
  let text = length + labelCount * 2 * WORD;
  for (let range = 0; range < labelCount * 4; range += 2, length += WORD) {
    const bytes = memory.getInt32(length, true);
    into[range] = text;
    into[range + 1] = text + bytes;
    text += wholeWords(bytes);
  }
  return labelCount;
}

function wholeWords(bytes: number): number {
  return (bytes + WORD - 1) & -WORD;
}
