/** What bounds a request: each answer names what was seen, the bound, and the option that moves it. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compressed, type Entry, HEADERS_OF, message, VERSIONS, type Version } from '../support/message.ts';
import { NOT_TOLD, startReceiver, writtenOf } from '../support/receiver.ts';
import type { TestServerOptions } from '../support/server.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const NOW = 1_000_000_000_000;
const UP: Entry = { labels: [['__name__', 'up']], samples: [{ value: 1, timestamp: 1000 }] };
const KIBIBYTE = 'x'.repeat(1024);

function times<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}

function histogramOf(buckets: number, more: object = {}): object {
  return { positive_spans: [{ offset: 0, length: buckets }], positive_deltas: times(buckets, 0), ...more };
}

/** One series, `count` of each kind in it. */
function crowded(kind: 'samples' | 'histograms' | 'exemplars', count: number): Entry[] {
  return [{ labels: UP.labels, [kind]: times(count, {}) }];
}

/** The 2.0 requests that name a text of 1 KiB a hundred times. */
const REPEATED: Readonly<Record<string, object>> = {
  'as a label value': { labels_refs: [1, 2, ...times(10, [2, 3]).flat()], samples: [{}] },
  'as a help': { labels_refs: [1, 2], metadata: { help_ref: 3 }, samples: [{}] },
  'as a unit': { labels_refs: [1, 2], metadata: { unit_ref: 3 }, samples: [{}] },
  'in an exemplar': { labels_refs: [1, 2], exemplars: [{ labels_refs: [2, 3] }] },
  'in a series without anything': { labels_refs: [1, 2, 2, 3] },
};

interface Case {
  readonly versions?: readonly Version[];
  readonly options?: TestServerOptions;
  readonly entries: readonly Entry[];
  readonly text: RegExp;
  /** Of 2.0. */
  readonly told?: readonly string[];
}

const WHOLE: Readonly<Record<string, Case>> = {
  'samples over limits.samples_per_request': {
    entries: [UP, ...crowded('samples', 1000)],
    text: /over 1000 samples, more than limits\.samples_per_request \(1000\)/,
  },
  'series over limits.samples_per_request, with nothing in them': {
    entries: Array.from({ length: 1001 }, () => ({ labels: UP.labels })),
    text: /over 1000 series, more than limits\.samples_per_request \(1000\)/,
  },
  'histograms count as samples': {
    entries: [UP, ...crowded('histograms', 1000)],
    text: /over 1000 samples, more than limits\.samples_per_request \(1000\)/,
  },
  'exemplars count as samples': {
    entries: [UP, ...crowded('exemplars', 1000)],
    text: /over 1000 samples, more than limits\.samples_per_request \(1000\)/,
  },
  'buckets of all histograms over limits.buckets_per_request': {
    options: { limits: { bucketsPerRequest: 100 } },
    entries: [UP, { labels: UP.labels, histograms: times(11, histogramOf(9)) }],
    text: /over 100 buckets, more than limits\.buckets_per_request \(100\)/,
  },
  'symbols over limits.symbols_per_request': {
    versions: ['2.0'],
    options: { limits: { symbolsPerRequest: 3 } },
    entries: [UP, { ...UP, labels: [['__name__', 'one more']] }],
    text: /over 3 symbols, more than limits\.symbols_per_request \(3\)/,
  },
};

const PART: Readonly<Record<string, Case>> = {
  'labels over limits.labels_per_series': {
    entries: [{ ...UP, labels: Array.from({ length: 51 }, (_, i) => [`l${i}`, 'v'] as const) }, UP],
    text: /1 sample for labels_too_many \(more labels than `limits\.labels_per_series`\).*; first: 51 labels, more than limits\.labels_per_series \(50\), in {"l0"="v","l1"="v",.*"l10"="v",.*\.\.\.}/,
    told: ['1', '0', '0'],
  },
  'labels over limits.labels_per_series, of which those within it are shown': {
    options: { limits: { labelsPerSeries: 3 } },
    entries: [{ ...UP, labels: [...UP.labels, ['a', 'A'], ['b', 'B'], ['c', 'C'], ['d', 'D']] }, UP],
    text: /first: 5 labels, more than limits\.labels_per_series \(3\), in {"__name__"="up","a"="A","b"="B",\.\.\.}\n$/,
    told: ['1', '0', '0'],
  },
  'labels over limits.labels_per_series by so much that they are not counted': {
    options: { limits: { labelsPerSeries: 2 } },
    entries: [{ ...UP, labels: times(100, ['a', 'A'] as const) }, UP],
    text: /first: at least 32 labels, more than limits\.labels_per_series \(2\), in {"a"="A","a"="A",\.\.\.}\n$/,
    told: ['1', '0', '0'],
  },
  'a label name over limits.label_name_length': {
    options: { rules: { labelNameBytes: 10 } },
    entries: [{ ...UP, labels: [...UP.labels, [KIBIBYTE, 'v']] }, UP],
    text: /1 sample for label_name_too_long \(a label name over `limits\.label_name_length`\).*first: the label name "x{100}"\.\.\. of 1KiB, more than limits\.label_name_length \(10\), in {"__name__"="up","x+\.\.\.}\n$/,
    told: ['1', '0', '0'],
  },
  'a label value over limits.label_value_length': {
    options: { rules: { labelValueBytes: 10 } },
    entries: [{ ...UP, labels: [...UP.labels, ['l', KIBIBYTE]] }, UP],
    text: /1 sample for label_value_too_long \(a label value over `limits\.label_value_length`\).*first: a value of 1KiB for the label "l", more than limits\.label_value_length \(10\), in {/,
    told: ['1', '0', '0'],
  },
  'a timestamp further ahead than limits.future': {
    options: { rules: { futureMs: 600_000 } },
    entries: [
      {
        ...UP,
        samples: [
          { value: 1, timestamp: NOW * 10 },
          { value: 1, timestamp: NOW },
        ],
      },
      UP,
    ],
    text: /1 sample for timestamp_too_far_ahead \(.*`limits\.future`\).*first: the timestamp of a sample 10000000000000 \(2286-11-20T17:46:40\.000Z\), more than limits\.future \(10m\) after 20\d\d-.*Z, in {/,
    told: ['2', '0', '0'],
  },
  'buckets of one histogram over limits.buckets_per_histogram': {
    options: { limits: { bucketsPerHistogram: 10 } },
    entries: [{ labels: UP.labels, histograms: [histogramOf(10), histogramOf(9)] }],
    text: /1 histogram for buckets_too_many \(.*`limits\.buckets_per_histogram`\).*first: 11 buckets, spans and bounds, more than limits\.buckets_per_histogram \(10\), in {"__name__"="up"}\n$/,
    told: ['0', '1', '0'],
  },
  'a span of 4 G buckets, of which none is there': {
    entries: [UP, { labels: UP.labels, histograms: [{ positive_spans: [{ length: 4294967295 }] }] }],
    text: /1 histogram for histogram_invalid .*a span that ends at bucket 4294967294/,
    told: ['1', '0', '0'],
  },
};

describe('a request is refused as a whole: 400 and nothing written, by', () => {
  for (const [name, { versions = VERSIONS, options, entries, text }] of Object.entries(WHOLE)) {
    test(name, async (t) => {
      for (const version of versions) {
        const receiver = await startReceiver(t, options);
        const answer = await receiver.send({ headers: HEADERS_OF[version], body: message(version, entries) });
        assert.equal(answer.status, 400);
        assert.match(String(answer.body), text);
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['0', '0', '0']);
        assert.deepEqual(receiver.records, []);
      }
    });
  }
});

describe('what is over its limit is left out: 400 and the rest written, by', () => {
  for (const [name, { versions = VERSIONS, options, entries, text, told = [] }] of Object.entries(PART)) {
    test(name, async (t) => {
      for (const version of versions) {
        const receiver = await startReceiver(t, options);
        const answer = await receiver.send({ headers: HEADERS_OF[version], body: message(version, entries) });
        assert.equal(answer.status, 400);
        assert.match(String(answer.body), text);
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : told);
      }
    });
  }

  test('references without end, which take no memory', async (t) => {
    const receiver = await startReceiver(t);
    const endless = { labels_refs: times(300_000, 1), samples: [{}] };
    const entries = [endless, { labels_refs: [1, 2], samples: [{}] }];
    const body = compressed(requestV2({ symbols: ['', '__name__', 'up'], timeseries: entries }));
    const answer = await receiver.send({ headers: HEADERS_OF['2.0'], body });
    assert.match(String(answer.body), /1 sample for labels_too_many/);
    assert.deepEqual(writtenOf(answer), ['1', '0', '0']);
  });
});

describe('a text of the symbols table that is named again and again counts each time', () => {
  for (const [where, series] of Object.entries(REPEATED)) {
    test(where, async (t) => {
      const receiver = await startReceiver(t, { maxDecodedBytes: 50 * 1024 });
      const symbols = ['', '__name__', 'up', KIBIBYTE];
      const send = (count: number) => {
        const body = compressed(requestV2({ symbols, timeseries: times(count, series) }));
        assert.ok(body.length < 2000);
        return receiver.send({ headers: HEADERS_OF['2.0'], body });
      };
      const few = await send(2);
      assert.doesNotMatch(String(few.body), /http\.max_decoded_size/);
      const { length } = receiver.records;
      const many = await send(100);
      assert.equal(many.status, 400);
      assert.match(
        String(many.body),
        /texts of the request take \d+ bytes and more, .*http\.max_decoded_size \(50KiB\)/,
      );
      assert.deepEqual(writtenOf(many), ['0', '0', '0']);
      assert.equal(receiver.records.length, length);
    });
  }

  test('as often as every sender names the same labels', async (t) => {
    const receiver = await startReceiver(t);
    const labels = [
      ['__name__', 'up'],
      ['instance', 'localhost:9090'],
      ['job', 'prometheus'],
    ] as const;
    const answer = await receiver.send({
      headers: HEADERS_OF['2.0'],
      body: message('2.0', times(1000, { ...UP, labels })),
    });
    assert.deepEqual([answer.status, ...writtenOf(answer)], [204, '1000', '0', '0']);
  });
});

describe('what swells', () => {
  for (const [name, unit] of [
    ['zeroes, which are no message', [0]],
    ['series without anything', [0x2a, 0]],
    ['entries of 1.0 without anything', [0x0a, 0]],
    ['symbols without a letter', [0x22, 0]],
  ] as const) {
    test(`${name}: answered, and the next request is taken`, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const body = compressed(Buffer.alloc(1024 * 1024, Buffer.from(unit)));
        const { status } = await receiver.send({ headers: HEADERS_OF[version], body });
        assert.ok(status === 204 || status === 400, String(status));
        const sound = { headers: HEADERS_OF[version], body: message(version, [UP]) };
        assert.equal((await receiver.send(sound)).status, 204);
      }
    });
  }
});
