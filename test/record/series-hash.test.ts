/** The hash that ties a series to a partition, and the time a record carries. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordTime } from '../../src/record/record-time.ts';
import { seriesHash } from '../../src/record/series-hash.ts';
import { Series } from '../../src/wire/series.ts';
import { V1Reader } from '../../src/wire/v1-reader.ts';
import { canonicalise } from '../../src/wire/validate.ts';
import { request, type TestSeries } from '../support/write-request.ts';

function hash(labels: TestSeries['labels']): number {
  const series = new Series();
  new V1Reader(request([{ labels }]), series).next();
  canonicalise(series);
  return seriesHash(series);
}

describe('seriesHash', () => {
  const base = [
    ['__name__', 'up'],
    ['a', 'b'],
    ['c', 'd'],
  ] as const;

  test('is the same whatever the order of the labels and whatever empty labels there are', () => {
    assert.equal(
      hash(base),
      hash([
        ['c', 'd'],
        ['empty', ''],
        ['__name__', 'up'],
        ['a', 'b'],
      ]),
    );
  });

  test('differs when a byte moves from a value to the next name', () => {
    assert.notEqual(
      hash([
        ['__name__', 'up'],
        ['a', 'bc'],
        ['d', 'e'],
      ]),
      hash([
        ['__name__', 'up'],
        ['a', 'b'],
        ['cd', 'e'],
      ]),
    );
  });

  test('spreads ten thousand series evenly over six partitions', () => {
    const counts = new Array(6).fill(0);
    for (let i = 0; i < 10_000; i++) counts[hash([...base, ['instance', `host-${i}:9100`]]) % 6]++;
    for (const count of counts) assert.ok(count > 1400 && count < 1950, String(counts));
  });

  test('is a uint32', () => {
    for (let i = 0; i < 100; i++)
      assert.equal(hash([['__name__', `m${i}`]]) >>> 0, hash([['__name__', `m${i}`]]));
  });
});

describe('recordTime', () => {
  const now = 1_800_000_000_000;
  test("is the sample's time up to an hour ahead", () => {
    for (const sampleMs of [0, 1, now - 1, now + 3_600_000])
      assert.equal(recordTime(sampleMs, now), sampleMs);
  });
  test("is the present when Kafka would refuse the sample's", () => {
    for (const sampleMs of [-1, now + 3_600_001]) assert.equal(recordTime(sampleMs, now), now);
  });
});
