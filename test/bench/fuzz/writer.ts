/** Writes protobuf, in the usual form or in any other that a decoder has to take. */

import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';

const LONGEST_VARINT = 10;
/** The most that tags and lengths may take, which are numbers of 32 bits. */
const LONGEST_PREFIX = 5;
const MOST_BYTES = 4 * 1024 * 1024;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

/** Writes one field; a message is a list of them. */
export type Field = () => void;

export class Writer {
  readonly #random: Random;
  readonly #bytes: Buffer;
  #length = 0;
  /** How likely something is written in an unusual way. */
  readonly #oddity: number;

  constructor(random: Random, memory: Buffer, oddity: number) {
    this.#random = random;
    this.#bytes = memory;
    this.#oddity = oddity;
  }

  static memory(): Buffer {
    return Buffer.alloc(MOST_BYTES);
  }

  /** What was written; the memory is used again for the next request. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  isOdd(): boolean {
    return this.#random.chance(this.#oddity);
  }

  raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Sometimes longer than needed; in the tenth byte only one bit counts, and decoders drop the others. */
  varint(value: number | bigint): void {
    if (!this.isOdd()) {
      this.#putVarint(value, 1);
      return;
    }
    const bytes = 2 + this.#random.below(LONGEST_VARINT - 1);
    this.#putVarint(value, bytes);
    if (bytes === LONGEST_VARINT && this.#random.chance(0.3)) this.#bytes[this.#length - 1]! |= 0x7e;
  }

  /** A tag or a length: longer than needed up to five bytes, seldom more, which is refused. */
  #prefix(value: number): void {
    if (!this.isOdd()) this.#putVarint(value, 1);
    else this.#putVarint(value, this.#random.chance(0.05) ? 6 : 1 + this.#random.below(LONGEST_PREFIX));
  }

  #putVarint(value: number | bigint, leastBytes: number): void {
    const bits = BigInt.asUintN(64, BigInt(value));
    let low = Number(bits & 0xffffffffn);
    let high = Number(bits >> 32n);
    for (let count = 1; ; count++) {
      const byte = low & 0x7f;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
      const isLast = low === 0 && high === 0 && count >= leastBytes;
      this.#bytes[this.#length++] = isLast ? byte : byte | 0x80;
      if (isLast) return;
    }
  }

  #tag(number: number, wireType: number): void {
    this.#prefix(number * 8 + wireType);
  }

  varintField(number: number, value: number | bigint): void {
    this.#tag(number, VARINT);
    this.varint(value);
  }

  /** The 64 bits of a double. */
  doubleField(number: number, bits: bigint): void {
    this.#tag(number, FIXED64);
    this.double(bits);
  }

  double(bits: bigint): void {
    this.#bytes.writeBigUInt64LE(bits, this.#length);
    this.#length += 8;
  }

  bytesField(number: number, bytes: Uint8Array): void {
    this.#tag(number, LENGTH_DELIMITED);
    this.#prefix(bytes.length);
    this.raw(bytes);
  }

  /** A field whose content is what `write` writes; seldom with a length that lies. */
  block(number: number, write: () => void): void {
    this.#tag(number, LENGTH_DELIMITED);
    const start = this.#length;
    write();
    const content = Buffer.from(this.#bytes.subarray(start, this.#length));
    this.#length = start;
    const lie = this.#random.chance(this.#oddity / 50) ? this.#random.below(9) - 4 : 0;
    this.#prefix(Math.max(0, content.length + lie));
    this.raw(content);
  }

  /** Writes the fields, mostly in their order, and now and then one among them that nobody knows. */
  fields(list: Field[]): void {
    const fields = this.isOdd() ? this.#random.shuffle(list) : list;
    for (const field of fields) {
      if (this.isOdd()) this.unknown();
      field();
    }
    if (this.isOdd()) this.unknown();
  }

  /** Numbers that are reserved or not in use, or in use with another wire type. */
  unknown(depth = 0): void {
    const random = this.#random;
    const number = random.pick([1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18, 99, 100_000, 2 ** 29 - 1]);
    const wireType = random.pick([VARINT, VARINT, FIXED64, LENGTH_DELIMITED, FIXED32, FIXED32, START_GROUP]);
    // What is known by this number and type would be content.
    const isUnknown = number > 17 || wireType === FIXED32 || wireType === START_GROUP;
    const shown = isUnknown || random.chance(0.1) ? number : number + 100;
    this.#tag(shown, wireType);
    if (wireType === VARINT) this.varint(random.pick([0n, 1n, 300n, random.bits64()]));
    else if (wireType === FIXED64) this.double(random.bits64());
    else if (wireType === FIXED32) this.raw(Buffer.alloc(4, random.below(256)));
    else if (wireType === LENGTH_DELIMITED) {
      const content = Buffer.alloc(random.few(20), random.below(256));
      this.#prefix(content.length);
      this.raw(content);
    } else {
      for (let left = depth < 5 ? random.few(4) : 0; left > 0; left--) this.unknown(depth + 1);
      this.#tag(random.chance(0.02) ? shown + 1 : shown, END_GROUP);
    }
  }
}
