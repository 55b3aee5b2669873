/** Reading io.prometheus.write.v2.Request: what the series view holds, and what is refused. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import protobuf from 'protobufjs';
import { AdapterError } from '../../src/errors.ts';
import type { LabelSet } from '../../src/wire/label-set.ts';
import type { Series } from '../../src/wire/series.ts';
import { seededRandom } from '../support/random.ts';
import { TEST_LIMITS, v2ReaderOf } from '../support/series.ts';
import { double, field, STALE_BITS, varint } from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const SYMBOLS = ['', '__name__', 'up', 'job', 'a', 'seconds', 'How long.', 'trace_id', 'abc'];
const LIMITS = { ...TEST_LIMITS, labelsPerSeries: 400, symbolsPerRequest: 5000 };
const UP = { labels_refs: [1, 2], samples: [{ value: 1, timestamp: 1000 }] };

const symbols = (texts: readonly string[] = SYMBOLS): Buffer =>
  Buffer.concat(texts.map((text) => field(4, text)));
const scalar = (number: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(number << 3), varint(value)]);
const packed = (number: number, ...values: (number | bigint)[]): Buffer =>
  field(number, Buffer.concat(values.map(varint)));
/** A request of one series that has these fields. */
const oneSeries = (...fields: Uint8Array[]): Buffer =>
  Buffer.concat([symbols(), field(5, Buffer.concat(fields))]);

function labelsOf(
  { labels, labelCount }: Pick<LabelSet, 'labels' | 'labelCount'>,
  bytes: Uint8Array,
): string[][] {
  const text = (at: number): string => Buffer.from(bytes.subarray(labels[at], labels[at + 1])).toString();
  return Array.from({ length: labelCount }, (_, i) => [text(i * 4), text(i * 4 + 2)]);
}

/** Calls `look` at each series while it is current. */
function each<Result>(bytes: Uint8Array, look: (series: Series) => Result): Result[] {
  const { reader, series } = v2ReaderOf(bytes, LIMITS);
  const looks: Result[] = [];
  while (reader.next()) looks.push(look(series));
  return looks;
}

const shown = (series: Series) => ({
  labels: labelsOf(series, series.bytes),
  samples: Array.from({ length: series.sampleCount }, (_, i) => [
    series.values[i],
    series.timestampsMs[i],
    series.startTimestampsMs[i],
  ]),
});

const problem = (series: Series): string | undefined => series.problem;

describe('V2Reader reads', () => {
  test('series with their labels, samples and start timestamps in order', () => {
    const bytes = requestV2({
      symbols: SYMBOLS,
      timeseries: [
        {
          labels_refs: [1, 2, 3, 4],
          samples: [
            { value: 1.5, timestamp: 10, start_timestamp: 5 },
            { value: -2, timestamp: -20 },
          ],
        },
        UP,
      ],
    });
    assert.deepEqual(each(bytes, shown), [
      {
        labels: [
          ['__name__', 'up'],
          ['job', 'a'],
        ],
        samples: [
          [1.5, 10, 5],
          [-2, -20, 0],
        ],
      },
      { labels: [['__name__', 'up']], samples: [[1, 1000, 0]] },
    ]);
  });

  test('an empty request, and a body of 1.0, as no series', () => {
    assert.deepEqual(each(Buffer.alloc(0), shown), []);
    assert.deepEqual(each(field(1, field(1, 'x')), shown), []);
  });

  test('symbols that stand behind the series, or among them', () => {
    const entry = field(5, Buffer.concat([packed(1, 1, 2), field(2, double(1, 1))]));
    const table = SYMBOLS.map((text) => field(4, text));
    const expected = [{ labels: [['__name__', 'up']], samples: [[1, 0, 0]] }];
    for (const at of [0, 1, 2, table.length])
      assert.deepEqual(each(Buffer.concat(table.toSpliced(at, 0, entry)), shown), expected);
  });

  test('references packed, not packed, in several pieces, and those of which only 32 bits count', () => {
    const sample = field(2, double(1, 1));
    const expected = [
      ['__name__', 'up'],
      ['job', 'a'],
    ];
    for (const refs of [
      [packed(1, 1, 2, 3, 4)],
      [scalar(1, 1), scalar(1, 2), scalar(1, 3), scalar(1, 4)],
      [packed(1, 1), scalar(1, 2), packed(1), packed(1, 3, 4)],
      [packed(1, 1n + (7n << 32n), 2, 3, 4)],
    ])
      assert.deepEqual(each(oneSeries(...refs, sample), shown)[0]!.labels, expected);
  });

  test('the last of a repeated scalar, past unknown fields of every wire type and the reserved ones', () => {
    const unknown = Buffer.concat([
      scalar(90, 7),
      double(91, 1),
      field(92, 'x'),
      Buffer.concat([varint((93 << 3) | 5), Buffer.alloc(4)]),
      Buffer.concat([varint((94 << 3) | 3), scalar(1, 1), varint((94 << 3) | 4)]),
    ]);
    const sample = Buffer.concat([
      double(1, 1),
      scalar(2, 1),
      scalar(3, 9),
      unknown,
      double(1, 2),
      scalar(2, 2),
      scalar(3, 1),
    ]);
    const reserved = Buffer.concat([field(1, 'x'), scalar(2, 1), field(3, 'y')]);
    // Field 6 of a series was created_timestamp until rc.3.
    const series = Buffer.concat([
      scalar(6, 4711),
      unknown,
      packed(1, 1, 2),
      field(2, sample),
      scalar(6, 4712),
    ]);
    const bytes = Buffer.concat([reserved, unknown, symbols(), field(5, series), unknown]);
    assert.deepEqual(each(bytes, shown), [{ labels: [['__name__', 'up']], samples: [[2, 2, 1]] }]);
  });

  test('the bits of the stale marker as they are', () => {
    const [words] = each(oneSeries(packed(1, 1, 2), field(2, double(1, STALE_BITS))), (series) => [
      ...series.valueWords.subarray(0, 2),
    ]);
    assert.deepEqual(words, [0x00000002, 0x7ff00000]);
  });

  test('metadata that comes twice as one message, the later scalar winning', () => {
    const first = field(5, Buffer.concat([scalar(1, 2), scalar(3, 6), scalar(4, 8)]));
    const second = field(5, Buffer.concat([scalar(1, 1), scalar(4, 5)]));
    const [read] = each(oneSeries(packed(1, 1, 2), first, field(2, double(1, 1)), second), (series) => {
      const { type, helpStart, helpEnd, unitStart, unitEnd } = series.metadata;
      const text = (start: number, end: number): string =>
        Buffer.from(series.bytes.subarray(start, end)).toString();
      return [type, text(helpStart, helpEnd), text(unitStart, unitEnd)];
    });
    assert.deepEqual(read, [1, 'How long.', 'seconds']);
  });

  test('nothing of one series in the next', () => {
    const full = {
      labels_refs: [1, 2, 3, 4],
      samples: [{ value: 9, timestamp: 9, start_timestamp: 9 }],
      histograms: [{ sum: 1 }],
      exemplars: [{ labels_refs: [7, 8], value: 9, timestamp: 9 }],
      metadata: { type: 1, help_ref: 6, unit_ref: 5 },
    };
    const bytes = requestV2({
      symbols: SYMBOLS,
      timeseries: [full, { labels_refs: [1, 2], exemplars: [{}] }],
    });
    const [, second] = each(bytes, (series) => ({
      ...shown(series),
      histograms: series.histogramCount,
      exemplars: series.exemplars
        .slice(0, series.exemplarCount)
        .map((one) => [labelsOf(one, series.bytes), one.value, one.timestampMs]),
      type: series.metadata.type,
      texts: [
        series.metadata.helpEnd - series.metadata.helpStart,
        series.metadata.unitEnd - series.metadata.unitStart,
      ],
    }));
    const labels = [['__name__', 'up']];
    assert.deepEqual(second, {
      labels,
      samples: [],
      histograms: 0,
      exemplars: [[[], 0, 0]],
      type: 0,
      texts: [0, 0],
    });
  });

  test('more symbols, labels, samples and exemplars than it has room for at first', () => {
    const many = ['', ...Array.from({ length: 3000 }, (_, i) => `s${i}`)];
    const refs = Array.from({ length: 600 }, (_, i) => i * 5);
    const samples = Array.from({ length: 100 }, (_, i) => ({ value: i / 2, timestamp: i }));
    const exemplars = Array.from({ length: 100 }, (_, i) => ({
      labels_refs: [1, 2],
      value: i,
      timestamp: i,
    }));
    const bytes = requestV2({ symbols: many, timeseries: [{ labels_refs: refs, samples, exemplars }] });
    const [read] = each(bytes, (series) => ({
      ...shown(series),
      exemplars: series.exemplars.slice(0, series.exemplarCount).map(({ value }) => value),
    }));
    assert.deepEqual(
      read!.labels.flat(),
      refs.map((ref) => many[ref]),
    );
    assert.deepEqual(
      read!.samples,
      samples.map(({ value, timestamp }) => [value, timestamp, 0]),
    );
    assert.deepEqual(
      read!.exemplars,
      exemplars.map(({ value }) => value),
    );
  });
});

describe('V2Reader marks', () => {
  const refsWith = (refs: (number | bigint)[]): string | undefined =>
    each(oneSeries(packed(1, ...refs), field(2, double(1, 1))), problem)[0];

  test('a series with an odd number of references', () =>
    assert.equal(refsWith([1, 2, 3]), 'label_ref_invalid'));

  test('a series with a reference outside of the table, up to the largest', () => {
    for (const ref of [SYMBOLS.length, 2 ** 31, 2 ** 32 - 1])
      for (const refs of [
        [ref, 2],
        [1, ref],
      ])
        assert.equal(refsWith(refs), 'label_ref_invalid');
    assert.equal(refsWith([SYMBOLS.length - 1, SYMBOLS.length - 1]), undefined);
  });

  test('a series whose help or unit is outside of the table, and not one that names neither', () => {
    for (const number of [3, 4])
      assert.deepEqual(each(oneSeries(packed(1, 1, 2), field(5, scalar(number, SYMBOLS.length))), problem), [
        'metadata_ref_invalid',
      ]);
    const noTable = (...parts: Uint8Array[]): Buffer => field(5, Buffer.concat(parts));
    assert.deepEqual(each(noTable(field(5, scalar(3, 1))), problem), ['metadata_ref_invalid']);
    assert.deepEqual(each(noTable(field(2, double(1, 1))), problem), [undefined]);
  });

  test('an exemplar with a wrong reference, and not its series or its neighbours', () => {
    const bytes = oneSeries(
      packed(1, 1, 2),
      field(4, packed(1, 7, 999)),
      field(4, packed(1, 7, 8)),
      field(4, packed(1, 7)),
    );
    const [read] = each(bytes, (series) => [
      series.problem,
      ...series.exemplars.slice(0, 3).map((exemplar) => exemplar.problem),
    ]);
    assert.deepEqual(read, [undefined, 'exemplar_ref_invalid', undefined, 'exemplar_ref_invalid']);
  });

  test('a series with more labels than the limit as over it, however many references there are', () => {
    const refs = Array.from({ length: (LIMITS.labelsPerSeries + 5) * 2 }, () => 1);
    const [isOver] = each(oneSeries(packed(1, ...refs)), (series) => series.isOverLimit);
    assert.equal(isOver, true);
  });
});

describe('V2Reader refuses', () => {
  const refused = (bytes: Uint8Array): void => {
    assert.throws(
      () => each(bytes, shown),
      (error) => error instanceof AdapterError && error.code === 'protobuf_invalid',
      Buffer.from(bytes).toString('hex'),
    );
  };

  test('a request cut off anywhere but between its fields', () => {
    const entry = {
      ...UP,
      exemplars: [{ labels_refs: [7, 8], value: 1 }],
      metadata: { type: 1, help_ref: 6 },
    };
    const bytes = requestV2({ symbols: ['', 'a'], timeseries: [entry, entry] });
    const boundaries = [2, 5, 5 + (bytes.length - 5) / 2];
    for (let end = 1; end < bytes.length; end++)
      if (!boundaries.includes(end)) refused(bytes.subarray(0, end));
  });

  test('a length that crosses the end of its message, up to 4 GiB', () => {
    for (const length of [3, 100, 0x7fffffff, 0xffffffff]) {
      const long = (number: number): Buffer =>
        Buffer.concat([varint((number << 3) | 2), varint(length), Buffer.alloc(2)]);
      refused(long(4));
      refused(long(5));
      for (const number of [1, 2, 3, 4, 5])
        refused(Buffer.concat([field(5, long(number)), Buffer.alloc(200)]));
    }
  });

  test('field number 0, wire types 6 and 7, the end of a group that has not begun', () => {
    for (const tag of [0x02, 0x0e, 0x0f, 0x0c]) {
      refused(Buffer.from([tag, 0x00]));
      refused(field(5, Buffer.from([tag, 0x00])));
      refused(field(5, field(2, Buffer.from([tag, 0x00]))));
    }
  });

  test('a varint of eleven bytes, packed, as a scalar or in a field nobody knows', () => {
    const eleven = Buffer.from([...Array(10).fill(0xff), 1]);
    refused(field(5, field(1, eleven)));
    refused(field(5, field(2, Buffer.concat([varint(2 << 3), eleven]))));
    refused(Buffer.concat([varint(90 << 3), eleven]));
  });

  test('packed references that end within one', () => refused(field(5, field(1, Buffer.from([0x01, 0x82])))));

  test('more symbols than the limit, before it reads a series', () => {
    const over = Buffer.concat(Array.from({ length: LIMITS.symbolsPerRequest + 1 }, () => field(4, '')));
    assert.throws(
      () => v2ReaderOf(over, LIMITS).reader.next(),
      (error) => error instanceof AdapterError && error.code === 'limit_exceeded',
    );
  });
});

describe('V2Reader and the decoder that protobufjs makes of proto/', () => {
  const file = new URL('../../proto/prometheus/remote_write_v2.proto', import.meta.url);
  const text = readFileSync(file, 'utf8').replace(/\bstring(?= \w+ = \d)/g, 'bytes');
  const Request = protobuf.parse(text, { keepCase: true }).root.lookupType('io.prometheus.write.v2.Request');

  interface Message {
    timeseries?: {
      labels_refs?: number[];
      samples?: unknown[];
      histograms?: unknown[];
      exemplars?: unknown[];
    }[];
  }

  test('agree on random mutations of a request', () => {
    const original = requestV2({
      symbols: SYMBOLS,
      timeseries: [
        UP,
        {
          labels_refs: [1, 2, 3, 4],
          histograms: [
            { count_int: 3, sum: 1, positive_spans: [{ offset: 1, length: 2 }], positive_deltas: [1, 1] },
          ],
          exemplars: [{ labels_refs: [7, 8], value: 1, timestamp: 5 }],
          metadata: { type: 3, help_ref: 6 },
        },
      ],
    });
    const random = seededRandom(3);
    const below = (limit: number): number => Math.floor(random() * limit);
    let accepted = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(
        original.subarray(0, below(2) === 0 ? original.length : 1 + below(original.length)),
      );
      for (let flips = below(4); flips > 0; flips--) bytes[below(bytes.length)] = below(256);
      const expected = attempt(() =>
        ((Request.decode(bytes) as Message).timeseries ?? []).map((entry) =>
          [entry.samples, entry.histograms, entry.exemplars].map((list) => list?.length ?? 0),
        ),
      );
      const seen = attempt(() =>
        each(bytes, (series) => [series.sampleCount, series.histogramCount, series.exemplarCount]),
      );
      assert.deepEqual(seen, expected, `bytes ${bytes.toString('hex')}`);
      if (expected !== 'refused') accepted++;
    }
    assert.ok(accepted > 1000, `only ${accepted} of the mutations were valid`);
  });

  function attempt<Result>(read: () => Result): Result | 'refused' {
    try {
      return read();
    } catch {
      return 'refused';
    }
  }
});
