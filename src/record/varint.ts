/** Integers of a length that depends on their size, as protobuf and Avro have them. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import type { Int64 } from '../lib/int64.ts';

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
