/** Large requests: read a little at a time, and not read where nothing could be written. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { readerOf, TEST_LIMITS, v2ReaderOf } from '../support/series.ts';
import { field, request } from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const UP = { labels: [['__name__', 'up']], samples: [[1, 1000]] } as const;

describe('V1Reader in steps', () => {
  test('finds the same series and metadata, whatever the step, and says when all is read', () => {
    const parts = [
      request([UP]),
      field(99, Buffer.alloc(300)),
      field(3, ''),
      field(3, ''),
      request([UP, UP]),
    ];
    for (const step of [1, 7, 100, 100_000]) {
      const { reader, metadata } = readerOf(Buffer.concat(parts));
      let [found, steps] = [0, 0];
      for (; !reader.isDone; steps++) if (reader.next(step)) found++;
      assert.deepEqual([found, metadata.length], [3, 2]);
      assert.equal(reader.next(step), false);
      if (step === 1) assert.ok(steps > 5, String(steps));
    }
  });
});

describe('V2Reader in steps', () => {
  test('finds the same series, symbols behind them, whatever the step, and says when all is read', () => {
    const symbols = ['', '__name__', 'a', 'b', 'c'];
    const timeseries = [2, 3, 4].map((ref) => ({
      labels_refs: [1, ref],
      samples: [{ value: ref, timestamp: 1 }],
    }));
    const parts = [
      requestV2({ symbols: [], timeseries }),
      field(99, Buffer.alloc(300)),
      requestV2({ symbols, timeseries: [] }),
    ];
    for (const step of [1, 7, 100, 100_000]) {
      const { reader, series } = v2ReaderOf(Buffer.concat(parts));
      const values: number[] = [];
      let steps = 0;
      for (; !reader.isDone; steps++) if (reader.next(step)) values.push(series.values[0]!);
      assert.deepEqual(values, [2, 3, 4]);
      assert.equal(reader.next(step), false);
      if (step === 1) assert.ok(steps > 8, String(steps));
    }
  });
});

describe('V1Reader marks as too large', () => {
  const limits = { ...TEST_LIMITS, textBytesPerSeries: 100 };
  const entry = (bytes: number) =>
    ({ labels: [['__name__', 'x'.repeat(bytes)]], samples: [[1, 1]] }) as const;

  test('a series whose labels no record has room for, and goes on with the next', () => {
    const { reader, series: view } = readerOf(request([entry(93), entry(92)]), limits);
    assert.ok(reader.next());
    assert.deepEqual([view.problem, view.textBytes], ['record_too_large', 101]);
    assert.ok(reader.next());
    assert.equal(view.problem, undefined);
  });

  test('no series for its samples, and an exemplar for its own labels', () => {
    const long = field(3, field(1, Buffer.concat([field(1, 'trace'), field(2, 'x'.repeat(100))])));
    const samples = Array.from({ length: 50 }, () => [1, 1] as const);
    const { reader, series: view } = readerOf(request([{ labels: UP.labels, samples, extra: long }]), limits);
    assert.ok(reader.next());
    assert.equal(view.problem, undefined);
    assert.equal(view.exemplars[0]?.problem, 'record_too_large');
  });
});

describe('V2Reader marks as too large', () => {
  test('a series whose labels no record has room for, an exemplar for its own, and looks at neither', () => {
    const symbols = ['', '__name__', 'up', 'x'.repeat(1000)];
    const timeseries = [
      { labels_refs: [1, 2, 3, 2] },
      { labels_refs: [1, 2], exemplars: [{ labels_refs: [2, 3], value: 1 }] },
    ];
    const limits = { ...TEST_LIMITS, textBytesPerSeries: 999 };
    const { reader, series } = v2ReaderOf(requestV2({ symbols, timeseries }), limits);
    assert.ok(reader.next());
    assert.deepEqual([series.problem, series.isSettled], ['record_too_large', false]);
    assert.ok(reader.next());
    assert.deepEqual([series.problem, series.exemplars[0]?.problem], [undefined, 'record_too_large']);
  });
});

describe('what has far more labels than it may is lost, and read up to sixteen times the limit', () => {
  const limits = { ...TEST_LIMITS, labelsPerSeries: 10 };
  /** Not protobuf: whoever reads it says so. */
  const GARBAGE = Buffer.from([0xff]);
  const labels = (count: number) => Buffer.alloc(4 * count, field(1, field(1, '')));
  const refs = (count: number) => Buffer.alloc(2 * count, 1);
  const readers = {
    'series of 1.0': (count: number) => {
      const series = field(1, Buffer.concat([labels(count), GARBAGE]));
      return readerOf(Buffer.concat([series, request([UP])]), limits);
    },
    'exemplar of 1.0': (count: number) => {
      const exemplar = field(3, Buffer.concat([labels(count), GARBAGE]));
      return readerOf(request([{ labels: UP.labels, extra: exemplar }, UP]), limits);
    },
    'series of 2.0': (count: number) => {
      const series = field(5, field(1, Buffer.concat([refs(count), GARBAGE])));
      return v2ReaderOf(Buffer.concat([series, requestV2({ symbols: ['', 'a'], timeseries: [{}] })]), limits);
    },
    'exemplar of 2.0': (count: number) => {
      const series = field(5, field(4, field(1, Buffer.concat([refs(count), GARBAGE]))));
      return v2ReaderOf(Buffer.concat([series, requestV2({ symbols: ['', 'a'], timeseries: [{}] })]), limits);
    },
  };
  for (const [what, read] of Object.entries(readers))
    test(what, () => {
      assert.throws(() => read(159).reader.next(), /is not an? .*Request/);
      const { reader, series } = read(160);
      assert.ok(reader.next());
      assert.ok([series, series.exemplars[0]].some((set) => set?.isOverLimit));
      assert.ok(reader.next(), 'and the next one');
      assert.equal(series.isOverLimit, false);
    });
});
