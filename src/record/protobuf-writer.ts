/** Protobuf fields at the end of a ByteWriter. Every function makes room for what it writes. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import type { Int64 } from '../lib/int64.ts';

/** Wire types (Protocol Buffers encoding, "Message Structure"). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;

export const LONGEST_VARINT = 10;
const TWO_TO_32 = 4_294_967_296;

/** Bytes of a varint of 32 bits. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** A uint32 where room for it is reserved. */
export function putVarint(out: ByteWriter, value: number): void {
  const { bytes } = out;
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes[out.length++] = rest | 0x80;
  bytes[out.length++] = rest;
}

/** A 64-bit integer where LONGEST_VARINT bytes are reserved; negative ones in two's complement. */
export function putVarint64(out: ByteWriter, value: Int64): void {
  let low: number;
  let high: number;
  if (typeof value === 'number' && value >= 0) {
    low = value >>> 0;
    high = (value / TWO_TO_32) >>> 0;
  } else {
    const bits = BigInt.asUintN(64, BigInt(value));
    low = Number(bits & 0xffffffffn);
    high = Number(bits >> 32n);
  }
  const { bytes } = out;
  while (high > 0) {
    bytes[out.length++] = low | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  putVarint(out, low);
}

/** sint64: 0, -1, 1, -2, 2 ... */
export function zigzag(value: Int64): Int64 {
  if (typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER / 2)
    return value < 0 ? -2 * value - 1 : 2 * value;
  const bits = BigInt(value);
  return BigInt.asUintN(64, (bits << 1n) ^ (bits >> 63n));
}

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
