/** Avro's binary encoding at the end of a ByteWriter (Avro 1.12, "Binary Encoding"). */

import type { ByteWriter } from '../lib/byte-writer.ts';
import type { Int64 } from '../lib/int64.ts';
import { LONGEST_VARINT, putVarint, putVarint64, zigzag } from './varint.ts';

/** Labels as byte ranges. */
interface LabelRanges {
  /** With some slack behind the last one, so that whole words can be read. */
  readonly view: DataView;
  /** Four offsets a label: name start, name end, value start, value end. */
  readonly labels: Int32Array;
  readonly labelCount: number;
}

/** Branches of a union of null and something. */
const NULL = 0;
const SOMETHING = 2;
/** Counts and lengths are zigzag numbers of 32 bits. */
const LONGEST_LENGTH = 5;

/** Uint64 numbers beyond int64 become negative. */
export function writeLong(out: ByteWriter, value: Int64): void {
  out.reserve(LONGEST_VARINT);
  putVarint64(out, zigzag(typeof value === 'bigint' ? BigInt.asIntN(64, value) : value));
}

export function writeDouble(out: ByteWriter, value: number): void {
  out.reserve(8);
  out.view.setFloat64(out.length, value, true);
  out.length += 8;
}

/** A double by its two halves, so that no NaN is changed. */
export function writeBits(out: ByteWriter, low: number, high: number): void {
  out.reserve(8);
  out.view.setInt32(out.length, low, true);
  out.view.setInt32(out.length + 4, high, true);
  out.length += 8;
}

export function writeText(out: ByteWriter, bytes: Uint8Array): void {
  out.reserve(LONGEST_LENGTH);
  putVarint(out, bytes.length * 2);
  out.copy(bytes, 0, bytes.length);
}

/** One name or value of a label; `range` as in `labels`. */
export function writeLabelText(out: ByteWriter, { view, labels }: LabelRanges, range: number): void {
  out.reserve(LONGEST_LENGTH + labels[range + 1] - labels[range]);
  putRange(out, view, { start: labels[range], end: labels[range + 1] });
}

/** What is ASCII. */
export function writeWord(out: ByteWriter, word: string): void {
  out.reserve(LONGEST_LENGTH);
  putVarint(out, word.length * 2);
  out.ascii(word);
}

/** The branch null of a union of null and something. */
export function writeNull(out: ByteWriter): void {
  out.byte(NULL);
}

/** The other branch; the value comes behind it. */
export function writeSomething(out: ByteWriter): void {
  out.byte(SOMETHING);
}

/** An array or map is a count and its items, then a 0; an empty one the 0 alone. */
export function writeItems<Item>(
  out: ByteWriter,
  items: readonly Item[],
  writeItem: (out: ByteWriter, item: Item) => void,
): void {
  if (items.length > 0) {
    writeLong(out, items.length);
    for (const item of items) writeItem(out, item);
  }
  out.byte(0);
}

/** A map of strings. */
export function writeLabels(out: ByteWriter, { view, labels, labelCount }: LabelRanges): void {
  let labelBytes = 0;
  for (let range = 0; range < labelCount * 4; range += 2) labelBytes += labels[range + 1] - labels[range];
  out.reserve(labelBytes + (labelCount * 2 + 2) * LONGEST_LENGTH);
  if (labelCount > 0) putVarint(out, labelCount * 2);
  for (let range = 0; range < labelCount * 4; range += 2)
    putRange(out, view, { start: labels[range], end: labels[range + 1] });
  out.bytes[out.length++] = 0;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Eight bytes at a time, where room is reserved; what is too much is written over. */
function putRange(out: ByteWriter, view: DataView, { start, end }: Range): void {
  putVarint(out, (end - start) * 2);
  const target = out.view;
  const to = out.length - start;
  for (let from = start; from < end; from += 8) {
    target.setInt32(to + from, view.getInt32(from, true), true);
    target.setInt32(to + from + 4, view.getInt32(from + 4, true), true);
  }
  out.length = to + end;
}
