/** Remote-Write 1.0 "Labels" and 2.0 "Symbols", "Series Labels", "Partial Write", "Metadata": what a series may say. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compressed, type Entry, HEADERS_OF, message, VERSIONS } from '../support/message.ts';
import { NOT_TOLD, startReceiver, writtenOf } from '../support/receiver.ts';
import { body, field, STALE_BITS, type TestSeries, varint } from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const NAME = ['__name__', 'up'] as const;
const TIME = 1_795_341_600_123;
const STAMP = '2026-11-22T10:00:00.123Z';
const SAMPLE = { value: 1, timestamp: TIME };
const UP: Entry = { labels: [NAME], samples: [SAMPLE] };

/** Two good series, each of which has something of every kind, and what they count for. */
const SYMBOLS = ['', '__name__', 'good', 'job', 'a', 'b', 'trace_id', 'seconds', 'How long.', 'job'];
const GOOD = [4, 5].map((job) => ({
  labels_refs: [1, 2, 3, job],
  samples: [SAMPLE],
  histograms: [
    { count_int: 1, sum: 1, positive_spans: [{ length: 1 }], positive_deltas: [1], timestamp: TIME },
    { count_float: 2, sum: 1, zero_count_float: 2, timestamp: TIME + 1 },
  ],
  exemplars: [{ labels_refs: [6, 4], value: 1, timestamp: TIME }],
}));
const GOOD_TOLD = ['2', '4', '2'];

describe('Partial Write: what is invalid is put before two good series, 400 and these are written', () => {
  const series = (labels_refs: number[], more: object = {}) => ({ labels_refs, samples: [SAMPLE], ...more });
  for (const [name, bad, text] of [
    ['no metric name', series([3, 4]), /1 sample for name_missing .*first: {"job"="a"}/],
    ['an empty metric name', series([1, 0]), /1 sample for name_missing/],
    ['no labels', series([]), /1 sample for name_missing/],
    [
      'a label twice',
      series([1, 2, 3, 4, 3, 5]),
      /1 sample for label_duplicate .*first: the label name "job" twice, in {"__name__"="good","job"="a","job"="b"}/,
    ],
    ['a label twice, not side by side', series([3, 4, 1, 2, 3, 5]), /1 sample for label_duplicate/],
    ['a label twice, by two symbols', series([1, 2, 3, 4, 9, 5]), /1 sample for label_duplicate/],
    ['an empty label name', series([0, 4, 1, 2]), /1 sample for label_name_empty/],
    [
      'an odd number of references',
      series([1, 2, 3]),
      /1 sample for label_ref_invalid .*first: 3 references, an odd number, in {"__name__"="good",\.\.\.}/,
    ],
    [
      'a reference outside of the table',
      series([1, 999]),
      /1 sample for label_ref_invalid .*first: reference 999, with 10 symbols, in {\.\.\.}/,
    ],
    [
      'a name outside of the table',
      series([1, 2, 999, 4]),
      /first: reference 999, with 10 symbols, in {"__name__"="good",\.\.\.}/,
    ],
    ['the first reference that is outside', series([1, SYMBOLS.length]), /1 sample for label_ref_invalid/],
    ['the largest reference', series([4294967295, 4294967295]), /1 sample for label_ref_invalid/],
    [
      'a unit outside of the table',
      series([1, 2], { metadata: { unit_ref: 999 } }),
      /1 sample for metadata_ref_invalid .*first: unit_ref 999, with 10 symbols, in {"__name__"="good"}/,
    ],
    [
      'a help outside of the table',
      series([1, 2], { metadata: { help_ref: 998 } }),
      /1 sample for metadata_ref_invalid .*first: help_ref 998, with 10 symbols,/,
    ],
    ['neither sample nor histogram nor exemplar', { labels_refs: [1, 2] }, /1 series for series_empty/],
    ['metadata alone', { labels_refs: [1, 2], metadata: { type: 1 } }, /1 series for series_empty/],
    [
      'a bad series takes all that is in it along',
      { ...GOOD[0], labels_refs: [3, 4] },
      /1 sample, 2 histograms, 1 exemplar for name_missing/,
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      const body = compressed(requestV2({ symbols: SYMBOLS, timeseries: [bad, ...GOOD] }));
      const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body });
      assert.equal(answer.status, 400);
      assert.match(String(answer.body), text);
      assert.deepEqual(writtenOf(answer), GOOD_TOLD);
      assert.equal(receiver.records.length, 6);
    });
  }

  test('an empty table of symbols: 400, and nothing of the request', async (t) => {
    const receiver = await startReceiver(t);
    for (const labels_refs of [[], [0, 0]]) {
      const body = compressed(requestV2({ symbols: [], timeseries: [series(labels_refs)] }));
      const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body });
      assert.deepEqual([answer.status, ...writtenOf(answer)], [400, '0', '0', '0']);
    }
  });

  test('a table that does not begin with an empty symbol is taken as it is', async (t) => {
    const receiver = await startReceiver(t);
    const body = compressed(requestV2({ symbols: ['__name__', 'up'], timeseries: [series([0, 1])] }));
    const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body });
    assert.deepEqual([answer.status, ...writtenOf(answer)], [204, '1', '0', '0']);
    assert.deepEqual(receiver.records[0]?.labels, { __name__: 'up' });
  });

  test('a reference 0 of help and unit is what is not told, whatever the first symbol', async (t) => {
    const receiver = await startReceiver(t);
    const symbols = ['__name__', 'up', 'How long.'];
    const timeseries = [series([0, 1]), series([0, 1], { metadata: { help_ref: 2 } })];
    const answer = await receiver.send({
      headers: HEADERS_OF['2.0'],
      body: compressed(requestV2({ symbols, timeseries })),
    });
    assert.deepEqual([answer.status, ...writtenOf(answer)], [204, '2', '0', '0']);
    const told = receiver.records.map(({ help, unit }) => [help, unit]);
    assert.deepEqual(told, [
      [undefined, undefined],
      ['How long.', undefined],
    ]);
  });

  test('several invalid series are counted by reason, the first of each is shown', async (t) => {
    const receiver = await startReceiver(t);
    const torn = series([1, 2, 3, 4], { samples: [], histograms: [{ count_int: 5 }] });
    const timeseries = [series([3, 5]), GOOD[0]!, series([3, 4]), torn, torn, GOOD[1]!];
    const body = compressed(requestV2({ symbols: SYMBOLS, timeseries }));
    const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body });
    assert.match(
      String(answer.body),
      /^not written: 2 samples for name_missing \([^()]+\), 2 histograms for histogram_invalid \([^()]+\); all others of the request are written; first name_missing: {"job"="b"}; first histogram_invalid: a count of 5, but 0 observations in its buckets, in {"__name__"="good","job"="a"}\n$/,
    );
    assert.deepEqual(writtenOf(answer), GOOD_TOLD);
  });
});

describe('what Prometheus refuses because of what it has stored is taken: the order in Kafka is that of the request', () => {
  for (const [name, more] of [
    ['a sample older than the one before', { samples: [SAMPLE, { value: 2, timestamp: 0 }] }],
    ['the same sample twice', { samples: [SAMPLE, SAMPLE] }],
    ['another value of the same time', { samples: [SAMPLE, { ...SAMPLE, value: 2 }] }],
    ['a histogram older than the one before', { histograms: [{ timestamp: TIME }, { timestamp: 0 }] }],
    ['the same histogram twice', { histograms: [{ timestamp: TIME }, { timestamp: TIME }] }],
    ['samples and histograms in one series', { samples: [SAMPLE], histograms: [{ timestamp: TIME }] }],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      const { samples = [], histograms = [] } = { samples: undefined, histograms: undefined, ...more };
      for (const version of VERSIONS) {
        const answer = await receiver.send({
          headers: HEADERS_OF[version],
          body: message(version, [{ labels: [NAME], samples, histograms }]),
        });
        assert.equal(answer.status, 204);
        if (version === '2.0')
          assert.deepEqual(writtenOf(answer), [`${samples.length}`, `${histograms.length}`, '0']);
      }
      assert.equal(receiver.records.length, 2 * (samples.length + histograms.length));
    });
  }

  test('the same series in many entries of one request, which is what senders do', async (t) => {
    const receiver = await startReceiver(t);
    for (const version of VERSIONS) {
      const entries = [1, 2, 3].map((value) => ({
        labels: [NAME],
        samples: [{ value, timestamp: TIME + value }],
      }));
      const answer = await receiver.send({ headers: HEADERS_OF[version], body: message(version, entries) });
      assert.equal(answer.status, 204);
    }
    assert.deepEqual(
      receiver.records.map(({ value }) => value),
      ['1', '2', '3', '1', '2', '3'],
    );
  });

  test('a request that is repeated is taken again, with the same counts', async (t) => {
    const receiver = await startReceiver(t);
    const body = compressed(requestV2({ symbols: SYMBOLS, timeseries: GOOD }));
    const headers = { ...HEADERS_OF['2.0'], 'retry-attempt': '1' };
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await receiver.send({ headers, body });
      assert.deepEqual([answer.status, ...writtenOf(answer)], [204, ...GOOD_TOLD]);
    }
    assert.deepEqual(receiver.records.slice(6), receiver.records.slice(0, 6));
  });
});

describe('Series Labels', () => {
  for (const [name, labels, expected] of [
    ['unsorted labels are sorted', [['job', 'a'], NAME, ['A', 'x']], { A: 'x', __name__: 'up', job: 'a' }],
    ['labels with an empty value are dropped', [['A', ''], NAME, ['job', '']], { __name__: 'up' }],
    [
      'any UTF-8 is taken in names and values',
      [NAME, ['größe.λ', '😀"\n\u0000']],
      { __name__: 'up', 'größe.λ': '😀"\n\u0000' },
    ],
    [
      'a metric name outside of the old rules is taken',
      [['__name__', 'http.größe{}']],
      { __name__: 'http.größe{}' },
    ],
    ['reserved names are taken', [NAME, ['__tenant__', 'a']], { __name__: 'up', __tenant__: 'a' }],
    [
      '__type__ and __unit__ are labels like any other, once each',
      [NAME, ['__type__', 'gauge'], ['__unit__', 'seconds']],
      { __name__: 'up', __type__: 'gauge', __unit__: 'seconds' },
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const entry = { labels, samples: [SAMPLE], metadata: { type: 2, unit: 'seconds' } };
        const answer = await receiver.send({ headers: HEADERS_OF[version], body: message(version, [entry]) });
        assert.equal(answer.status, 204, String(answer.body));
      }
      for (const record of receiver.records) {
        assert.deepEqual(record.labels, expected);
        assert.deepEqual(Object.keys(record.labels), Object.keys(expected));
      }
      assert.equal(receiver.records.length, 2);
    });
  }

  // Each is 400, and the rest is written.
  const notUtf8 = Buffer.from([0x61, 0xff]);
  for (const [name, labels, reason] of [
    ['1.0: no metric name', [['job', 'a']], 'name_missing'],
    [
      '1.0: an empty metric name',
      [
        ['__name__', ''],
        ['job', 'a'],
      ],
      'name_missing',
    ],
    ['1.0: a label twice', [NAME, ['job', 'a'], ['job', 'a']], 'label_duplicate'],
    ['1.0: a label twice, not side by side', [['job', 'a'], NAME, ['job', 'b']], 'label_duplicate'],
    ['1.0: a label twice, once empty', [['job', ''], NAME, ['job', 'b']], 'label_duplicate'],
    ['1.0: an empty label name', [NAME, ['', 'a']], 'label_name_empty'],
    ['1.0: a label name that is not UTF-8', [NAME, [notUtf8, 'a']], 'label_not_utf8'],
    ['1.0: a label value that is not UTF-8', [NAME, ['a', notUtf8]], 'label_not_utf8'],
  ] as readonly [string, TestSeries['labels'], string][]) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      const bad: TestSeries = {
        labels,
        samples: [
          [1, TIME],
          [STALE_BITS, TIME],
        ],
      };
      const good: TestSeries = { labels: [NAME], samples: [[1, TIME]] };
      const answer = await receiver.send({ headers: HEADERS_OF['1.0'], body: body([good, bad, good]) });
      assert.equal(answer.status, 400);
      assert.match(String(answer.body), new RegExp(`^not written: 2 samples for ${reason} `));
      assert.deepEqual(writtenOf(answer), NOT_TOLD);
      assert.equal(receiver.records.length, 2);
    });
  }

  test('2.0: a symbol that is not UTF-8 spoils the series that names it and no other', async (t) => {
    const receiver = await startReceiver(t);
    const symbols = ['', '__name__', 'up', Buffer.from([0x61, 0xff])].map((symbol) => field(4, symbol));
    const series = (...refs: number[]): Buffer =>
      field(5, Buffer.concat([field(1, Buffer.concat(refs.map(varint))), field(2, '')]));
    const bytes = Buffer.concat([...symbols, series(1, 2, 2, 3), series(1, 2), series(1, 2, 3, 2)]);
    const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body: compressed(bytes) });
    assert.equal(answer.status, 400);
    assert.match(String(answer.body), /2 samples for label_not_utf8/);
    assert.deepEqual(writtenOf(answer), ['1', '0', '0']);
  });
});

describe('Metadata', () => {
  const kinds = ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];
  for (const [name, type, expected] of [
    ['a type that is not told is taken, as Prometheus sends it', 0, undefined],
    ['a type that nobody knows yet is taken as unknown', 8, 'unknown'],
    ['a negative type is taken as unknown', -1, 'unknown'],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      const body = message('2.0', [{ ...UP, metadata: { type } }]);
      const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body });
      assert.deepEqual([answer.status, ...writtenOf(answer)], [204, '1', '0', '0']);
      assert.equal(receiver.records[0]?.type, expected);
    });
  }

  test('type, unit and help of 2.0 go with each record of the series', async (t) => {
    const receiver = await startReceiver(t);
    const entries = kinds.map((_, i) => ({
      ...UP,
      metadata: { type: i + 1, unit: 'seconds', help: 'How "long".\n' },
    }));
    await receiver.send({ headers: HEADERS_OF['2.0'], body: message('2.0', entries) });
    assert.deepEqual(
      receiver.records.map(({ type, unit, help }) => [type, unit, help]),
      kinds.map((type) => [type, 'seconds', 'How "long".\n']),
    );
  });

  test('1.0: a request of metadata alone, once a minute from every Prometheus, is 204', async (t) => {
    const receiver = await startReceiver(t, { metadataTopic: 'metadata' });
    const family = Buffer.concat([
      varint(1 << 3),
      varint(1),
      field(2, 'up'),
      field(4, 'Help.'),
      field(5, 's'),
    ]);
    const body = compressed(Buffer.concat([field(3, family), field(3, field(2, 'down'))]));
    const answer = await receiver.send({ headers: HEADERS_OF['1.0'], body });
    assert.deepEqual([answer.status, writtenOf(answer)], [204, NOT_TOLD]);
    const [first] = receiver.delivery.records;
    assert.deepEqual(JSON.parse(first?.value ?? ''), {
      name: 'up',
      type: 'counter',
      help: 'Help.',
      unit: 's',
    });
  });

  test('1.0: a series without a sample is 204: nothing of it could be lost', async (t) => {
    const receiver = await startReceiver(t);
    const body = message('1.0', [{ labels: [NAME] }, UP]);
    assert.equal((await receiver.send({ headers: HEADERS_OF['1.0'], body })).status, 204);
    assert.deepEqual(receiver.records, [
      { labels: { __name__: 'up' }, name: 'up', timestamp: STAMP, value: '1' },
    ]);
  });
});
