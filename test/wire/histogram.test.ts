/** Reading native histograms: one message for both versions. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { MalformedError } from '../../src/wire/cursor.ts';
import { Histogram } from '../../src/wire/histogram.ts';
import { doubles, histogramOf, scalar, sints, span, zigzag } from '../support/histogram.ts';
import { seededRandom } from '../support/random.ts';
import { double, field, STALE_BITS, varint } from '../support/write-request.ts';

const MAX_INT64 = 2n ** 63n - 1n;

const INTEGER: readonly Buffer[] = [
  scalar(1, 12),
  double(3, 18.4),
  scalar(4, zigzag(-2)),
  double(5, 0.001),
  scalar(6, 2),
  span(8, -1, 1),
  sints(9, 3),
  span(11, 1, 2),
  span(11, 3, 1),
  sints(12, 1, 1, 2),
  scalar(14, 2),
  scalar(15, 1795341600123),
  scalar(17, 1795341600000),
];

const shown = (histogram: Histogram) => {
  const { isFloat, count, sum, schema, zeroThreshold, zeroCount, positive, negative, customValues } =
    histogram;
  const { resetHint, timestampMs, startTimestampMs, parts } = histogram;
  const sides = [positive, negative].map(({ spans, counts }) => [[...spans], [...counts]]);
  const scalars = { isFloat, count, sum, schema, zeroThreshold, zeroCount };
  return {
    ...scalars,
    sides,
    customValues: [...customValues],
    resetHint,
    timestampMs,
    startTimestampMs,
    parts,
  };
};

const EXPECTED = {
  isFloat: false,
  count: 12,
  sum: 18.4,
  schema: -2,
  zeroThreshold: 0.001,
  zeroCount: 2,
  sides: [
    [
      [1, 2, 3, 1],
      [1, 2, 4],
    ],
    [[-1, 1], [3]],
  ],
  customValues: [],
  resetHint: 2,
  timestampMs: 1795341600123,
  startTimestampMs: 1795341600000,
  parts: 7,
};

describe('readHistogram reads', () => {
  test('every field of an integer histogram, whose buckets are the running sums of its deltas', () => {
    assert.deepEqual(shown(histogramOf(INTEGER)), EXPECTED);
  });

  test('its fields in any order, where those that repeat keep theirs', () => {
    const random = seededRandom(5);
    const spans = new Set([INTEGER[7], INTEGER[8]]);
    for (let round = 0; round < 200; round++) {
      const shuffled = [...INTEGER].sort(() => random() - 0.5);
      let next = 7;
      const inOrder = shuffled.map((one) => (spans.has(one) ? INTEGER[next++]! : one));
      assert.deepEqual(shown(histogramOf(inOrder)), EXPECTED);
    }
  });

  test('a float histogram with custom bounds', () => {
    const histogram = histogramOf([
      double(2, 4.5),
      double(3, -1),
      scalar(4, zigzag(-53)),
      span(11, 0, 2),
      doubles(13, 1.5, 3),
      doubles(16, 0.1, 0.5, 5),
    ]);
    assert.deepEqual(shown(histogram), {
      ...shown(new Histogram()),
      isFloat: true,
      count: 4.5,
      sum: -1,
      schema: -53,
      sides: [
        [
          [0, 2],
          [1.5, 3],
        ],
        [[], []],
      ],
      customValues: [0.1, 0.5, 5],
      parts: 6,
    });
  });

  test('an empty message as an integer histogram of nothing', () => {
    assert.deepEqual(shown(histogramOf([])), shown(new Histogram()));
  });

  test('buckets packed, not packed, in several pieces and mixed', () => {
    const one = (number: number, value: number): Buffer => scalar(number, zigzag(value));
    for (const deltas of [
      [sints(12, 1, -2, 3)],
      [one(12, 1), one(12, -2), one(12, 3)],
      [sints(12), sints(12, 1), one(12, -2), sints(12, 3)],
    ])
      assert.deepEqual(histogramOf(deltas).positive.counts, [1, -1, 2]);
    for (const counts of [
      [doubles(10, 1, 2.5)],
      [double(10, 1), double(10, 2.5)],
      [double(10, 1), doubles(10), doubles(10, 2.5)],
    ])
      assert.deepEqual(histogramOf([double(2, 1), ...counts]).negative.counts, [1, 2.5]);
    assert.deepEqual(histogramOf([double(16, 1), doubles(16, 2, 3)]).customValues, [1, 2, 3]);
  });

  test('the last of a repeated scalar, and the last member of a oneof', () => {
    assert.equal(histogramOf([scalar(4, zigzag(7)), scalar(4, zigzag(-4))]).schema, -4);
    const asFloat = histogramOf([scalar(1, 5), double(2, 2.5)]);
    assert.deepEqual([asFloat.isFloat, asFloat.count], [true, 2.5]);
    const asInt = histogramOf([double(2, 2.5), scalar(1, 5)]);
    assert.deepEqual([asInt.isFloat, asInt.count], [false, 5]);
  });

  test('a zero count of the other kind than the count, or unset by it, as 0', () => {
    assert.equal(histogramOf([double(2, 1), scalar(6, 5)]).zeroCount, 0);
    assert.equal(histogramOf([scalar(1, 1), double(7, 5)]).zeroCount, 0);
    assert.equal(histogramOf([scalar(6, 5), double(7, 2.5), scalar(1, 1)]).zeroCount, 0);
    assert.equal(histogramOf([double(7, 2.5), scalar(6, 5), double(2, 1)]).zeroCount, 0);
    assert.equal(histogramOf([double(7, 2.5), double(2, 1)]).zeroCount, 2.5);
  });

  test('the buckets of the kind that its count has', () => {
    const both = [span(11, 0, 1), sints(12, 7), doubles(13, 2.5)];
    assert.deepEqual(histogramOf([...both, scalar(1, 7)]).positive.counts, [7]);
    assert.deepEqual(histogramOf([...both, double(2, 2.5)]).positive.counts, [2.5]);
  });

  test('a span that is written twice, in part or past an unknown field, as protobuf merges scalars', () => {
    const odd = field(
      11,
      Buffer.concat([scalar(1, zigzag(9)), scalar(3, 1), scalar(2, 1), scalar(1, zigzag(-9))]),
    );
    assert.deepEqual(histogramOf([odd, field(11, Buffer.alloc(0))]).positive.spans, [-9, 1, 0, 0]);
  });

  test('the ends of all ranges exactly', () => {
    const histogram = histogramOf([
      scalar(1, 2n ** 64n - 1n),
      scalar(4, zigzag(-(2 ** 31))),
      scalar(6, 2n ** 53n + 1n),
      span(11, -(2 ** 31), 2 ** 32 - 1),
      span(11, 2 ** 31 - 1, 0),
      sints(12, MAX_INT64, 1, -1),
      scalar(15, -(2n ** 63n)),
    ]);
    assert.deepEqual(
      [histogram.count, histogram.schema, histogram.zeroCount],
      [2n ** 64n - 1n, -(2 ** 31), 2n ** 53n + 1n],
    );
    assert.deepEqual(histogram.positive.spans, [-(2 ** 31), 2 ** 32 - 1, 2 ** 31 - 1, 0]);
    // Sums wrap, as int64 does.
    assert.deepEqual(histogram.positive.counts, [MAX_INT64, -(2n ** 63n), MAX_INT64]);
    assert.equal(histogram.timestampMs, -(2 ** 63));
  });

  test('the bits of a stale sum as they are', () => {
    const { sumLow, sumHigh, sum } = histogramOf([double(3, STALE_BITS)]);
    assert.deepEqual([sumLow, sumHigh], [2, 0x7ff00000]);
    assert.ok(Number.isNaN(sum));
  });

  test('nothing of the histogram before', () => {
    const into = histogramOf(INTEGER);
    assert.deepEqual(shown(histogramOf([], { into })), shown(new Histogram()));
    histogramOf([double(2, 1), span(11, 0, 1), doubles(13, 1), doubles(16, 1)], { into });
    assert.deepEqual(shown(histogramOf(INTEGER, { into })), EXPECTED);
  });

  test('a start timestamp in 2.0, where field 17 of 1.0 is unknown', () => {
    assert.equal(histogramOf([scalar(17, 5)], { hasStart: true }).startTimestampMs, 5);
    assert.equal(histogramOf([scalar(17, 5)], { hasStart: false }).startTimestampMs, 0);
  });

  test('past unknown fields, and known numbers with another wire type', () => {
    const unknown = [
      scalar(18, 1),
      double(99, 1),
      field(100, 'x'),
      double(1, 1),
      field(3, 'x'),
      scalar(11, 1),
      scalar(13, 1),
    ];
    assert.deepEqual(
      shown(histogramOf(unknown.flatMap((one, i) => [one, ...INTEGER.slice(i * 2, i * 2 + 2)]))),
      EXPECTED,
    );
  });

  test('no more parts than the limit, but counts them all', () => {
    const histogram = histogramOf(
      [span(11, 0, 2 ** 32 - 1), sints(12, 1, 2, 3), span(8, 0, 1), doubles(16, 1, 2)],
      {
        maxParts: 3,
      },
    );
    const { positive, negative, customValues, parts } = histogram;
    assert.deepEqual([positive.spans.length, positive.counts.length], [2, 2]);
    assert.deepEqual([negative.spans.length, customValues.length, parts], [0, 0, 7]);
  });
});

describe('readHistogram refuses', () => {
  const refused = (...fields: Uint8Array[]): void => {
    assert.throws(() => histogramOf(fields), MalformedError, Buffer.concat(fields).toString('hex'));
  };

  test('one that is cut off within a field', () => {
    const whole = Buffer.concat(INTEGER);
    const ends = new Set(INTEGER.map((_, i) => Buffer.concat(INTEGER.slice(0, i)).length));
    for (let end = 1; end < whole.length; end++) if (!ends.has(end)) refused(whole.subarray(0, end));
  });

  test('packed numbers that end within one', () => {
    for (const number of [9, 12]) refused(field(number, Buffer.from([0x02, 0x80])));
    for (const number of [10, 13, 16]) refused(field(number, Buffer.alloc(12)));
  });

  test('a span, packed numbers or a varint that cross its end', () => {
    for (const number of [8, 9, 10, 11, 12, 13, 16])
      refused(Buffer.concat([varint((number << 3) | 2), varint(1)]));
    refused(field(11, Buffer.concat([varint(2 << 3), Buffer.from([0x80])])));
    refused(Buffer.concat([varint(15 << 3), Buffer.alloc(11, 0xff)]));
  });
});
