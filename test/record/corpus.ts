/** Requests that hold every odd value a sender may send, for the golden files of the formats. */

import { Buffer } from 'node:buffer';
import type { FormatRequest } from '../support/format-records.ts';
import {
  double,
  field,
  request,
  STALE_BITS,
  type TestSeries,
  type Value,
  varint,
} from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const TIME_MS = 1795341600123;

type Labels = TestSeries['labels'];

const UP: Labels = [
  ['__name__', 'up'],
  ['job', 'node'],
];

function v1(...entries: TestSeries[]): FormatRequest {
  return { version: 'v1', bytes: request(entries) };
}

/** One sample under each label set. */
function labelled(...sets: Labels[]): FormatRequest {
  return v1(...sets.map((labels) => ({ labels, samples: [[1, TIME_MS] as const] })));
}

function valued(...values: Value[]): FormatRequest {
  return v1({ labels: UP, samples: values.map((value) => [value, TIME_MS] as const) });
}

function timed(...times: (number | bigint)[]): FormatRequest {
  return v1({ labels: UP, samples: times.map((time) => [1, time] as const) });
}

function manyLabels(count: number): Labels {
  const others = Array.from({ length: count - 1 }, (_, i): [string, string] => [
    `label_${String(i).padStart(3, '0')}`,
    'v'.repeat(i % 40 || 1),
  ]);
  return [['__name__', 'many'], ...others];
}

const SYMBOLS = [
  '',
  '__name__',
  'rpc_seconds',
  'job',
  'node',
  'trace_id',
  'ab"c<&>é',
  'Seconds "of" work.',
  'seconds',
];
const LABELS = { labels_refs: [1, 2, 3, 4] };

function v2(...timeseries: object[]): FormatRequest {
  return { version: 'v2', bytes: requestV2({ symbols: SYMBOLS, timeseries }) };
}

const INTEGER_HISTOGRAM = {
  count_int: 12,
  sum: 18.4,
  schema: 1,
  zero_threshold: 0.001,
  zero_count_int: 2,
  negative_spans: [{ offset: -3, length: 1 }],
  negative_deltas: [1],
  positive_spans: [
    { offset: 0, length: 2 },
    { offset: 1, length: 2 },
  ],
  positive_deltas: [1, 1, -1, 4],
  timestamp: TIME_MS,
};

const FLOAT_HISTOGRAM = {
  count_float: 3.5,
  sum: -0.25,
  schema: -4,
  zero_threshold: 2.938735877055719e-39,
  zero_count_float: 0.5,
  positive_spans: [{ offset: -1, length: 2 }],
  positive_counts: [1, 2],
  reset_hint: 3,
  timestamp: TIME_MS,
};

const CUSTOM_HISTOGRAM = {
  count_int: 7,
  sum: 3.25,
  schema: -53,
  positive_spans: [{ offset: 0, length: 3 }],
  positive_deltas: [1, 1, 2],
  custom_values: [0.5, 1],
  reset_hint: 2,
  timestamp: TIME_MS,
};

/** One bucket with 2^53 + 1 observations, byte by byte since protobufjs has no integers so large. */
function largeHistogram(): Buffer {
  const count = 2n ** 53n + 1n;
  return Buffer.concat([
    varint(1 << 3),
    varint(count),
    double(3, 1e300),
    field(11, Buffer.concat([varint(1 << 3), varint(10), varint(2 << 3), varint(1)])),
    field(12, varint(count * 2n)),
    varint(15 << 3),
    varint(TIME_MS),
  ]);
}

const EXEMPLARS = [
  { labels_refs: [5, 6], value: 0.25, timestamp: TIME_MS - 5 },
  { labels_refs: [], value: Number.NaN, timestamp: 0 },
];

/** By what is odd about them. */
export const CORPUS: Readonly<Record<string, FormatRequest>> = {
  plain: v1(
    { labels: UP, samples: [[1, TIME_MS]] },
    { labels: [['__name__', 'down']], samples: [[0, TIME_MS]] },
  ),
  'several samples': v1({
    labels: UP,
    samples: [
      [1, TIME_MS],
      [0.5, TIME_MS + 877],
      [2, TIME_MS + 877],
    ],
  }),
  'labels out of order': labelled([
    ['b', '2'],
    ['__name__', 'x'],
    ['a', '1'],
    ['empty', ''],
  ]),
  escapes: labelled(
    [
      ['__name__', 'e'],
      ['html', '<a href="/?x=1&y=2">'],
      ['path', 'C:\\dir\\/x'],
    ],
    [
      ['__name__', 'e'],
      ['controls', '\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f'],
    ],
  ),
  'not ASCII': labelled(
    [
      ['__name__', 'ü_name'],
      ['näme', 'Ä€😀\u2028\u2029\u2027\ufeff\u{10ffff}'],
    ],
    [
      ['__name__', 'cyrillic'],
      ['v', '\u0422\u012f\u042f\u010a\u0122\u015c'],
    ],
  ),
  'many labels': labelled(manyLabels(1), manyLabels(2), manyLabels(17), manyLabels(200)),
  'long label': labelled([
    ['__name__', 'long'],
    ['v', '0123456789'.repeat(30)],
  ]),
  'special values': valued(
    NaN,
    Infinity,
    -Infinity,
    STALE_BITS,
    0x7ff8000000000001n,
    0xfff8000000000002n,
    0x7ff0000000000001n,
  ),
  values: valued(
    0,
    -0,
    1,
    -1,
    0.1,
    123456.789,
    2147483647,
    2147483648,
    -2147483648,
    9007199254740992,
    1e15,
    1e20,
    1e21,
    -1e21,
    1.5e300,
    1e-6,
    1e-7,
    1.25e-7,
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    0.30000000000000004,
  ),
  times: timed(
    0,
    1,
    999,
    1000,
    10999,
    -1,
    -999,
    -1000,
    -1001,
    TIME_MS,
    253402300799999,
    253402300800000,
    -62135596800001,
    -62167219200001,
    8640000000000000,
    -8640000000000000,
  ),
  'integer histogram': v2({ ...LABELS, histograms: [INTEGER_HISTOGRAM] }),
  'float histogram': v2({ ...LABELS, histograms: [FLOAT_HISTOGRAM] }),
  'custom histogram': v2({ ...LABELS, histograms: [CUSTOM_HISTOGRAM], metadata: { type: 3 } }),
  'large and empty histograms': v1({
    labels: UP,
    extra: Buffer.concat([field(4, largeHistogram()), field(4, Buffer.concat([varint(15 << 3), varint(1)]))]),
  }),
  'metadata and start': v2({
    ...LABELS,
    metadata: { type: 1, help_ref: 7, unit_ref: 8 },
    samples: [
      { value: 1, timestamp: TIME_MS, start_timestamp: TIME_MS - 60_000 },
      { value: 2, timestamp: TIME_MS + 1 },
    ],
  }),
  exemplars: v2({
    ...LABELS,
    samples: [
      { value: 1, timestamp: TIME_MS },
      { value: 2, timestamp: TIME_MS + 1 },
    ],
    exemplars: EXEMPLARS,
  }),
  'exemplars alone': v2({ ...LABELS, exemplars: EXEMPLARS }),
  everything: v2({
    ...LABELS,
    samples: [{ value: 1, timestamp: TIME_MS }],
    histograms: [INTEGER_HISTOGRAM, FLOAT_HISTOGRAM],
    exemplars: EXEMPLARS,
    metadata: { type: 4, help_ref: 7, unit_ref: 8 },
  }),
};
