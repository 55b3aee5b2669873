/** Rates and latencies of the last seconds. */

import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { Metrics } from '../../src/metrics.ts';
import { Activity, quantile } from '../../src/status/activity.ts';

describe('a quantile', () => {
  const bounds = (...counts: number[]): Map<number, number> =>
    new Map([0.1, 0.2, 0.5, Number.POSITIVE_INFINITY].map((bound, index) => [bound, counts[index]!]));
  const none = bounds(0, 0, 0, 0);

  test('lies in the bucket where that share of the requests is reached', () => {
    assert.equal(quantile(0.5, none, bounds(0, 100, 100, 100))?.toFixed(3), '0.150');
    assert.equal(quantile(0.99, none, bounds(50, 90, 100, 100))?.toFixed(3), '0.470');
  });

  test('is of what came after the first reading', () => {
    assert.equal(quantile(0.5, bounds(100, 100, 100, 100), bounds(100, 100, 110, 110))?.toFixed(2), '0.35');
  });

  test('beyond the last bound is that bound', () => {
    assert.equal(quantile(0.99, none, bounds(0, 0, 0, 10)), 0.5);
  });

  test('of nothing is null', () => {
    assert.equal(quantile(0.5, none, none), null);
  });
});

describe('the activity', () => {
  test('gives rates since the oldest reading, and totals', async (t) => {
    let nowMs = 1000;
    t.mock.method(performance, 'now', () => nowMs);
    mock.timers.enable({ apis: ['setInterval'] });
    t.after(() => mock.timers.reset());
    const { instruments } = new Metrics();
    const activity = new Activity(instruments);
    await activity.start();
    t.after(() => activity.stop());
    instruments.samplesReceived.inc({ type: 'float' }, 500);
    instruments.receivedBytes.inc({ encoding: 'compressed' }, 1000);
    instruments.receivedBytes.inc({ encoding: 'decoded' }, 9000);
    instruments.httpRequests.inc({ handler: 'write', code: '204' }, 40);
    instruments.httpRequests.inc({ handler: 'write', code: '503' }, 10);
    instruments.httpRequests.inc({ handler: 'metrics', code: '200' }, 70);
    nowMs = 6000;
    const traffic = await activity.traffic();
    assert.deepEqual(
      [traffic.windowSeconds, traffic.samplesPerSecond, traffic.bytesPerSecond, traffic.requestsPerSecond],
      [5, 100, 200, 10],
    );
    assert.deepEqual([traffic.totals.refused, traffic.p99Seconds], [10, null]);
  });

  test('before any time has passed is at rest, not infinite', async () => {
    const { instruments } = new Metrics();
    const { samplesPerSecond, windowSeconds } = await new Activity(instruments).traffic();
    assert.deepEqual([samplesPerSecond, windowSeconds], [0, 0]);
  });
});
