/** Snappy a second time, for the oracle: bodies in several forms, and a slow decoder that follows the format to the letter. */

import { Buffer } from 'node:buffer';
import { compress } from 'snappyjs';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

const LONGEST_HEADER = 5;

/** A request body as it goes over the wire, in one or several pieces; seldom broken. */
export function wrap(bytes: Buffer, random: Random): Buffer[] {
  const whole = random.chance(0.5) ? asLiterals(bytes, random) : Buffer.from(compress(bytes));
  const body = random.chance(0.08) ? mutate(whole, random) : whole;
  if (random.chance(0.8)) return [body];
  const cut = random.below(body.length + 1);
  return [body.subarray(0, cut), body.subarray(cut)];
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Uncompressed, in pieces whose length is told in one to four bytes. */
function asLiterals(bytes: Buffer, random: Random): Buffer {
  const parts: Buffer[] = [varint(bytes.length)];
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, random.pick([1, 60, 61, 256, 5000, 100_000]));
    const last = length - 1;
    const least = last < 60 ? 0 : last < 256 ? 1 : last < 65_536 ? 2 : 3;
    const lengthBytes = Math.max(least, random.chance(0.2) ? random.below(5) : 0);
    const tag = lengthBytes === 0 ? last << 2 : (59 + lengthBytes) << 2;
    const told = Buffer.alloc(4);
    told.writeUInt32LE(last);
    parts.push(Buffer.from([tag]), told.subarray(0, lengthBytes), bytes.subarray(at, at + length));
    at += length;
  }
  return Buffer.concat(parts);
}

/** What a body holds, or the code of its refusal (https://github.com/google/snappy, format_description.txt). */
export function unwrap(body: Buffer, maxBytes: number): Buffer | 'snappy_invalid' | 'decoded_too_large' {
  let declared = 0;
  let at = 0;
  for (;;) {
    if (at === LONGEST_HEADER || at === body.length) return 'snappy_invalid';
    const byte = body[at]!;
    declared += (byte & 0x7f) * 2 ** (7 * at++);
    if (byte < 0x80) break;
  }
  if (declared > 0xffffffff) return 'snappy_invalid';
  if (declared > maxBytes) return 'decoded_too_large';
  const out: number[] = [];
  while (at < body.length) {
    const end = element(body, at, out);
    if (end === undefined || end > body.length || out.length > declared) return 'snappy_invalid';
    at = end;
  }
  return out.length === declared ? Buffer.from(out) : 'snappy_invalid';
}

/** Appends one element to `out`; returns where the next begins, undefined when it is none. */
function element(body: Buffer, start: number, out: number[]): number | undefined {
  const tag = body[start]!;
  const kind = tag & 3;
  const upper = tag >> 2;
  const little = (count: number): number =>
    start + 1 + count > body.length || count === 0 ? Number.NaN : body.readUIntLE(start + 1, count);
  if (kind === 0) {
    const lengthBytes = upper < 60 ? 0 : upper - 59;
    const length = (upper < 60 ? upper : little(lengthBytes)) + 1;
    const from = start + 1 + lengthBytes;
    if (!(from + length <= body.length)) return undefined;
    for (let i = 0; i < length; i++) out.push(body[from + i]!);
    return from + length;
  }
  const offsetBytes = kind === 1 ? 1 : kind === 2 ? 2 : 4;
  const offset = kind === 1 ? ((tag >> 5) << 8) + little(1) : little(offsetBytes);
  const length = kind === 1 ? ((tag >> 2) & 7) + 4 : upper + 1;
  if (!(offset > 0 && offset <= out.length)) return undefined;
  for (let i = 0; i < length; i++) out.push(out[out.length - offset]!);
  return start + 1 + offsetBytes;
}
