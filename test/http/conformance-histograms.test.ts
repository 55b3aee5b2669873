/** Remote-Write 2.0, "Histogram Samples" and "Invalid Samples": native histograms, in both versions. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compressed, HEADERS_OF, message, VERSIONS } from '../support/message.ts';
import { NOT_TOLD, startReceiver, writtenOf } from '../support/receiver.ts';
import { double, field, STALE_BITS, varint } from '../support/write-request.ts';

const LABELS = [['__name__', 'latency']] as const;
const AT = { timestamp: 1000 };
const TWO_TO_31 = 2 ** 31;

/** Two buckets of two and one observations, and one in the zero bucket. */
const INT = {
  ...AT,
  count_int: 4,
  sum: 5,
  schema: 0,
  zero_threshold: 0.001,
  zero_count_int: 1,
  positive_spans: [{ offset: 1, length: 2 }],
  positive_deltas: [2, -1],
};
const FLOAT = {
  ...AT,
  count_float: 3.5,
  sum: 5,
  zero_count_float: 0.5,
  positive_spans: [{ offset: 0, length: 1 }],
  positive_counts: [1.5],
  negative_spans: [{ offset: -2, length: 1 }],
  negative_counts: [1.5],
};
const CUSTOM = {
  ...AT,
  count_int: 3,
  sum: 5,
  schema: -53,
  custom_values: [0.5, 2],
  positive_spans: [{ offset: 0, length: 3 }],
  positive_deltas: [1, 0, 0],
};
const of = (base: object, more: object): object => ({ ...base, ...more });

const VALID: Readonly<Record<string, readonly [object, object]>> = {
  'integer counts: the deltas are differences': [
    INT,
    { count: '4', zero_count: '1', positive_counts: ['2', '1'] },
  ],
  'float counts, on both sides': [
    FLOAT,
    { float: true, count: '3.5', negative_counts: ['1.5'], negative_spans: [[-2, 1]] },
  ],
  'custom bounds': [CUSTOM, { schema: -53, custom_values: ['0.5', '2'], positive_counts: ['1', '1', '1'] }],
  'custom bounds of none, which is one bucket for all': [
    of(CUSTOM, { custom_values: [], positive_spans: [{ length: 1 }], positive_deltas: [3] }),
    { positive_counts: ['3'] },
  ],
  'a custom bound of -Inf': [
    of(CUSTOM, { custom_values: [Number.NEGATIVE_INFINITY, 0] }),
    { custom_values: ['-Inf', '0'] },
  ],
  'nothing observed': [AT, { count: '0', sum: '0' }],
  'an integer histogram is one without any count': [of(AT, { sum: 1 }), { count: '0' }],
  'a sum of NaN with observations that no bucket has': [
    of(INT, { count_int: 9, sum: Number.NaN }),
    { count: '9', sum: 'NaN' },
  ],
  'a float count that differs from its buckets': [of(FLOAT, { count_float: 99 }), { count: '99' }],
  'a float count of NaN': [of(FLOAT, { count_float: Number.NaN }), { count: 'NaN' }],
  'the coarsest schema': [of(INT, { schema: -4 }), { schema: -4 }],
  'the finest schema': [of(INT, { schema: 8 }), { schema: 8 }],
  'the reserved schemas 9 to 52, kept as they are': [of(INT, { schema: 52 }), { schema: 52 }],
  'spans of no buckets': [
    of(INT, {
      positive_spans: [
        { offset: 1, length: 1 },
        { offset: 0, length: 0 },
        { offset: 3, length: 1 },
      ],
    }),
    {
      positive_spans: [
        [1, 1],
        [0, 0],
        [3, 1],
      ],
    },
  ],
  'a first span far below zero': [
    of(INT, { positive_spans: [{ offset: -TWO_TO_31 + 1, length: 2 }] }),
    { positive_spans: [[-TWO_TO_31 + 1, 2]] },
  ],
  'a last bucket at the largest index': [
    of(INT, { positive_spans: [{ offset: TWO_TO_31 - 2, length: 2 }] }),
    { positive_spans: [[TWO_TO_31 - 2, 2]] },
  ],
  'counts beyond 2^53': [
    of(AT, { count_int: 2 ** 54, positive_spans: [{ length: 2 }], positive_deltas: [2 ** 53, 0] }),
    { count: '18014398509481984', positive_counts: ['9007199254740992', '9007199254740992'] },
  ],
  'the reset hint gauge': [of(INT, { reset_hint: 3 }), { reset_hint: 'gauge' }],
};

const INVALID: Readonly<Record<string, readonly [object, RegExp]>> = {
  'a count that differs from its buckets': [of(INT, { count_int: 5 }), /a count of 5, but 4 observations/],
  'a sum of NaN and fewer than its buckets have': [
    of(INT, { count_int: 3, sum: Number.NaN }),
    /a count of 3, but 4/,
  ],
  'more buckets than its spans': [of(INT, { positive_deltas: [2, -1, 0] }), /spans of 2 buckets, but 3/],
  'fewer buckets than its spans': [of(INT, { positive_deltas: [3] }), /spans of 2 buckets, but 1/],
  'buckets without spans': [of(INT, { positive_spans: [] }), /spans of 0 buckets, but 2/],
  'negative buckets that do not fit their spans': [
    of(FLOAT, { negative_counts: [] }),
    /spans of 1 buckets, but 0/,
  ],
  'integer counts under the name of float ones': [
    of(AT, { count_int: 1, positive_spans: [{ length: 1 }], positive_counts: [1] }),
    /spans of 1 buckets, but 0/,
  ],
  'a negative offset after the first span': [
    of(INT, {
      positive_spans: [
        { offset: 1, length: 1 },
        { offset: -1, length: 1 },
      ],
    }),
    /a span with the negative offset -1/,
  ],
  'a bucket below the smallest index': [
    of(INT, { positive_spans: [{ offset: -TWO_TO_31, length: 2 }] }),
    /a span that starts at bucket -2147483648/,
  ],
  'a bucket beyond the largest index': [
    of(INT, { positive_spans: [{ offset: TWO_TO_31 - 1, length: 2 }] }),
    /a span that ends at bucket 2147483648/,
  ],
  'offsets that add up beyond the largest index': [
    of(INT, {
      positive_spans: [
        { offset: TWO_TO_31 - 1, length: 1 },
        { offset: TWO_TO_31 - 1, length: 1 },
      ],
    }),
    /a span that ends at bucket 4294967295/,
  ],
  'a negative bucket count': [of(INT, { positive_deltas: [2, -3] }), /a negative count of -1 in bucket 2/],
  'a negative float bucket count': [
    of(FLOAT, { positive_counts: [-1.5] }),
    /a negative count of -1\.5 in bucket 1/,
  ],
  'a negative float count': [of(FLOAT, { count_float: -1 }), /a negative count of -1/],
  'a negative float zero count': [of(FLOAT, { zero_count_float: -1 }), /a negative zero count of -1/],
  'a schema below -4': [of(INT, { schema: -5 }), /schema -5, expected -4 to 52 or -53/],
  'a schema above 52': [of(INT, { schema: 53 }), /schema 53, expected/],
  'a schema below -53': [of(INT, { schema: -54 }), /schema -54, expected/],
  'custom bounds with an exponential schema': [
    of(INT, { custom_values: [1] }),
    /custom bounds with an exponential/,
  ],
  'custom bounds that do not increase': [
    of(CUSTOM, { custom_values: [2, 0.5] }),
    /custom bounds 2, 0\.5 that do not/,
  ],
  'custom bounds of which two are the same': [
    of(CUSTOM, { custom_values: [2, 2] }),
    /custom bounds 2, 2 that do not/,
  ],
  'a custom bound of NaN': [of(CUSTOM, { custom_values: [1, Number.NaN] }), /a custom bound of NaN/],
  'a custom bound of +Inf, which is always there': [
    of(CUSTOM, { custom_values: [1, Number.POSITIVE_INFINITY] }),
    /a custom bound of \+Inf/,
  ],
  'custom bounds and a zero count': [
    of(CUSTOM, { count_int: 4, zero_count_int: 1 }),
    /a zero bucket with custom bounds/,
  ],
  'custom bounds and a zero threshold': [
    of(CUSTOM, { zero_threshold: 0.1 }),
    /a zero bucket with custom bounds/,
  ],
  'custom bounds and negative buckets': [
    of(CUSTOM, { negative_spans: [{ length: 1 }], negative_deltas: [1] }),
    /negative buckets with custom bounds/,
  ],
  'custom bounds and a negative offset': [
    of(CUSTOM, { positive_spans: [{ offset: -1, length: 3 }] }),
    /a span with the negative offset -1 over/,
  ],
  'more buckets than custom bounds leave room for': [
    of(CUSTOM, { custom_values: [1] }),
    /spans over 3 buckets, but 1 custom/,
  ],
  'an offset beyond the custom bounds': [
    of(CUSTOM, { positive_spans: [{ offset: 1, length: 3 }] }),
    /spans over 4 buckets, but 2/,
  ],
};

describe('a native histogram is taken with', () => {
  for (const [name, [histogram, expected]] of Object.entries(VALID)) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const body = message(version, [{ labels: LABELS, histograms: [histogram] }]);
        const answer = await receiver.send({ headers: HEADERS_OF[version], body });
        assert.equal(answer.status, 204, String(answer.body));
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['0', '1', '0']);
      }
      for (const record of receiver.records)
        assert.deepEqual({ ...record.histogram, ...expected }, record.histogram);
      assert.equal(receiver.records.length, 2);
    });
  }

  test('a stale marker in its sum, and nothing else', async (t) => {
    const receiver = await startReceiver(t);
    const bytes = Buffer.concat([double(3, STALE_BITS), varint(15 << 3), varint(1000)]);
    const symbols = ['', ...LABELS[0]].map((symbol) => field(4, symbol));
    const name = field(1, Buffer.concat([field(1, '__name__'), field(2, 'latency')]));
    const v1 = field(1, Buffer.concat([name, field(4, bytes)]));
    const v2 = Buffer.concat([
      ...symbols,
      field(5, Buffer.concat([field(1, Buffer.from([1, 2])), field(3, bytes)])),
    ]);
    await receiver.send({ headers: HEADERS_OF['1.0'], body: compressed(v1) });
    await receiver.send({ headers: HEADERS_OF['2.0'], body: compressed(v2) });
    assert.deepEqual(
      receiver.records.map(({ stale, histogram }) => [stale, histogram?.['sum']]),
      [
        [true, 'NaN'],
        [true, 'NaN'],
      ],
    );
  });

  test('its lists one by one, or packed in several pieces', async (t) => {
    const receiver = await startReceiver(t);
    const scalar = (number: number, value: number): Buffer =>
      Buffer.concat([varint(number << 3), varint(value)]);
    const spans = field(11, scalar(2, 3));
    const lists = [
      [field(12, Buffer.from([2, 2, 0]))],
      [scalar(12, 2), scalar(12, 2), scalar(12, 0)],
      [field(12, Buffer.from([2])), scalar(12, 2), field(12, Buffer.alloc(0)), field(12, Buffer.from([0]))],
    ];
    const symbols = ['', ...LABELS[0]].map((symbol) => field(4, symbol));
    for (const deltas of lists) {
      const histogram = Buffer.concat([...deltas, scalar(1, 5), spans]);
      const series = field(5, Buffer.concat([field(3, histogram), field(1, Buffer.from([1, 2]))]));
      const body = compressed(Buffer.concat([...symbols, series]));
      assert.equal((await receiver.send({ headers: HEADERS_OF['2.0'], body })).status, 204);
    }
    for (const { histogram } of receiver.records)
      assert.deepEqual(histogram?.['positive_counts'], ['1', '2', '2']);
    assert.equal(receiver.records.length, 3);
  });
});

describe('a native histogram is refused, and what is beside it written, with', () => {
  for (const [name, [histogram, text]] of Object.entries(INVALID)) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const entries = [
          { labels: LABELS, histograms: [histogram, INT] },
          { labels: LABELS, histograms: [CUSTOM], exemplars: [{ value: 1 }] },
          { labels: LABELS, samples: [{ value: 1 }] },
        ];
        const answer = await receiver.send({ headers: HEADERS_OF[version], body: message(version, entries) });
        assert.equal(answer.status, 400);
        assert.match(String(answer.body), /^not written: 1 histogram for histogram_invalid .*; first: /);
        assert.match(String(answer.body), text);
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['1', '2', '1']);
      }
      assert.equal(receiver.records.length, 6);
    });
  }
});
