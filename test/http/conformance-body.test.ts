/** Remote-Write 1.0 and 2.0, "Protocol" and "Protobuf Message": compression, and the message as bytes. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { compressed, type Entry, HEADERS_OF, message, VERSIONS, type Version } from '../support/message.ts';
import { NOT_TOLD, type Receiver, startReceiver, writtenOf } from '../support/receiver.ts';
import { double, field, request, sample, varint } from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const UP: Entry = { labels: [['__name__', 'up']], samples: [{ value: 1, timestamp: 1000 }] };
const send = (receiver: Receiver, version: Version, body: Uint8Array) =>
  receiver.send({ headers: HEADERS_OF[version], body });

/** A sound message, not compressed. */
function plain(version: Version): Buffer {
  return version === '1.0'
    ? request([{ labels: [['__name__', 'up']], samples: [[1, 1000]] }])
    : messageV2(seriesV2(sampleField(1, 1000)));
}

const scalar = (number: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(number << 3), varint(value)]);
const sampleField = (value: number, timestampMs: number): Buffer => field(2, sample(value, timestampMs));
const packed = (number: number, ...values: number[]): Buffer =>
  field(number, Buffer.concat(values.map(varint)));
/** The fields of a series behind its references to `up`. */
const seriesV2 = (...fields: Uint8Array[]): Buffer => field(5, Buffer.concat([packed(1, 1, 2), ...fields]));
const SYMBOLS = Buffer.concat(['', '__name__', 'up', 'a', 'b'].map((symbol) => field(4, symbol)));
const messageV2 = (...series: Uint8Array[]): Buffer => Buffer.concat([SYMBOLS, ...series]);

/** One field of each wire type, of numbers that no message has. */
const UNKNOWN = Buffer.concat([
  scalar(90, 2n ** 63n),
  double(91, 1),
  field(92, 'later'),
  Buffer.concat([varint((93 << 3) | 5), Buffer.alloc(4)]),
  Buffer.concat([varint((94 << 3) | 3), scalar(1, 1), varint((94 << 3) | 4)]),
]);

describe('Protocol, snappy in block format', () => {
  const OTHER = /snappy in block format|http\.max_decoded_size|decompressed body is not/;
  const BROKEN = /^the body is not snappy in block format: it (is|ends|holds)|: a literal runs past/;
  for (const [name, make, text = OTHER] of [
    ['the framed format is 400', (body) => Buffer.concat([Buffer.from('ff060000734e61507059', 'hex'), body])],
    ['gzip is 400', (_body, bytes) => gzipSync(bytes)],
    ['deflate is 400', (_body, bytes) => deflateSync(bytes)],
    ['zstd is 400', (_body, bytes) => Buffer.concat([Buffer.from('28b52ffd', 'hex'), bytes])],
    ['a body that is not compressed is 400', (_body, bytes) => bytes],
    ['a body of no bytes is 400', () => Buffer.alloc(0), BROKEN],
    ['trailing bytes are 400', (body) => Buffer.concat([body, Buffer.from([0])]), BROKEN],
    ['a body cut off is 400', (body) => body.subarray(0, -1), BROKEN],
    [
      'less than its header declares is 400',
      (body) => Buffer.concat([varint(100), body.subarray(1)]),
      BROKEN,
    ],
    ['more than its header declares is 400', (body) => Buffer.concat([varint(5), body.subarray(1)]), BROKEN],
  ] as readonly [string, (body: Buffer, bytes: Buffer) => Buffer, RegExp?][]) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const bytes = plain(version);
        const answer = await send(receiver, version, make(compressed(bytes), bytes));
        assert.equal(answer.status, 400, version);
        assert.match(String(answer.body), text);
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['0', '0', '0']);
      }
      assert.deepEqual(receiver.records, []);
    });
  }

  test('a compressed message of no bytes is an empty request: 204', async (t) => {
    const receiver = await startReceiver(t);
    for (const version of VERSIONS) {
      const answer = await send(receiver, version, Buffer.from([0]));
      assert.equal(answer.status, 204);
      assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['0', '0', '0']);
    }
  });
});

describe('a message that is malformed is 400, and its sound beginning is not written', () => {
  for (const [name, end] of [
    ['cut off within a field', Buffer.from([0x2a, 0x7f])],
    ['a length beyond the end', Buffer.concat([varint((1 << 3) | 2), varint(0xffffffff)])],
    ['a field number of 0', Buffer.from([0x02, 0x00])],
    ['wire type 6', Buffer.from([0x0e, 0x00])],
    ['wire type 7', Buffer.from([0x0f, 0x00])],
    ['a varint of eleven bytes', Buffer.concat([varint(9 << 3), Buffer.alloc(10, 0xff), Buffer.from([1])])],
    ['a group that does not end', Buffer.concat([varint((9 << 3) | 3), scalar(1, 1)])],
    ['a group that ends by another number', Buffer.from([(9 << 3) | 3, (8 << 3) | 4])],
    ['groups nested without end', Buffer.alloc(100_000, (9 << 3) | 3)],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const version of VERSIONS) {
        const answer = await send(receiver, version, compressed(Buffer.concat([plain(version), end])));
        assert.equal(answer.status, 400, version);
        assert.match(String(answer.body), /decompressed body is not an? (io\.)?prometheus\./);
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['0', '0', '0']);
      }
      assert.deepEqual(receiver.records, []);
    });
  }
});

describe('a message of the other version is an empty one', () => {
  test('1.0 sent as 2.0: 204, and told that nothing is written', async (t) => {
    const receiver = await startReceiver(t);
    const answer = await send(receiver, '2.0', message('1.0', [UP, UP]));
    assert.deepEqual([answer.status, ...writtenOf(answer)], [204, '0', '0', '0']);
    assert.deepEqual(receiver.records, []);
  });

  test('2.0 sent as 1.0: 204, and nothing is told', async (t) => {
    const receiver = await startReceiver(t);
    const answer = await send(receiver, '1.0', message('2.0', [UP, UP]));
    assert.deepEqual([answer.status, writtenOf(answer)], [204, NOT_TOLD]);
    assert.deepEqual(receiver.records, []);
  });
});

describe('Backward and Forward Compatibility', () => {
  test('unknown fields of every wire type are skipped in every message', async (t) => {
    const receiver = await startReceiver(t);
    const U = UNKNOWN;
    const all = (...parts: Uint8Array[]): Buffer => Buffer.concat([U, ...parts, U]);
    const label = (name: string, value: string) => field(1, all(field(1, name), U, field(2, value)));
    const span = field(11, all(scalar(2, 1)));
    const histogram = all(scalar(1, 1), span, packed(12, 2), scalar(15, 1000));
    const v1 = all(
      field(
        1,
        all(
          label('__name__', 'up'),
          field(2, all(double(1, 1))),
          field(3, all(label('a', 'b'))),
          field(4, histogram),
        ),
      ),
      field(3, all(field(2, 'up'))),
    );
    const exemplar = all(packed(1, 3, 4));
    const v2 = all(
      SYMBOLS,
      seriesV2(
        field(2, all(double(1, 1))),
        U,
        field(3, histogram),
        field(4, exemplar),
        field(5, all(scalar(1, 2))),
      ),
    );
    for (const [version, bytes] of [
      ['1.0', v1],
      ['2.0', v2],
    ] as const) {
      const answer = await send(receiver, version, compressed(bytes));
      assert.equal(answer.status, 204, String(answer.body));
      if (version === '2.0') assert.deepEqual(writtenOf(answer), ['1', '1', '1']);
    }
    const [v1Sample, v1Histogram, v2Sample, v2Histogram] = receiver.records;
    assert.deepEqual({ ...v2Sample, type: undefined }, { ...v1Sample, type: undefined });
    assert.deepEqual(v2Histogram?.histogram, v1Histogram?.histogram);
    assert.deepEqual([v2Sample?.type, v2Histogram?.exemplars], ['gauge', v1Histogram?.exemplars]);
  });

  for (const [name, version, bytes] of [
    [
      'the reserved fields 1 to 3 of a 2.0 request are skipped',
      '2.0',
      messageV2(field(1, 'x'), scalar(2, 1), field(3, 'y'), seriesV2(sampleField(1, 1000))),
    ],
    [
      'the reserved field 6 of a 2.0 series, once its created timestamp, is skipped',
      '2.0',
      messageV2(seriesV2(scalar(6, 999), sampleField(1, 1000))),
    ],
    ['the reserved field 2 of a 1.0 request is skipped', '1.0', Buffer.concat([scalar(2, 3), plain('1.0')])],
    [
      'start timestamps, which 1.0 does not have, are skipped there',
      '1.0',
      field(
        1,
        Buffer.concat([
          field(1, Buffer.concat([field(1, '__name__'), field(2, 'up')])),
          field(2, Buffer.concat([sample(1, 1000), scalar(3, 5)])),
        ]),
      ),
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      assert.equal((await send(receiver, version, compressed(bytes))).status, 204);
      assert.deepEqual(receiver.records, [
        { labels: { __name__: 'up' }, name: 'up', timestamp: '1970-01-01T00:00:01.000Z', value: '1' },
      ]);
    });
  }
});

test('the start timestamp of a histogram of 1.0 is skipped', async (t) => {
  const receiver = await startReceiver(t);
  const name = field(1, Buffer.concat([field(1, '__name__'), field(2, 'up')]));
  const bytes = field(1, Buffer.concat([name, field(4, scalar(17, 5))]));
  assert.equal((await send(receiver, '1.0', compressed(bytes))).status, 204);
  assert.equal(receiver.records[0]?.start_timestamp, undefined);
});

describe('io.prometheus.write.v2.Request, all that is legal on the wire', () => {
  const refs = (number: number) => [
    scalar(number, 1),
    scalar(number, 2),
    scalar(number, 3),
    scalar(number, 4),
  ];
  const samples = sampleField(1, 1000);
  for (const [name, bytes] of [
    ['references packed', messageV2(field(5, Buffer.concat([packed(1, 1, 2, 3, 4), samples])))],
    ['references one by one', messageV2(field(5, Buffer.concat([...refs(1), samples])))],
    [
      'references packed in several pieces, between other fields',
      messageV2(field(5, Buffer.concat([packed(1, 1), samples, packed(1, 2, 3), packed(1), scalar(1, 4)]))),
    ],
    [
      'series before the symbols',
      Buffer.concat([field(5, Buffer.concat([samples, packed(1, 1, 2, 3, 4)])), SYMBOLS]),
    ],
    [
      'symbols before and behind',
      Buffer.concat([
        field(4, ''),
        field(4, '__name__'),
        field(5, Buffer.concat([packed(1, 1, 2, 3, 4), samples])),
        field(4, 'up'),
        field(4, 'a'),
        field(4, 'b'),
      ]),
    ],
    [
      'references and times as varints longer than they need be',
      messageV2(
        field(
          5,
          Buffer.concat([
            field(1, Buffer.from([0x81, 0x00, 0x82, 0x80, 0x00, 3, 4])),
            field(2, Buffer.concat([double(1, 1), Buffer.from([0x10, 0xe8, 0x87, 0x80, 0x00])])),
          ]),
        ),
      ),
    ],
    [
      'the last of a scalar that is sent twice',
      messageV2(
        field(
          5,
          Buffer.concat([packed(1, 1, 2, 3, 4), field(2, Buffer.concat([sample(7, 7), sample(1, 1000)]))]),
        ),
      ),
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      const answer = await send(receiver, '2.0', compressed(bytes));
      assert.deepEqual([answer.status, ...writtenOf(answer)], [204, '1', '0', '0'], String(answer.body));
      const [record] = receiver.records;
      assert.deepEqual([record?.labels, record?.value], [{ __name__: 'up', a: 'b' }, '1']);
      assert.equal(record?.timestamp, '1970-01-01T00:00:01.000Z');
    });
  }

  test('what a proto3 sender leaves out is zero', async (t) => {
    const receiver = await startReceiver(t);
    for (const version of VERSIONS)
      await send(receiver, version, message(version, [{ labels: UP.labels, samples: [{}] }]));
    for (const { value, timestamp } of receiver.records)
      assert.deepEqual([value, timestamp], ['0', '1970-01-01T00:00:00.000Z']);
    assert.equal(receiver.records.length, 2);
  });

  test('metadata in two pieces is one', async (t) => {
    const receiver = await startReceiver(t);
    const metadata = [field(5, scalar(1, 1)), field(5, scalar(3, 3)), field(5, scalar(4, 4))];
    await send(receiver, '2.0', compressed(messageV2(seriesV2(...metadata, sampleField(1, 1000)))));
    const [record] = receiver.records;
    assert.deepEqual([record?.type, record?.help, record?.unit], ['counter', 'a', 'b']);
  });

  test('what protobufjs makes of proto/ and what is made by hand are the same', () => {
    const timeseries = [{ labels_refs: [1, 2], samples: [{ value: 1, timestamp: 1000 }] }];
    assert.deepEqual(
      Buffer.from(requestV2({ symbols: ['', '__name__', 'up', 'a', 'b'], timeseries })),
      plain('2.0'),
    );
  });
});
