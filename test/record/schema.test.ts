/** The JSON schema of the records takes what the format writes and nothing else, and docs/records.md shows the truth. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { compress } from 'snappyjs';
import { JsonFormat, type JsonSettings } from '../../src/record/json.ts';
import { TIME_FORMS } from '../../src/record/time-text.ts';
import { VALUE_FORMS } from '../../src/record/value-form.ts';
import { seededRandom } from '../bench/corpus.ts';
import { recordsOf } from '../support/format-records.ts';
import { checkFamily, checkRecord, recordSchema } from '../support/record-schema.ts';
import { testServer } from '../support/server.ts';
import { requestV2, V2_HEADERS } from '../support/write-request-v2.ts';
import { EXAMPLES, type Example, STALE, withStaleMarkers } from './examples.ts';

const METADATA_TOPIC = 'families';

/** The texts of the records that the request becomes, on its whole way but Kafka; nothing of it is refused. */
async function writtenBy({ headers, body }: Example): Promise<string[]> {
  const { server, delivery } = testServer({ metadataTopic: METADATA_TOPIC });
  const payload = Buffer.from(compress(body));
  const answer = await server.app.inject({ method: 'POST', url: '/api/v1/write', headers, payload });
  assert.equal(answer.statusCode, 204, answer.body);
  return delivery.records.map(({ topic, value }) => {
    (topic === METADATA_TOPIC ? checkFamily : checkRecord)(JSON.parse(value));
    return value;
  });
}

describe('docs/records.md shows', () => {
  const page = readFileSync(new URL('../../docs/records.md', import.meta.url), 'utf8');
  const sections = new Map(
    page
      .split(/^#+ /m)
      .map((section) => [section.split('\n', 1)[0]!, /```json\n(.*?)```/s.exec(section)?.[1]]),
  );
  for (const [title, example] of Object.entries(EXAMPLES)) {
    test(`${title}: as the adapter writes it`, async () => {
      const shown = sections.get(title);
      const [record, ...others] = await writtenBy(example);
      assert.ok(shown, `there is no such section; its example is ${record}`);
      assert.equal(JSON.stringify(JSON.parse(shown)), record);
      assert.deepEqual(others, []);
    });
  }

  test('no other example', () => {
    const shown = [...sections].filter(([, example]) => example !== undefined).map(([title]) => title);
    assert.deepEqual(shown, Object.keys(EXAMPLES));
  });
});

/** Chooses at random, the same in every run. */
class Choice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  upTo(most: number): number {
    return Math.floor(this.#random() * (most + 1));
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.upTo(items.length - 1)]!;
  }

  list<Item>(most: number, make: (place: number) => Item): Item[] {
    return Array.from({ length: this.upTo(most) }, (_, place) => make(place));
  }
}

const VALUES = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  1e21,
  1e-7,
  5e-324,
  1.7976931348623157e308,
  Infinity,
  -Infinity,
  NaN,
  STALE,
];
const TIMES = [0, 1, -1, 1795341600123, -62135596800001, 253402300800000, 8.64e15, -8.64e15];
const TEXTS = ['', 'a', 'grün', '😀', '"\\', '\n\u0000', '\u2028', 'x'.repeat(300)];

/** A request of many shapes, all of them valid. */
function randomRequest(choice: Choice): Uint8Array {
  const symbols = [...TEXTS, '__name__', ...Array.from({ length: 40 }, (_, i) => `n${i}`)];
  const name = TEXTS.length;
  const text = (): number => 1 + choice.upTo(TEXTS.length - 2);
  const labels = (): number[] => choice.list(4, (place) => [name + 1 + place, text()]).flat();
  const sample = (): object => ({
    value: choice.of(VALUES),
    timestamp: choice.of(TIMES),
    start_timestamp: choice.of(TIMES),
  });
  const exemplar = (): object => ({
    labels_refs: labels(),
    value: choice.of(VALUES),
    timestamp: choice.of(TIMES),
  });
  const timeseries = Array.from({ length: 60 }, () => ({
    labels_refs: [name, text(), ...labels()],
    samples: [...choice.list(2, sample), sample()].slice(choice.upTo(1)),
    histograms: choice.list(2, () => randomHistogram(choice)),
    exemplars: [exemplar(), ...choice.list(2, exemplar)].slice(choice.upTo(1)),
    metadata: {
      type: choice.upTo(9),
      unit_ref: choice.upTo(TEXTS.length - 1),
      help_ref: choice.upTo(TEXTS.length - 1),
    },
  }));
  const hasContents = (one: (typeof timeseries)[number]): boolean =>
    one.samples.length + one.histograms.length + one.exemplars.length > 0;
  const request = requestV2({ symbols, timeseries: timeseries.filter(hasContents) });
  return withStaleMarkers(request);
}

interface Side {
  readonly spans: readonly object[];
  readonly counts: readonly number[];
}

function randomSide(choice: Choice): Side {
  const spans = choice.list(3, (place) => ({
    offset: place === 0 ? choice.upTo(40) - 20 : choice.upTo(5),
    length: choice.upTo(4),
  }));
  const buckets = spans.reduce((sum, { length }) => sum + length, 0);
  return { spans, counts: Array.from({ length: buckets }, () => choice.upTo(9)) };
}

function randomHistogram(choice: Choice): object {
  const fixed = {
    sum: choice.of(VALUES),
    reset_hint: choice.upTo(5),
    timestamp: choice.of(TIMES),
    start_timestamp: choice.of(TIMES),
  };
  if (choice.upTo(4) === 0) return { ...fixed, ...customBuckets(choice) };
  const positive = randomSide(choice);
  const negative = randomSide(choice);
  const zero = choice.upTo(3);
  const count = [...positive.counts, ...negative.counts].reduce((sum, one) => sum + one, zero);
  const shape = {
    ...fixed,
    schema: choice.upTo(56) - 4,
    zero_threshold: choice.of([0, 0.001, 3]),
    positive_spans: positive.spans,
    negative_spans: negative.spans,
  };
  if (choice.upTo(1) === 0)
    return {
      ...shape,
      count_float: count / 3,
      zero_count_float: zero / 3,
      positive_counts: positive.counts.map((one) => one / 3),
      negative_counts: negative.counts.map((one) => one / 3),
    };
  return {
    ...shape,
    count_int: count,
    zero_count_int: zero,
    positive_deltas: deltas(positive.counts),
    negative_deltas: deltas(negative.counts),
  };
}

function customBuckets(choice: Choice): object {
  const bounds = choice.list(4, (place) => place * 1.5 - 2);
  const counts = bounds.map(() => choice.upTo(9));
  return {
    schema: -53,
    custom_values: bounds,
    positive_spans: counts.length > 0 ? [{ offset: choice.upTo(1), length: counts.length }] : [],
    count_int: counts.reduce((sum, one) => sum + one, 0),
    positive_deltas: deltas(counts),
  };
}

const deltas = (counts: readonly number[]): number[] => counts.map((one, i) => one - (counts[i - 1] ?? 0));

const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>): Key[] =>
  Object.keys(table) as Key[];

/** Every path of keys in a value; lists count as what they hold. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, path));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${path}.${key}`,
    ...(key === 'labels' ? [] : pathsOf(inner, `${path}.${key}`)),
  ]);
}

describe('the JSON schema', () => {
  test('takes every record of random requests in every form, and each of its fields is in some of them', () => {
    const choice = new Choice(11);
    const seen = new Set<string>();
    const forms = keysOf(TIME_FORMS).flatMap((timestamp) =>
      keysOf(VALUE_FORMS).map((value): JsonSettings => ({ timestamp, value })),
    );
    let records = 0;
    for (let round = 0; round < 60; round++) {
      const format = new JsonFormat(forms[round % forms.length]);
      for (const { value } of recordsOf(format, { version: 'v2', bytes: randomRequest(choice) })) {
        const record: unknown = JSON.parse(String(value));
        checkRecord(record);
        records++;
        for (const path of pathsOf(record)) seen.add(path);
      }
    }
    assert.ok(records > 5000, `only ${records} records`);
    const { sample, histogram, native_histogram: native } = recordSchema.definitions;
    const fields = [
      ...Object.keys({ ...sample!.properties, ...histogram!.properties }).map((key) => `.${key}`),
      ...Object.keys(native!.properties).map((key) => `.histogram.${key}`),
    ];
    assert.deepEqual(
      fields.filter((path) => !seen.has(path)),
      [],
    );
  });

  test('takes the largest counts', async () => {
    const most = { low: -1, high: -1, unsigned: true };
    const histogram = { count_int: most, zero_count_int: most, zero_threshold: 1, timestamp: 1 };
    const body = requestV2({
      symbols: ['', '__name__', 'a'],
      timeseries: [{ labels_refs: [1, 2], histograms: [histogram] }],
    });
    const [record] = await writtenBy({ headers: V2_HEADERS, body });
    assert.match(record!, /"count":"18446744073709551615"/);
  });

  const sample = {
    labels: { __name__: 'up' },
    name: 'up',
    timestamp: '2026-11-22T10:00:00.123Z',
    value: '1',
  };
  const { value: _value, ...head } = sample;
  const native = { count: '1', sum: '2', schema: 0, zero_threshold: '0', zero_count: '0' };
  const exemplar = { labels: {}, value: '1', timestamp: sample.timestamp };
  const bad: readonly (readonly [string, object])[] = [
    ['a record of nothing', head],
    ['a value and a histogram', { ...sample, histogram: native }],
    ['a field of its own', { ...sample, extra: 1 }],
    ['a null that is nothing', { ...sample, value: null }],
    ['a number that is special', { ...sample, value: 1, special: 'NaN' }],
    ['a boolean as the value', { ...sample, value: true }],
    ['a value that is none', { ...sample, value: 'Infinity' }],
    ['a time without milliseconds', { ...sample, timestamp: '2026-11-22T10:00:00Z' }],
    ['a time in another zone', { ...sample, timestamp: '2026-11-22T10:00:00.123+01:00' }],
    ['a stale marker with a value', { ...sample, stale: true }],
    ['a stale marker with a number', { ...sample, value: 1, stale: true }],
    ['a stale marker of infinity', { ...sample, value: null, special: '+Inf', stale: true }],
    ['a stale marker that is none', { ...sample, value: 'NaN', stale: false }],
    ['no name', { ...sample, labels: {} }],
    ['an empty label', { ...sample, labels: { __name__: 'up', job: '' } }],
    ['a type that is none', { ...sample, type: 'rate' }],
    ['an empty help', { ...sample, help: '' }],
    ['no exemplar in the list of them', { ...sample, exemplars: [] }],
    ['an exemplar without a time', { ...head, exemplars: [{ labels: {}, value: '1' }] }],
    ['exemplars alone with a start', { ...head, exemplars: [exemplar], start_timestamp: head.timestamp }],
    ['a stale histogram with a sum', { ...head, histogram: native, stale: true }],
    ['a bucket of three', { ...head, histogram: { ...native, buckets: [[0, '1', '2']] } }],
    ['a rule that is none', { ...head, histogram: { ...native, buckets: [[4, '1', '2', '3']] } }],
    ['spans without counts', { ...head, histogram: { ...native, positive_spans: [[0, 1]] } }],
    ['a schema that is none', { ...head, histogram: { ...native, schema: -5 } }],
    ['a count as a number', { ...head, histogram: { ...native, count: 1 } }],
    ['a histogram of float false', { ...head, histogram: { ...native, float: false } }],
  ];
  test('takes what the refused ones are made of', () => {
    const stale = { value: null, special: 'NaN', stale: true };
    const others = [
      { ...sample, ...stale },
      { ...head, histogram: native },
      { ...head, exemplars: [exemplar] },
    ];
    for (const good of [sample, ...others]) checkRecord(good);
  });
  for (const [what, record] of bad) {
    test(`refuses ${what}`, () => assert.throws(() => checkRecord(record)));
  }
});
