/** How often senders send, and how far back their load is looked at for it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Paced, spanFor, USUAL_SPAN, usualIntervalMs } from '../../src/connection/pace.ts';

const paced = (writes: number, ageMs: number): Paced => ({ writes, ageMs: () => ageMs });

describe('the interval of senders', () => {
  test('is the time of their connections by their requests', () => {
    assert.equal(usualIntervalMs([paced(10, 50_000), paced(2, 70_000)], 0), 10_000);
  });

  test('has no part in it of connections without a write request, and is 0 without senders', () => {
    assert.equal(usualIntervalMs([paced(10, 50_000), paced(0, 900_000)], 0), 5000);
    assert.equal(usualIntervalMs([paced(0, 900_000)], 0), 0);
    assert.equal(usualIntervalMs([], 0), 0);
  });
});

describe('the load of a connection is looked at', () => {
  test('over the usual time when it sends every few seconds', () => {
    assert.deepEqual(spanFor(paced(10, 50_000), 5000, 0), { ...USUAL_SPAN, leastMs: 5000 });
    assert.deepEqual(spanFor(paced(100, 50_000), 1000, 0), USUAL_SPAN);
    assert.deepEqual(spanFor(paced(0, 0), 0, 0), USUAL_SPAN);
  });

  test('over three of its requests when it is slower, its first one taken for as slow as those of others', () => {
    assert.deepEqual(spanFor(paced(10, 600_000), 0, 0), { spanMs: 180_000, leastMs: 3000 });
    assert.deepEqual(spanFor(paced(1, 10), 60_000, 0), { spanMs: 180_000, leastMs: 60_000 });
  });

  test('never over more than five minutes', () => {
    assert.deepEqual(spanFor(paced(1, 1e9), 1e9, 0), { spanMs: 300_000, leastMs: 300_000 });
  });
});
