/** The records of the format avro, read back by avsc from the schema file alone. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import avro from 'avsc';
import { AvroFormat } from '../../src/record/avro.ts';
import { avroFraming } from '../../src/record/avro-framing.ts';
import { canonicalForm, fingerprint, readSampleSchema } from '../../src/record/avro-schema.ts';
import { TelefonicaAvroJsonFormat } from '../../src/record/telefonica-avro-json.ts';
import { recordsOf } from '../support/format-records.ts';
import { Registry } from '../support/registry.ts';
import { CORPUS } from './corpus.ts';
import { assertGolden, goldenRecords } from './golden.ts';
import { goNumber } from './telefonica-rules.ts';

const schemaText = readFileSync(new URL('../../proto/kafka_adapter/sample.avsc', import.meta.url), 'utf8');

/** avsc reads integers as numbers, and unpacks some beyond 2^52 wrongly; here they are read as bigints. */
const long = avro.types.LongType.__with(
  {
    fromBuffer(bytes: Buffer) {
      const zigzag = bytes.reduce((sum, byte, i) => sum | (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n);
      return (zigzag >> 1n) ^ -(zigzag & 1n);
    },
    toBuffer: () => Buffer.alloc(0),
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'bigint',
    compare: () => 0,
  },
  true,
);
const Sample = avro.Type.forSchema(JSON.parse(schemaText), {
  typeHook: (schema) =>
    schema === 'long' || (schema as { type?: unknown }).type === 'long' ? long : undefined,
});

const HEADER_BYTES = 10;

type Decoded = Record<string, unknown> & { value: number | null };

function decoded(value: Buffer, headerBytes = HEADER_BYTES): Decoded {
  // Throws when a byte is left over.
  return Sample.fromBuffer(value.subarray(headerBytes)) as Decoded;
}

/** Plain objects with plain numbers, which are easier to compare; NaN and -0 stay. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const format = new AvroFormat(avroFraming(undefined));

function corpusRecords(name: string): unknown[] {
  return recordsOf(format, CORPUS[name]!).map(({ value }) => plain(decoded(value)));
}

const RPC = { name: 'rpc_seconds', labels: { __name__: 'rpc_seconds', job: 'node' } };
const NOTHING_MORE = {
  value: null,
  stale: false,
  start_timestamp: null,
  type: null,
  unit: null,
  help: null,
  histogram: null,
  exemplars: [],
};
const EXEMPLARS = [
  { labels: { trace_id: 'ab"c<&>é' }, value: 0.25, timestamp: 1795341600118 },
  { labels: {}, value: Number.NaN, timestamp: 0 },
];

describe('the format avro', () => {
  test('makes of the corpus what it made of it before', () => {
    assertGolden('avro', format, (value) => value.toString('hex'));
  });

  test('says what the format json says, sample for sample', () => {
    const json = goldenRecords('json').map((text) => JSON.parse(text) as Record<string, string>);
    const records = goldenRecords('avro').map((hex) => decoded(Buffer.from(hex, 'hex')));
    assert.equal(records.length, json.length);
    for (const [i, record] of records.entries()) {
      const expected = json[i]!;
      const { name, labels, timestamp, value, stale } = plain(record) as Decoded;
      assert.deepEqual({ name, labels }, { name: expected['name'], labels: expected['labels'] });
      assert.equal(timestamp, Date.parse(expected['timestamp']!));
      assert.equal(stale, expected['stale'] ?? false);
      if (value === null) assert.ok(!('value' in expected));
      else assert.equal(goNumber(value), goNumber(Number(expected['value']!.replace('Inf', 'Infinity'))));
    }
  });

  test('keeps the bits of every NaN', () => {
    const bits = recordsOf(format, CORPUS['special values']!).map(({ value }) => {
      // Behind the timestamp: the branch of the union, then the double.
      const at = value.indexOf(Buffer.from([0x02]), value.length - 20);
      return value.readBigUInt64LE(at + 1).toString(16);
    });
    assert.deepEqual(bits.slice(3), [
      '7ff0000000000002',
      '7ff8000000000001',
      'fff8000000000002',
      '7ff0000000000001',
    ]);
  });

  test('keeps start timestamps, type, unit and help', () => {
    const metadata = { type: 'counter', unit: 'seconds', help: 'Seconds "of" work.' };
    assert.deepEqual(corpusRecords('metadata and start'), [
      {
        ...RPC,
        ...NOTHING_MORE,
        ...metadata,
        timestamp: 1795341600123,
        value: 1,
        start_timestamp: 1795341540123,
      },
      { ...RPC, ...NOTHING_MORE, ...metadata, timestamp: 1795341600124, value: 2 },
    ]);
  });

  test('keeps integer, float and custom histograms', () => {
    const [integer] = corpusRecords('integer histogram');
    const none = {
      count_float: null,
      zero_count_float: null,
      negative_counts_float: [],
      positive_counts_float: [],
    };
    assert.deepEqual(integer, {
      ...RPC,
      ...NOTHING_MORE,
      timestamp: 1795341600123,
      histogram: {
        ...none,
        count_int: 12,
        sum: 18.4,
        schema: 1,
        zero_threshold: 0.001,
        zero_count_int: 2,
        negative_spans: [{ offset: -3, length: 1 }],
        negative_counts_int: [1],
        positive_spans: [
          { offset: 0, length: 2 },
          { offset: 1, length: 2 },
        ],
        positive_counts_int: [1, 2, 1, 5],
        custom_values: [],
        reset_hint: 'unknown',
      },
    });
    const histogramOf = (name: string): Record<string, unknown> =>
      (corpusRecords(name)[0] as { histogram: Record<string, unknown> }).histogram;
    const float = histogramOf('float histogram');
    assert.deepEqual([float['count_int'], float['count_float'], float['zero_count_float']], [null, 3.5, 0.5]);
    assert.deepEqual([float['positive_counts_float'], float['reset_hint']], [[1, 2], 'gauge']);
    assert.deepEqual(histogramOf('custom histogram')['custom_values'], [0.5, 1]);
    assert.equal(histogramOf('large and empty histograms')['count_int'], 9007199254740993n);
  });

  test('keeps exemplars, with the last record of an entry or alone', () => {
    const [first, last] = corpusRecords('exemplars') as { exemplars: unknown }[];
    assert.deepEqual([first!.exemplars, last!.exemplars], [[], EXEMPLARS]);
    const [alone] = corpusRecords('exemplars alone');
    assert.deepEqual(alone, { ...RPC, ...NOTHING_MORE, timestamp: 0, exemplars: EXEMPLARS });
  });

  test('begins, without a registry, with the fingerprint of its schema', () => {
    const { value } = recordsOf(format, CORPUS['plain']!)[0]!;
    const expected = fingerprint(canonicalForm(readSampleSchema()));
    assert.deepEqual(value.subarray(0, HEADER_BYTES), Buffer.concat([Buffer.from([0xc3, 0x01]), expected]));
  });

  test('begins, with a registry, with a zero byte and the id of its schema there', async (t) => {
    const registry = await Registry.start(t);
    registry.publish('other', '"string"');
    const settings = {
      url: registry.url,
      username: '',
      password: '',
      caFile: '',
      subject: 's',
      register: true,
    };
    const framed = new AvroFormat(avroFraming(settings));
    await framed.prepare!();
    const { value } = recordsOf(framed, CORPUS['plain']!)[0]!;
    assert.equal(value[0], 0);
    const answer = await fetch(`${registry.url}/schemas/ids/${value.readInt32BE(1)}`);
    const { schema } = (await answer.json()) as { schema: string };
    assert.deepEqual(JSON.parse(schema), JSON.parse(schemaText));
    assert.equal(decoded(value, 5).value, 1);
  });
});

describe('the fingerprint of a schema', () => {
  test('is that of the Avro specification, of its canonical form', () => {
    // From the test vectors of Avro itself (share/test/data/schema-tests.txt), there as signed integers.
    const vectors = [
      ['"null"', 7195948357588979594n],
      ['"int"', 8247732601305521295n],
      ['"string"', -8142146995180207161n],
    ] as const;
    for (const [canonical, expected] of vectors)
      assert.equal(fingerprint(canonical).readBigInt64LE(), expected, canonical);
  });

  test('is of the form that avsc makes of the schema too', () => {
    const theirs = JSON.stringify(avro.Type.forSchema(JSON.parse(schemaText)).schema());
    assert.equal(canonicalForm(readSampleSchema()), theirs);
  });
});

describe('the format telefonica-avro-json', () => {
  const Metric = avro.Type.forSchema({
    type: 'record',
    name: 'Metric',
    namespace: 'io.prometheus',
    fields: [
      { name: 'timestamp', type: 'string' },
      { name: 'value', type: 'string' },
      { name: 'name', type: 'string' },
      { name: 'labels', type: { type: 'map', values: 'string' } },
    ],
  });

  test('makes of the corpus what it made of it before', () => {
    assertGolden('telefonica-avro-json', new TelefonicaAvroJsonFormat(), String);
  });

  test('is Avro by the schema of the adapter, with what telefonica-json says', () => {
    const json = goldenRecords('telefonica-json').map((text) => JSON.parse(text) as object);
    const records = goldenRecords('telefonica-avro-json');
    assert.equal(records.length, json.length);
    for (const [i, text] of records.entries()) {
      assert.deepEqual({ ...Metric.fromString(text) }, { ...json[i] });
      assert.deepEqual(Object.keys(JSON.parse(text)), ['timestamp', 'value', 'name', 'labels']);
    }
  });
});
