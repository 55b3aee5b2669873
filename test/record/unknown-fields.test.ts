/** Fields that a message of Remote-Write does not have, or has of another type: none of them comes into a record. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { uncompress } from 'snappyjs';
import { loadProto } from '../../src/lib/proto-fields.ts';
import { ProtobufFormat } from '../../src/record/protobuf.ts';
import { RemoteWriteFormat } from '../../src/record/remote-write.ts';
import { type FormatRequest, recordsOf } from '../support/format-records.ts';
import { double, field, request, sample, varint } from '../support/write-request.ts';

const LARGE = 1024 * 1024;
const TIME = 1795341600123;
const Series = loadProto('kafka_adapter/record.proto').lookupType('kafka_adapter.Series');
const WriteRequest = loadProto('prometheus/remote_write_v1.proto').lookupType('prometheus.WriteRequest');

const scalar = (number: number, value: number): Buffer => Buffer.concat([varint(number << 3), varint(value)]);
const refs = (...symbols: number[]): Buffer => field(1, Buffer.from(symbols));

/** The messages of an entry, each with what is added to it. */
type Level = 'series' | 'label' | 'sample' | 'exemplar' | 'exemplar label' | 'histogram' | 'span';
type Odd = { readonly [level in Level]?: Uint8Array };

const NOTHING = Buffer.alloc(0);
const all = (odd: Uint8Array | undefined, ...parts: Uint8Array[]): Buffer =>
  Buffer.concat([...parts, odd ?? NOTHING]);

function contents(odd: Odd): { samples: Buffer; histogram: Buffer } {
  return {
    samples: Buffer.concat([field(2, all(odd.sample, sample(1, TIME))), field(2, sample(2, TIME + 1))]),
    histogram: all(
      odd.histogram,
      scalar(1, 2),
      scalar(6, 0),
      field(11, all(odd.span, scalar(2, 1))),
      field(12, varint(4)),
      scalar(15, TIME),
    ),
  };
}

function label(odd: Uint8Array | undefined, name: string, value: string): Buffer {
  return field(1, Buffer.concat([odd ?? NOTHING, field(1, name), field(2, value)]));
}

/** In the order in which nothing is copied, `isInOrder` false, the labels alone are moved. */
function v1(odd: Odd, isInOrder = true): FormatRequest {
  const { samples, histogram } = contents(odd);
  const labels = [label(odd.label, '__name__', 'up'), label(undefined, 'job', 'a')];
  const exemplar = all(
    odd.exemplar,
    label(odd['exemplar label'], 'trace', 'x'),
    double(2, 3),
    scalar(3, TIME),
  );
  const parts = [
    ...(isInOrder ? labels : labels.reverse()),
    samples,
    field(3, exemplar),
    field(4, histogram),
  ];
  return { version: 'v1', bytes: field(1, all(odd.series, ...parts)) };
}

function v2(odd: Odd): FormatRequest {
  const { samples, histogram } = contents(odd);
  const exemplar = all(odd.exemplar, refs(5, 6), double(2, 3), scalar(3, TIME));
  const parts = [refs(1, 2, 3, 4), samples, field(4, exemplar), field(3, histogram)];
  const symbols = ['', '__name__', 'up', 'job', 'a', 'trace', 'x'].map((symbol) => field(4, symbol));
  return { version: 'v2', bytes: Buffer.concat([...symbols, field(5, all(odd.series, ...parts))]) };
}

const FORMATS = {
  protobuf: { make: () => new ProtobufFormat(LARGE), read: (value: Buffer) => value, type: Series },
  'remote-write': {
    make: () => new RemoteWriteFormat(LARGE),
    read: (value: Buffer) => Buffer.from(uncompress(value)),
    type: WriteRequest,
  },
} as const;

function valuesOf(format: keyof typeof FORMATS, sent: FormatRequest): Buffer[] {
  const { make, read } = FORMATS[format];
  return recordsOf(make(), sent).map(({ value }) => read(value));
}

const UNKNOWN = Buffer.concat([scalar(101, 1), field(102, 'bytes'), field(103, Buffer.from([0xff, 0xfe]))]);
const NOT_UTF8 = field(1, Buffer.from([0x66, 0xff]));

/** In 1.0, where it is not said otherwise. */
const ODD: readonly (readonly [what: string, odd: Odd])[] = [
  ...(['series', 'label', 'sample', 'exemplar', 'exemplar label', 'histogram', 'span'] as const).map(
    (level) => [`unknown fields in a ${level}`, { [level]: UNKNOWN }] as const,
  ),
  ['samples as a number', { series: scalar(2, 7) }],
  ['labels as a double', { series: double(1, 7) }],
  ['the name of a label as a number', { label: scalar(1, 7) }],
  ['a name that is no UTF-8, which another one replaces', { label: NOT_UTF8 }],
  ['the name of a label of an exemplar, replaced', { 'exemplar label': NOT_UTF8 }],
  ['the value of a label of an exemplar as a double', { 'exemplar label': double(2, 7) }],
  ['the time of a sample as a text', { sample: field(2, 'x') }],
  ['the start of a sample', { sample: scalar(3, 7) }],
  ['the value of an exemplar as a number', { exemplar: scalar(2, 7) }],
  ['the time of a histogram as a text', { histogram: field(15, 'x') }],
  ['the spans of a histogram as a number', { histogram: scalar(8, 7) }],
  ['the start of a histogram', { histogram: scalar(17, 7) }],
  ['the length of a span as a text', { span: field(2, 'x') }],
];

for (const format of ['protobuf', 'remote-write'] as const) {
  describe(`the format ${format}`, () => {
    const { type } = FORMATS[format];
    const encoded = valuesOf(format, v1({}, false));

    test('copies the entry without any of them', () => {
      const [copied] = valuesOf(format, v1({}));
      assert.deepEqual(copied, format === 'protobuf' ? v1({}).bytes.subarray(2) : v1({}).bytes);
      assert.notDeepEqual([copied], encoded);
      assert.deepEqual(type.decode(copied!).toJSON(), type.decode(encoded[0]!).toJSON());
    });

    for (const [what, odd] of ODD) {
      test(`leaves out ${what} (1.0)`, () => assert.deepEqual(valuesOf(format, v1(odd)), encoded));
    }

    // References are no messages; starts are known in 2.0, and the format protobuf has a place for them.
    const inV2 = ODD.filter(
      ([what, odd]) =>
        !(
          'label' in odd ||
          'exemplar label' in odd ||
          (what.startsWith('the start') && format === 'protobuf')
        ),
    );
    for (const [what, odd] of inV2) {
      test(`leaves out ${what} (2.0)`, () =>
        assert.deepEqual(valuesOf(format, v2(odd)), valuesOf(format, v2({}))));
    }
  });
}

describe('a record of many series', () => {
  test('keeps those that are in order as they came, beside one that is not', () => {
    const good = request([{ labels: [['__name__', 'up']], samples: [[1, TIME]] }]);
    const bytes = Buffer.concat([good, v1({ series: scalar(2, 7) }).bytes, good]);
    const [value] = valuesOf('remote-write', { version: 'v1', bytes });
    assert.deepEqual(value, Buffer.concat([good, valuesOf('remote-write', v1({}, false))[0]!, good]));
  });
});
