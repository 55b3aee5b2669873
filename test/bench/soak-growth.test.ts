/** What the soak takes for growth, and what it does not. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { growthOf, medianOf, slopeOf } from './soak/growth.ts';

/** About `count` measurements that wave around a line. */
function waves(count: number, growth: number): number[] {
  return Array.from({ length: count }, (_, i) => 100 + (growth * i) / (count - 1) + 20 * Math.sin(i));
}

describe('growth', () => {
  test('is what is more at the end than at the beginning, whatever waves are on it', () => {
    for (const count of [30, 60, 180]) {
      assert.ok(Math.abs(growthOf('heap', waves(count, 0), 1).growth) < 8, String(count));
      const { growth, first, last } = growthOf('heap', waves(count, 50), 1);
      assert.ok(growth > 35 && growth < 65, String(growth));
      assert.ok(last - first > 15);
    }
  });

  test('is not one measurement that stands out, nor a step back', () => {
    const values = waves(30, 0);
    values[29] = 10_000;
    assert.ok(growthOf('rss', values, 1).growth < 8);
    assert.ok(growthOf('rss', waves(30, -50), 1).growth < 0);
  });

  test('of nothing, or of one measurement, is none', () => {
    assert.equal(growthOf('rss', [], 1).growth, 0);
    assert.equal(growthOf('rss', [7], 1).growth, 0);
    assert.deepEqual([slopeOf([1, 3]), medianOf([]), medianOf([3, 1]), medianOf([3, 1, 2])], [2, 0, 2, 2]);
  });
});
