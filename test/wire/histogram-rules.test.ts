/** The rules for native histograms, one by one. */

import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { problemOf } from '../../src/wire/histogram-rules.ts';
import { doubles, histogramOf, scalar, sints, span, zigzag } from '../support/histogram.ts';
import { double, STALE_BITS, type Value } from '../support/write-request.ts';

const MAX_INT64 = 2n ** 63n - 1n;

/** What differs from a histogram of nothing. */
interface Shape {
  readonly schema?: number;
  readonly count?: Value;
  readonly sum?: Value;
  readonly zeroCount?: Value;
  readonly zeroThreshold?: number;
  readonly spans?: readonly (readonly [offset: number, length: number])[];
  readonly negativeSpans?: readonly (readonly [offset: number, length: number])[];
  /** Differences in an integer histogram, counts in a float one. */
  readonly buckets?: readonly (number | bigint)[];
  readonly negativeBuckets?: readonly (number | bigint)[];
  readonly bounds?: readonly number[];
}

function integer(shape: Shape): Buffer[] {
  const { count = 0, zeroCount = 0, buckets = [], negativeBuckets = [] } = shape;
  return [
    scalar(1, BigInt(count)),
    scalar(6, BigInt(zeroCount)),
    sints(12, ...buckets),
    sints(9, ...negativeBuckets),
    ...common(shape),
  ];
}

function float(shape: Shape): Buffer[] {
  const { count = 0, zeroCount = 0, buckets = [], negativeBuckets = [] } = shape;
  return [
    double(2, count),
    double(7, zeroCount),
    doubles(13, ...buckets),
    doubles(10, ...negativeBuckets),
    ...common(shape),
  ];
}

function common({
  schema = 0,
  sum = 1,
  zeroThreshold = 0,
  spans = [],
  negativeSpans = [],
  bounds = [],
}: Shape): Buffer[] {
  return [
    double(3, sum),
    scalar(4, zigzag(schema)),
    double(5, zeroThreshold),
    ...spans.map(([offset, length]) => span(11, offset, length)),
    ...negativeSpans.map(([offset, length]) => span(8, offset, length)),
    doubles(16, ...bounds),
  ];
}

const NAN = 0x7ff8000000000001n;
const CUSTOM = { schema: -53, bounds: [1, 2] };

type Case = readonly [what: string, fields: Buffer[]];

const VALID: readonly Case[] = [
  ['nothing at all', integer({})],
  ['nothing as doubles', float({})],
  ['the coarsest schema', integer({ schema: -4 })],
  ['the finest schema that Prometheus keeps', integer({ schema: 8 })],
  ['the finest that it reduces', integer({ schema: 52 })],
  [
    'buckets on both sides and at zero',
    integer({
      count: 9,
      zeroCount: 2,
      spans: [[-3, 2]],
      buckets: [1, 1],
      negativeSpans: [[0, 1]],
      negativeBuckets: [4],
    }),
  ],
  [
    'spans of no length, and a first one below 0',
    integer({
      count: 1,
      spans: [
        [-9, 0],
        [0, 1],
        [5, 0],
      ],
      buckets: [1],
    }),
  ],
  ['a count beyond 2^53', integer({ count: 2n ** 53n + 1n, spans: [[0, 1]], buckets: [2n ** 53n + 1n] })],
  [
    'a count that only uint64 holds',
    integer({ count: 2n ** 64n - 2n, spans: [[0, 2]], buckets: [MAX_INT64, 0] }),
  ],
  [
    'a sum of NaN, and more observations than in its buckets',
    integer({ sum: NAN, count: 5, zeroCount: 1, spans: [[0, 1]], buckets: [2] }),
  ],
  ['a stale marker and nothing else', integer({ sum: STALE_BITS })],
  ['a stale marker with a count', integer({ sum: STALE_BITS, count: 3 })],
  [
    'doubles whose sum is not their count, for rounding may do that',
    float({ count: 1, spans: [[0, 2]], buckets: [1, 2] }),
  ],
  ['a double count of NaN', float({ count: NAN })],
  ['the highest bucket that int32 numbers', integer({ count: 1, spans: [[2 ** 31 - 1, 1]], buckets: [1] })],
  [
    'the lowest bucket whose lower neighbour int32 numbers',
    integer({ count: 1, spans: [[-(2 ** 31) + 1, 1]], buckets: [1] }),
  ],
  [
    'custom bounds with a bucket behind the last',
    integer({ ...CUSTOM, count: 3, spans: [[0, 3]], buckets: [1, 0, 0] }),
  ],
  ['custom bounds without a bucket', float(CUSTOM)],
  ['custom buckets without a bound', integer({ schema: -53, count: 1, spans: [[0, 1]], buckets: [1] })],
  [
    '-Inf as the first custom bound, which Prometheus takes',
    integer({ ...CUSTOM, bounds: [Number.NEGATIVE_INFINITY, 1] }),
  ],
];

const INVALID: readonly (readonly [...Case, problem: RegExp])[] = [
  ['schema -5', integer({ schema: -5 }), /^schema -5, expected -4 to 52 or -53$/],
  ['schema 53', float({ schema: 53 }), /^schema 53,/],
  ['schema -52', integer({ schema: -52 }), /^schema -52,/],
  [
    'fewer buckets than its spans need',
    integer({ count: 1, spans: [[0, 2]], buckets: [1] }),
    /^spans of 2 buckets, but 1 buckets$/,
  ],
  [
    'more buckets than its spans need',
    float({ spans: [[0, 1]], buckets: [1, 2] }),
    /^spans of 1 buckets, but 2 buckets$/,
  ],
  ['fewer on the negative side', float({ negativeSpans: [[0, 1]] }), /^spans of 1 buckets, but 0 buckets$/],
  [
    'a span of 2^32 - 1 buckets',
    float({ spans: [[0, 2 ** 32 - 1]], buckets: [1] }),
    /span that ends at bucket 4294967294$/,
  ],
  [
    'a second span that goes back',
    integer({
      count: 2,
      spans: [
        [0, 1],
        [-1, 1],
      ],
      buckets: [1, 0],
    }),
    /negative offset -1 after the first$/,
  ],
  [
    'a span from the lowest int32',
    integer({ count: 1, spans: [[-(2 ** 31), 1]], buckets: [1] }),
    /starts at bucket -2147483648$/,
  ],
  [
    'spans beyond the highest int32',
    integer({
      count: 2,
      spans: [
        [2 ** 31 - 1, 1],
        [0, 1],
      ],
      buckets: [1, 0],
    }),
    /ends at bucket 2147483648$/,
  ],
  [
    'custom bounds with an exponential schema',
    integer({ bounds: [1] }),
    /^custom bounds with an exponential schema$/,
  ],
  [
    'a bucket below 0',
    integer({ count: 0, spans: [[0, 2]], buckets: [1, -2] }),
    /^a negative count of -1 in bucket 2$/,
  ],
  [
    'a negative bucket below 0',
    float({ negativeSpans: [[0, 1]], negativeBuckets: [-0.5] }),
    /^a negative count of -0.5 in bucket 1$/,
  ],
  [
    'deltas that run over int64',
    integer({ count: 2n ** 63n, spans: [[0, 2]], buckets: [MAX_INT64, 1] }),
    /^a negative count of -9223372036854775808 in bucket 2$/,
  ],
  ['a double count below 0', float({ count: -1 }), /^a negative count of -1$/],
  ['a double zero count below 0', float({ zeroCount: -1 }), /^a negative zero count of -1$/],
  [
    'a count that is not that of its buckets',
    integer({ count: 4, zeroCount: 2, spans: [[0, 1]], buckets: [1] }),
    /^a count of 4, but 3 observations in its buckets$/,
  ],
  [
    'a count that differs in the last digit of a uint64',
    integer({ count: 2n ** 53n, spans: [[0, 1]], buckets: [2n ** 53n + 1n] }),
    /^a count of 9007199254740992, but 9007199254740993 observations/,
  ],
  [
    'a sum of NaN and fewer observations than in its buckets',
    integer({ sum: NAN, count: 1, spans: [[0, 1]], buckets: [2] }),
    /^a count of 1, but 2 observations/,
  ],
  [
    'custom bounds that repeat',
    integer({ ...CUSTOM, bounds: [1, 1] }),
    /^custom bounds 1, 1 that do not increase$/,
  ],
  [
    'custom bounds that fall',
    float({ ...CUSTOM, bounds: [2, 1] }),
    /^custom bounds 2, 1 that do not increase$/,
  ],
  ['a custom bound of NaN', integer({ ...CUSTOM, bounds: [Number.NaN, 1] }), /^a custom bound of NaN$/],
  [
    'a custom bound of +Inf',
    integer({ ...CUSTOM, bounds: [1, Number.POSITIVE_INFINITY] }),
    /^a custom bound of \+Inf, which is implied$/,
  ],
  [
    'more custom buckets than bounds leave room for',
    integer({ ...CUSTOM, count: 1, spans: [[2, 2]], buckets: [1, -1] }),
    /^spans over 4 buckets, but 2 custom bounds$/,
  ],
  [
    'custom buckets that begin below 0',
    integer({ ...CUSTOM, count: 1, spans: [[-1, 1]], buckets: [1] }),
    /negative offset -1 over custom bounds$/,
  ],
  [
    'custom buckets that are fewer than their spans',
    integer({ ...CUSTOM, spans: [[0, 1]] }),
    /^spans of 1 buckets, but 0 buckets$/,
  ],
  [
    'a zero count with custom bounds',
    integer({ ...CUSTOM, count: 1, zeroCount: 1 }),
    /^a zero bucket with custom bounds$/,
  ],
  [
    'a zero threshold with custom bounds',
    float({ ...CUSTOM, zeroThreshold: 0.1 }),
    /^a zero bucket with custom bounds$/,
  ],
  [
    'a negative side with custom bounds',
    integer({ ...CUSTOM, negativeSpans: [[0, 0]] }),
    /^negative buckets with custom bounds$/,
  ],
  [
    'negative buckets with custom bounds',
    float({ ...CUSTOM, negativeBuckets: [0] }),
    /^negative buckets with custom bounds$/,
  ],
];

describe('a native histogram is valid with', () => {
  for (const [what, fields] of VALID)
    test(what, () => assert.equal(problemOf(histogramOf(fields)), undefined));
});

describe('a native histogram is invalid with', () => {
  for (const [what, fields, problem] of INVALID)
    test(what, () => assert.match(problemOf(histogramOf(fields)) ?? 'valid', problem));
});
