/** Native histograms as protobuf: right ones, and ones with something the matter. */

import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';
import { anyDouble, anyStart, anyTime, bitsOf, STALE_BITS } from './values.ts';
import type { Field, Writer } from './writer.ts';

const CUSTOM_BUCKETS = -53;
const MAX_INT32 = 0x7fffffff;

interface Side {
  spans: [offset: number, length: number][];
  /** Of an integer histogram, as differences. */
  deltas: bigint[];
  /** Bits, of a float histogram. */
  counts: bigint[];
  /** Of all its buckets. */
  total: bigint;
}

export class HistogramGenerator {
  readonly #random: Random;
  readonly #writer: Writer;

  constructor(random: Random, writer: Writer) {
    this.#random = random;
    this.#writer = writer;
  }

  /** The fields of one histogram message. */
  fields(): Field[] {
    const random = this.#random;
    if (random.chance(0.1)) return this.#staleFields();
    const isFloat = random.chance(0.4);
    const isCustom = random.chance(0.25);
    const schema = isCustom ? CUSTOM_BUCKETS : this.#schema();
    const positive = this.#side(isFloat, isCustom);
    const negative = isCustom && random.chance(0.95) ? noSide() : this.#side(isFloat, false);
    const zeroCount = isCustom && random.chance(0.9) ? 0n : BigInt(random.few(6));
    const zeroThreshold = isCustom && random.chance(0.9) ? 0n : this.#zeroThreshold();
    const bounds = isCustom ? this.#bounds(positive) : random.chance(0.02) ? [bitsOf(1)] : [];
    const total = positive.total + negative.total + zeroCount;
    return [
      ...this.#countFields(isFloat, this.#count(total)),
      () => this.#writer.doubleField(3, this.#sum()),
      ...this.#scalar((value) => this.#sint(4, value), [schema]),
      () => this.#writer.doubleField(5, zeroThreshold),
      ...this.#zeroCountFields(isFloat, zeroCount),
      ...this.#sideFields(negative, [8, 9, 10]),
      ...this.#sideFields(positive, [11, 12, 13]),
      ...this.#hintFields(),
      () => this.#writer.varintField(15, anyTime(random)),
      ...this.#packed(16, bounds, (bits) => this.#writer.double(bits)),
      () => this.#writer.varintField(17, anyStart(random)),
    ];
  }

  #staleFields(): Field[] {
    const random = this.#random;
    return [
      () => this.#writer.doubleField(3, STALE_BITS),
      () => this.#writer.varintField(15, anyTime(random)),
      ...(random.chance(0.3) ? [() => this.#writer.varintField(1, random.few(3))] : []),
    ];
  }

  #schema(): number {
    const random = this.#random;
    if (random.chance(0.9)) return random.below(13) - 4;
    return random.pick([9, 20, 52, 53, -5, -9, -52, -54, MAX_INT32, -MAX_INT32 - 1]);
  }

  #zeroThreshold(): bigint {
    const random = this.#random;
    return random.chance(0.8) ? bitsOf(random.pick([0, 0.001, 2 ** -128, 0.75, 3, 1e9])) : anyDouble(random);
  }

  #sum(): bigint {
    const random = this.#random;
    return random.chance(0.7) ? bitsOf(random.below(1_000_000) / 100) : anyDouble(random);
  }

  /** Mostly right; of which some are beyond 2^53, where doubles are not exact any more. */
  #count(total: bigint): bigint {
    const random = this.#random;
    return random.chance(0.9) ? total : random.pick([total + 1n, 0n, 2n ** 53n + 1n, 2n ** 64n - 1n]);
  }

  /** Sometimes more than one member of the oneof: the last is meant. */
  #countFields(isFloat: boolean, count: bigint): Field[] {
    const random = this.#random;
    const asFloat = (): void =>
      this.#writer.doubleField(2, random.chance(0.95) ? bitsOf(Number(count)) : anyDouble(random));
    const asInt = (): void => this.#writer.varintField(1, count);
    const [meant, other] = isFloat ? [asFloat, asInt] : [asInt, asFloat];
    if (random.chance(0.05)) return random.chance(0.5) ? [other] : [];
    return random.chance(0.1) ? [other, meant] : [meant];
  }

  #zeroCountFields(isFloat: boolean, count: bigint): Field[] {
    const random = this.#random;
    const asFloat = (): void =>
      this.#writer.doubleField(7, random.chance(0.95) ? bitsOf(Number(count)) : anyDouble(random));
    const asInt = (): void => this.#writer.varintField(6, count);
    const [meant, other] = isFloat ? [asFloat, asInt] : [asInt, asFloat];
    if (count === 0n && random.chance(0.5)) return [];
    return random.chance(0.1) ? random.shuffle([other, meant]) : [meant];
  }

  #hintFields(): Field[] {
    const random = this.#random;
    if (random.chance(0.6)) return [];
    return this.#scalar((hint) => this.#writer.varintField(14, hint), [random.pick([0, 1, 2, 3, 4, -1])]);
  }

  /** A field that stands once, sometimes with another value in front of the one that counts. */
  #scalar(write: (value: number) => void, [value]: [number]): Field[] {
    const field = (): void => write(value);
    return this.#random.chance(0.05) ? [() => write(value + 1), field] : [field];
  }

  #sint(number: number, value: number): void {
    this.#writer.varintField(number, zigzag(BigInt(value)));
  }

  /** Spans and as many buckets as they need, or nearly. */
  #side(isFloat: boolean, isCustom: boolean): Side {
    const random = this.#random;
    if (random.chance(0.3)) return noSide();
    const side: Side = { spans: [], deltas: [], counts: [], total: 0n };
    const spans = 1 + random.few(4);
    for (let i = 0; i < spans; i++) side.spans.push([this.#offset(i === 0 && !isCustom), random.few(8)]);
    let buckets = side.spans.reduce((sum, [, length]) => sum + length, 0);
    if (random.chance(0.03)) buckets += random.below(3) - 1;
    if (random.chance(0.02)) random.pick(side.spans)[1] = random.pick([2 ** 32 - 1, 2 ** 31, 200]);
    let before = 0n;
    for (let i = 0; i < buckets; i++) {
      const count = this.#bucket();
      if (isFloat) side.counts.push(random.chance(0.98) ? bitsOf(Number(count)) : anyDouble(random));
      else side.deltas.push(count - before);
      side.total += count;
      before = count;
    }
    // Buckets of the other kind are passed over.
    if (random.chance(0.03)) (isFloat ? side.deltas : side.counts).push(1n);
    return side;
  }

  #offset(isFirst: boolean): number {
    const random = this.#random;
    if (isFirst && random.chance(0.2)) return random.below(4000) - 2000;
    return random.chance(0.98) ? random.few(5) : random.pick([-1, -2, -MAX_INT32 - 1, MAX_INT32, 1_000_000]);
  }

  #bucket(): bigint {
    const random = this.#random;
    const kind = random.below(100);
    if (kind < 96) return BigInt(random.below(1000));
    return kind < 98 ? -1n : random.pick([2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)]);
  }

  /** As many as the spans reach to, in order, or with something the matter. */
  #bounds({ spans }: Side): bigint[] {
    const random = this.#random;
    const reach = Math.min(
      40,
      spans.reduce((sum, [offset, length]) => sum + offset + length, 0),
    );
    const count = Math.max(0, reach - 1 + random.few(3) - (random.chance(0.1) ? 1 : 0));
    const bounds = Array.from({ length: count }, (_, i) => bitsOf((i - 2) * 1.5));
    if (bounds.length > 0 && random.chance(0.1)) bounds[random.below(bounds.length)] = anyDouble(random);
    if (random.chance(0.05)) bounds.unshift(bitsOf(Number.NEGATIVE_INFINITY));
    if (random.chance(0.03)) bounds.push(bitsOf(Number.POSITIVE_INFINITY));
    return bounds;
  }

  #sideFields({ spans, deltas, counts }: Side, [spanField, deltaField, countField]: number[]): Field[] {
    const writer = this.#writer;
    return [
      ...spans.map(
        ([offset, length]): Field =>
          () =>
            writer.block(spanField!, () =>
              writer.fields([
                ...this.#scalar((value) => this.#sint(1, value), [offset]),
                () => writer.varintField(2, length),
              ]),
            ),
      ),
      ...this.#packed(deltaField!, deltas.map(zigzag), (delta) => writer.varint(delta)),
      ...this.#packed(countField!, counts, (bits) => writer.double(bits)),
    ];
  }

  /** A repeated scalar: packed, not packed, or in pieces of both kinds. */
  #packed(number: number, items: readonly bigint[], write: (item: bigint) => void): Field[] {
    const writer = this.#writer;
    if (items.length === 0) return writer.isOdd() ? [() => writer.bytesField(number, Buffer.alloc(0))] : [];
    if (!writer.isOdd()) return [() => writer.block(number, () => items.forEach(write))];
    const isDouble = number === 10 || number === 13 || number === 16;
    const single = (item: bigint): void =>
      isDouble ? writer.doubleField(number, item) : writer.varintField(number, item);
    const cut = this.#random.below(items.length + 1);
    return [
      () => items.slice(0, cut).forEach(single),
      () => writer.block(number, () => items.slice(cut).forEach(write)),
    ];
  }
}

function noSide(): Side {
  return { spans: [], deltas: [], counts: [], total: 0n };
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}
