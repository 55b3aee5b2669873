/** Numbers, times and texts of all kinds that requests are made of, the odd ones among them. */

import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';

const DOUBLE = new Float64Array(1);
const BITS = new BigUint64Array(DOUBLE.buffer);

export function bitsOf(value: number): bigint {
  DOUBLE[0] = value;
  return BITS[0]!;
}

export const STALE_BITS = 0x7ff0000000000002n;

const DOUBLES: readonly bigint[] = [
  ...[0, -0, 1, -1, 0.5, 2.25, 1e-3, 123.456, 0.1 + 0.2, 1e21, 1e-7, 2147483647, 2147483648, -2147483648].map(
    bitsOf,
  ),
  ...[Number.MAX_VALUE, Number.MIN_VALUE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(bitsOf),
  STALE_BITS,
  // The usual NaN, another quiet one, a signalling one, and the stale marker with a sign.
  0x7ff8000000000001n,
  0x7ff8000000000002n,
  0x7ff0000000000001n,
  0xfff0000000000002n,
];

/** The bits of a double. */
export function anyDouble(random: Random): bigint {
  const kind = random.below(10);
  if (kind < 4) return bitsOf(random.below(1_000_000) / random.pick([1, 1, 10, 1000]));
  return kind < 9 ? random.pick(DOUBLES) : random.bits64();
}

const BASE_MS = 1_700_000_000_000n;
const LATEST_MS = 8_640_000_000_000_000n;
const TIMES: readonly bigint[] = [
  0n,
  1n,
  -1n,
  LATEST_MS,
  LATEST_MS + 1n,
  -LATEST_MS,
  -LATEST_MS - 1n,
  // The year 2096: valid, and further ahead than any limit.
  4_000_000_000_000n,
  2n ** 31n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

/** An int64 of milliseconds. */
export function anyTime(random: Random): bigint {
  return random.chance(0.9) ? BASE_MS + BigInt(random.below(100_000_000)) : random.pick(TIMES);
}

/** A start timestamp: mostly not told. */
export function anyStart(random: Random): bigint {
  return random.chance(0.7) ? 0n : anyTime(random);
}

const utf8 = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

export const NAME = Buffer.from('__name__');

/** Sorted by their bytes. */
export const GOOD_NAMES: readonly Buffer[] = utf8('A', '__name__', 'a', 'ab', 'instance', 'job', 'le', 'x.y')
  .concat(utf8('größe', '日本', '😀', '1', '10', '2', '__proto__', 'constructor', 'with "quotes"', 'tab\t'))
  .sort(Buffer.compare);

const GOOD_VALUES: readonly Buffer[] = utf8(
  'up',
  'a',
  'b',
  'prometheus',
  'localhost:9090',
  '0.005',
  '+Inf',
).concat(
  utf8(
    '\\',
    '"',
    '\u0000',
    'a\nb',
    '\u001f\u007f',
    'ünïcödé',
    '\ufeffbom',
    '\u2028',
    '{}',
    '/api/v1/write?x=y',
  ),
  utf8('seven77', 'eight888', 'nine99999', 'x'.repeat(63), 'y'.repeat(200), 'ä'.repeat(40)),
);

const BAD_TEXTS: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from([0xff]),
  Buffer.from([0x61, 0xc3]),
  // A surrogate, an overlong form, above U+10FFFF, a lone continuation, a character cut off.
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0x80]),
  Buffer.from([0x61, 0xf0, 0x9f, 0x98]),
  // Longer than the limits of the run.
  Buffer.from('n'.repeat(41)),
  Buffer.from('v'.repeat(201)),
];

export function goodValue(random: Random): Buffer {
  return random.pick(GOOD_VALUES);
}

export function anyText(random: Random): Buffer {
  const kind = random.below(10);
  if (kind < 3) return random.pick(GOOD_NAMES);
  if (kind < 7) return random.pick(GOOD_VALUES);
  if (kind < 9) return random.pick(BAD_TEXTS);
  return Buffer.from(Array.from({ length: random.few(12) }, () => random.below(256)));
}

/** Names and values of a series that can be written, sorted by name. */
export function goodLabels(random: Random): [Buffer, Buffer][] {
  const share = random.pick([0.1, 0.3, 0.6]);
  return GOOD_NAMES.filter((name) => name.equals(NAME) || random.chance(share)).map((name) => [
    name,
    goodValue(random),
  ]);
}

/** Labels with something the matter, or not. */
export function anyLabels(random: Random): [Buffer, Buffer][] {
  const labels = goodLabels(random);
  if (random.chance(0.5)) labels.push([anyText(random), anyText(random)]);
  if (random.chance(0.3)) labels.push([random.pick(labels)[0], goodValue(random)]);
  if (random.chance(0.2)) labels.splice(random.below(labels.length), 1);
  if (random.chance(0.1)) for (let i = 0; i < 25; i++) labels.push([Buffer.from(`l${i}`), goodValue(random)]);
  return random.shuffle(labels);
}
