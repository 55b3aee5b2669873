/** Native histograms in records: what Prometheus' HTTP API shows, and what it leaves out. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HistogramView } from '../../src/contracts.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { HistogramText } from '../../src/record/histogram-json.ts';

const NONE = { spans: [], counts: [] };
const EMPTY: HistogramView = {
  isFloat: false,
  count: 0,
  sum: 0,
  sumLow: 0,
  sumHigh: 0,
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: NONE,
  negative: NONE,
  customValues: [],
  resetHint: 0,
  timestampMs: 0,
  startTimestampMs: 0,
};

const histogramText = new HistogramText();

function text(histogram: Partial<HistogramView>): string {
  const out = new ByteWriter();
  histogramText.write(out, { ...EMPTY, ...histogram });
  return out.text();
}

const buckets = (histogram: Partial<HistogramView>): unknown => JSON.parse(text(histogram)).buckets;

describe('a histogram in a record', () => {
  test('has count, sum, schema and zero bucket, and leaves out what does not apply', () => {
    assert.equal(text({}), '{"count":"0","sum":"0","schema":0,"zero_threshold":"0","zero_count":"0"}');
  });

  test('has all it may have in one order', () => {
    const full = {
      isFloat: true,
      count: 10.5,
      sum: -0.25,
      schema: 1,
      zeroThreshold: 0.001,
      zeroCount: 2.5,
      positive: { spans: [1, 2], counts: [1, 3] },
      negative: { spans: [0, 1], counts: [4] },
      resetHint: 3,
    };
    assert.equal(
      text(full),
      '{"count":"10.5","sum":"-0.25","buckets":[[1,"-1","-0.7071067811865475","4"],[3,"-0.001","0.001","2.5"],' +
        '[0,"1","1.414213562373095","1"],[0,"1.414213562373095","2","3"]],"schema":1,"zero_threshold":"0.001",' +
        '"zero_count":"2.5","positive_spans":[[1,2]],"positive_counts":["1","3"],"negative_spans":[[0,1]],' +
        '"negative_counts":["4"],"reset_hint":"gauge","float":true}',
    );
  });

  test('keeps every digit of a uint64, NaN and infinities', () => {
    const { count, sum, positive_counts } = JSON.parse(
      text({ count: 2n ** 64n - 1n, sum: Number.NaN, positive: { spans: [1, 1], counts: [2n ** 53n + 1n] } }),
    );
    assert.deepEqual([count, sum, positive_counts], ['18446744073709551615', 'NaN', ['9007199254740993']]);
    assert.equal(JSON.parse(text({ sum: Number.NEGATIVE_INFINITY })).sum, '-Inf');
  });

  test('names the reset hint, one it does not know as unknown', () => {
    const hints = [0, 1, 2, 3, 4, -1].map((resetHint) => JSON.parse(text({ resetHint })).reset_hint);
    assert.deepEqual(hints, [undefined, 'yes', 'no', 'gauge', 'unknown', 'unknown']);
  });
});

describe('its buckets', () => {
  test('are left out where they hold nothing, and altogether when all do', () => {
    const positive = { spans: [0, 3], counts: [0, 5, 0] };
    assert.deepEqual(buckets({ positive }), [[0, '1', '2', '5']]);
    assert.equal(buckets({ positive: { spans: [0, 2], counts: [0, 0] } }), undefined);
  });

  test('stand from the lowest to the highest, the negative ones mirrored', () => {
    const side = { spans: [0, 1, 1, 1], counts: [1, 2] };
    assert.deepEqual(buckets({ positive: side, negative: side }), [
      [1, '-4', '-2', '2'],
      [1, '-1', '-0.5', '1'],
      [0, '0.5', '1', '1'],
      [0, '2', '4', '2'],
    ]);
  });

  test('say by rule 0 to 3 which bounds belong to them: upper, lower, none, both', () => {
    const lowest = { spans: [-1074, 2], counts: [1, 1] };
    assert.deepEqual(
      buckets({ positive: lowest, negative: { spans: [-1073, 1], counts: [1] }, zeroCount: 1 }),
      [
        [1, '-1e-323', '-5e-324', '1'],
        [3, '-0', '0', '1'],
        [0, '0', '5e-324', '1'],
        [0, '5e-324', '1e-323', '1'],
      ],
    );
    // Both bounds have become 0.
    assert.deepEqual(buckets({ positive: { spans: [-2000, 1], counts: [1] } }), [[2, '0', '0', '1']]);
  });

  test('end at the zero bucket where it reaches into them', () => {
    const side = { spans: [0, 2], counts: [1, 2] };
    const clipped = { zeroThreshold: 0.75, zeroCount: 3, positive: side, negative: side };
    assert.deepEqual(buckets(clipped), [
      [1, '-2', '-1', '2'],
      [1, '-1', '-0.75', '1'],
      [3, '-0.75', '0.75', '3'],
      [0, '0.75', '1', '1'],
      [0, '1', '2', '2'],
    ]);
    // An empty zero bucket is not shown, but ends them all the same.
    assert.deepEqual(buckets({ ...clipped, zeroCount: 0, negative: NONE }), [
      [0, '0.75', '1', '1'],
      [0, '1', '2', '2'],
    ]);
  });

  test('reach from the largest double to infinity above it', () => {
    assert.deepEqual(buckets({ positive: { spans: [1024, 2], counts: [1, 2] } }), [
      [0, '8.98846567431158e+307', '1.7976931348623157e+308', '1'],
      [0, '1.7976931348623157e+308', '+Inf', '2'],
    ]);
  });

  test('with custom bounds begin at -Inf, end at +Inf, and have their upper bound', () => {
    const customValues = [-1, 0.5, 10];
    const custom = { schema: -53, customValues, positive: { spans: [0, 4], counts: [1, 2, 3, 4] } };
    assert.deepEqual(buckets(custom), [
      [3, '-Inf', '-1', '1'],
      [0, '-1', '0.5', '2'],
      [0, '0.5', '10', '3'],
      [0, '10', '+Inf', '4'],
    ]);
    assert.deepEqual(JSON.parse(text(custom)).custom_values, ['-1', '0.5', '10']);
    assert.deepEqual(buckets({ schema: -53, positive: { spans: [0, 1], counts: [7] } }), [
      [3, '-Inf', '+Inf', '7'],
    ]);
  });

  test('follow spans that leave out many and that are empty', () => {
    const positive = { spans: [-2, 1, 3, 0, 1, 2], counts: [1, 2, 3] };
    assert.deepEqual(buckets({ positive }), [
      [0, '0.125', '0.25', '1'],
      [0, '4', '8', '2'],
      [0, '8', '16', '3'],
    ]);
  });
});
