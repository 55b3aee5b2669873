/** Zigzag varints as Kafka writes them inside records. */

import type { ByteWriter } from '../lib/byte-writer.ts';

/** A varlong of 64 bits. */
export const LONGEST_VARINT = 10;
const TWO_TO_32 = 4294967296;

/** Bytes that a number from 0 to 2^30 takes. */
export function varintBytes(value: number): number {
  if (value < 1 << 6) return 1;
  if (value < 1 << 13) return 2;
  if (value < 1 << 20) return 3;
  return value < 1 << 27 ? 4 : 5;
}

/** Writes a number from 0 to 2^30 at `at` and returns the offset behind it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value << 1;
  let to = at;
  while (rest >= 0x80) {
    bytes[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[to++] = rest;
  return to;
}

/** Writes a signed whole number of up to 2^53 at the end of `out`, where LONGEST_VARINT bytes are reserved. */
export function writeVarlong(out: ByteWriter, value: number): void {
  if (value >= 0 && value < 1 << 30) {
    out.length = putVarint(out.bytes, out.length, value);
    return;
  }
  // Zigzag of a negative n is -2n - 1. Doubles hold twice 2^53 exactly only when even, which 2n is.
  const isNegative = value < 0;
  const magnitude = isNegative ? -value - 1 : value;
  let low = ((magnitude % TWO_TO_32) * 2) % TWO_TO_32;
  let high = Math.floor(magnitude / (TWO_TO_32 / 2));
  if (isNegative) low += 1;
  while (high > 0 || low >= 0x80) {
    out.bytes[out.length++] = (low % 0x80) | 0x80;
    low = Math.floor(low / 0x80) + (high % 0x80) * (TWO_TO_32 / 0x80);
    high = Math.floor(high / 0x80);
  }
  out.bytes[out.length++] = low;
}

/** Where a varint was read and what it holds. */
export interface ReadVarint {
  readonly value: number;
  readonly end: number;
}

/** Reads a zigzag varint of at most 53 bits. */
export function readVarint(bytes: Uint8Array, at: number): ReadVarint {
  let raw = 0;
  let factor = 1;
  let end = at;
  for (;;) {
    const byte = bytes[end++];
    raw += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
    factor *= 0x80;
  }
  return { value: raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2, end };
}

/** As `readVarint`, of bytes that anybody may have written; throws RangeError when there is no varint at `at`. */
export function readForeignVarint(bytes: Uint8Array, at: number): ReadVarint {
  const end = Math.min(bytes.length, at + LONGEST_VARINT);
  for (let i = at; i < end; i++) if (bytes[i]! < 0x80) return readVarint(bytes, at);
  throw new RangeError('no varint');
}
