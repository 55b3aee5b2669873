/** The rate of a total: right from the start, and not forgetful at once. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rate } from '../../src/lib/rate.ts';

const SPAN = { spanMs: 20_000, leastMs: 3000 };

function near(actual: number, expected: number, part = 0.01): void {
  assert.ok(Math.abs(actual - expected) <= part * expected, `${actual}, not about ${expected}`);
}

describe('a rate', () => {
  test('is that of a steady growth from early on', () => {
    const rate = new Rate(SPAN, 0);
    for (let second = 1; second <= 60; second++) {
      rate.note(second * 500, second * 1000);
      if (second >= 3) near(rate.perSecond, 500, 0.05);
    }
  });

  test('is 0 before anything was noted, and when nothing grows', () => {
    const rate = new Rate(SPAN, 0);
    assert.equal(rate.perSecond, 0);
    rate.note(0, 1000);
    assert.equal(rate.perSecond, 0);
  });

  test('takes a first step for no more than what it is over the least time', () => {
    const rate = new Rate(SPAN, 0);
    rate.note(2000, 10);
    near(rate.perSecond, 2000 / 3);
  });

  test('follows a change within its span, and fades when the growth ends', () => {
    const rate = new Rate(SPAN, 0);
    for (let second = 1; second <= 100; second++) rate.note(second * 100, second * 1000);
    for (let second = 101; second <= 120; second++) rate.note(10_000 + (second - 100) * 300, second * 1000);
    near(rate.perSecond, 300 - 200 / Math.E, 0.02);
    for (let second = 121; second <= 260; second++) rate.note(16_000, second * 1000);
    assert.ok(rate.perSecond < 1);
  });

  test('does not mind being asked twice in the same millisecond', () => {
    const rate = new Rate(SPAN, 0);
    rate.note(5000, 5000);
    rate.note(5000, 5000);
    near(rate.perSecond, 1000);
  });
});
