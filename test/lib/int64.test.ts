/** Whole numbers of 64 bits: exact at every size, numbers as long as numbers can be. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addInt64, addUint64, type Int64, uint64, zigzag64 } from '../../src/lib/int64.ts';
import { seededRandom } from '../support/random.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** Where numbers end and bigints begin, and the ends of the ranges. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n,
].flatMap((edge) => [edge - 2n, edge - 1n, edge, edge + 1n]);

/** All edges and as many numbers of random bits. */
function samples(): bigint[] {
  const random = seededRandom(64);
  const bits = (): bigint => BigInt(Math.floor(random() * 2 ** 32));
  return [...EDGES, ...EDGES.map(() => ((bits() << 32n) | bits()) >> (bits() % 64n))];
}

const halves = (value: bigint): [number, number] => [
  Number(BigInt.asUintN(32, value)),
  Number(BigInt.asUintN(32, value >> 32n)),
];

/** In the form the functions give: a number where it is exact. */
function shortest(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Strictly: 1 is not 1n, and 0 not -0. */
function same(seen: Int64, expected: Int64): void {
  assert.ok(Object.is(seen, expected), `${typeof seen} ${seen}, expected ${typeof expected} ${expected}`);
}

describe('a 64-bit number made of two halves', () => {
  test('is exact, a number up to 2^53 - 1 and a bigint from there on', () => {
    for (const value of samples().map((sample) => BigInt.asUintN(64, sample)))
      same(uint64(...halves(value)), shortest(value));
    same(uint64(0xffffffff, 0x1fffff), Number.MAX_SAFE_INTEGER);
    same(uint64(0, 0x200000), 2n ** 53n);
  });

  test('in zigzag is 0, -1, 1, -2 ... to both ends of int64', () => {
    const zigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((bits) => zigzag64(bits, 0)),
      [0, -1, 1, -2, 2],
    );
    for (const sample of samples())
      for (const value of [sample, -sample].map((each) => BigInt.asIntN(64, each)))
        same(zigzag64(...halves(zigzag(value))), shortest(value));
    same(zigzag64(0xffffffff, 0xffffffff), MIN_INT64);
    same(zigzag64(0xfffffffe, 0xffffffff), MAX_INT64);
  });
});

describe('a sum', () => {
  test('of int64 wraps at both ends', () => {
    same(addInt64(MAX_INT64, 1), MIN_INT64);
    same(addInt64(MIN_INT64, -1), MAX_INT64);
    same(addInt64(MIN_INT64, MIN_INT64), 0);
  });

  test('of uint64 wraps above its end', () => {
    same(addUint64(2n ** 64n - 1n, 1), 0);
    same(addUint64(2n ** 64n - 1n, 2n ** 63n), 2n ** 63n - 1n);
  });

  test('goes from numbers to bigints and back where exactness asks for it', () => {
    same(addInt64(Number.MAX_SAFE_INTEGER, 1), 2n ** 53n);
    same(addInt64(2n ** 53n, -1), Number.MAX_SAFE_INTEGER);
    same(addUint64(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), 2n ** 54n - 2n);
    same(addInt64(5, -5), 0);
  });

  test('is that of bigints, for every pair of edges', () => {
    const values = samples();
    for (const a of values)
      for (const b of values) {
        const [signedA, signedB] = [BigInt.asIntN(64, a), BigInt.asIntN(64, -b)];
        same(addInt64(shortest(signedA), shortest(signedB)), shortest(BigInt.asIntN(64, signedA + signedB)));
        const [plainA, plainB] = [BigInt.asUintN(64, a), BigInt.asUintN(64, b)];
        same(addUint64(shortest(plainA), shortest(plainB)), shortest(BigInt.asUintN(64, plainA + plainB)));
      }
  });
});
