/** Bounds of exponential buckets: the doubles that Prometheus shows. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exponentialBound } from '../../src/record/histogram-bounds.ts';

describe('the upper bound of an exponential bucket', () => {
  /** As Prometheus 3.16 shows them. */
  const KNOWN: readonly (readonly [schema: number, index: number, bound: string])[] = [
    [0, 0, '1'],
    [0, 1, '2'],
    [0, -3, '0.125'],
    [1, 1, '1.414213562373095'],
    [1, -1, '0.7071067811865475'],
    [2, 1, '1.189207115002721'],
    [2, 3, '1.6817928305074288'],
    [3, 1, '1.0905077326652577'],
    [3, -7, '0.5452538663326288'],
    [3, 9, '2.1810154653305154'],
    [8, -1, '0.9972960560854698'],
    [8, -2, '0.9945994234836328'],
    [8, 1, '1.0027112750502025'],
    [-1, 1, '4'],
    [-2, -1, '0.0625'],
    [-4, 1, '65536'],
  ];
  for (const [schema, index, bound] of KNOWN) {
    test(`${index} of schema ${schema} is ${bound}`, () =>
      assert.equal(String(exponentialBound(index, schema)), bound));
  }

  test('is 0.5452538663326288 * 2^k for every eighth bucket of schema 3, subnormal doubles included', () => {
    for (let k = -1070; k < 1024; k++) {
      const halves = [Math.floor(k / 2), Math.ceil(k / 2)].map((exponent) => 2 ** exponent);
      assert.equal(exponentialBound(-7 + 8 * k, 3), 0.5452538663326288 * halves[0]! * halves[1]!);
    }
  });

  test('is the same double in every schema that has it', () => {
    for (let schema = -4; schema < 8; schema++)
      for (let index = -300; index <= 300; index++)
        assert.equal(exponentialBound(index, schema), exponentialBound(index * 2, schema + 1));
  });

  test('rises from bucket to bucket, and is within the last digits of the power of two that it stands for', () => {
    for (const schema of [-4, -1, 0, 1, 3, 8]) {
      const perDoubling = 2 ** schema;
      for (let index = Math.ceil(-900 * perDoubling); index < 900 * perDoubling; index++) {
        const bound = exponentialBound(index, schema);
        assert.ok(bound < exponentialBound(index + 1, schema));
        assert.ok(Math.abs(bound / 2 ** (index / perDoubling) - 1) < 1e-14, `${schema} ${index} ${bound}`);
      }
    }
  });

  test('is the largest double where it would be 2^1024, infinite only above, and 0 below the smallest', () => {
    for (let schema = -4; schema <= 8; schema++) {
      const last = 1024 * 2 ** schema;
      assert.equal(exponentialBound(last, schema), Number.MAX_VALUE);
      assert.ok(exponentialBound(last - 1, schema) < Number.MAX_VALUE);
      assert.equal(exponentialBound(last + 1, schema), Number.POSITIVE_INFINITY);
      assert.equal(exponentialBound(-last * 2, schema), 0);
      assert.equal(exponentialBound(2 ** 31 - 1, schema), Number.POSITIVE_INFINITY);
    }
  });

  test('of the finer schemas, which have no table, is the power of two itself', () => {
    assert.equal(exponentialBound(2 ** 9, 9), 2);
    assert.equal(exponentialBound(-(2 ** 20), 20), 0.5);
    assert.equal(exponentialBound(2 ** 31 - 1, 52), 2 ** (2 ** -21 - 2 ** -52));
  });
});
