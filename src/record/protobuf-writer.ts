/** Protobuf fields at the end of a ByteWriter. Every function makes room for what it writes. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import type { Int64 } from '../lib/int64.ts';
import { LONGEST_VARINT, putVarint, putVarint64, varintBytes } from './varint.ts';

/** Wire types (Protocol Buffers encoding, "Message Structure"). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;

export function varintField(out: ByteWriter, tag: number, value: Int64): void {
  out.reserve(2 * LONGEST_VARINT);
  putVarint(out, tag);
  putVarint64(out, value);
}

/** A double by its two halves, so that no NaN is changed. */
export function bitsField(out: ByteWriter, tag: number, [low, high]: readonly [number, number]): void {
  out.reserve(LONGEST_VARINT + 8);
  putVarint(out, tag);
  out.view.setInt32(out.length, low, true);
  out.view.setInt32(out.length + 4, high, true);
  out.length += 8;
}

export function doubleField(out: ByteWriter, tag: number, value: number): void {
  out.reserve(LONGEST_VARINT + 8);
  putVarint(out, tag);
  out.view.setFloat64(out.length, value, true);
  out.length += 8;
}

export interface Range {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export function bytesField(out: ByteWriter, tag: number, { bytes, start, end }: Range): void {
  out.reserve(2 * LONGEST_VARINT);
  putVarint(out, tag);
  putVarint(out, end - start);
  out.copy(bytes, start, end);
}

/** A field whose content `write` appends: its length is known afterwards, and put in front. */
export function messageField(out: ByteWriter, tag: number, write: (out: ByteWriter) => void): void {
  out.reserve(2 * LONGEST_VARINT);
  putVarint(out, tag);
  const lengthAt = out.length++;
  write(out);
  const length = out.length - lengthAt - 1;
  const lengthBytes = varintBytes(length);
  if (lengthBytes > 1) {
    out.reserve(lengthBytes);
    out.bytes.copyWithin(lengthAt + lengthBytes, lengthAt + 1, out.length);
  }
  out.length = lengthAt;
  putVarint(out, length);
  out.length += length;
}
