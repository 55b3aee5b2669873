/** The Produce request byte by byte, and its answer in each version that is spoken. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import {
  decodeProduce,
  encodeProduce,
  NEWEST_PRODUCE,
  OLDEST_PRODUCE,
} from '../../src/kafka/produce-protocol.ts';
import { requestHeader } from '../../src/kafka/request-header.ts';

const VERSIONS = Array.from({ length: NEWEST_PRODUCE - OLDEST_PRODUCE + 1 }, (_, i) => OLDEST_PRODUCE + i);

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value)]);
const int64 = (value: number): Buffer =>
  Buffer.concat([int32(Math.floor(value / 2 ** 32)), int32(value | 0)]);
const string = (text: string | null): Buffer =>
  text === null ? int16(-1) : Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
const array = (...items: readonly Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items]);

interface AnswerText {
  readonly partition: number;
  readonly errorCode: number;
  readonly refused?: readonly (readonly [number, string | null])[];
  readonly message?: string | null;
}

/** One partition of an answer, as the version lays it out. */
function partitionBytes(version: number, answer: AnswerText): Buffer {
  const { partition, errorCode, refused = [], message = null } = answer;
  const parts = [int32(partition), int16(errorCode), int64(123_456_789_012), int64(-1)];
  if (version >= 5) parts.push(int64(7));
  if (version >= 8) {
    const named = refused.map(([index, text]) => Buffer.concat([int32(index), string(text)]));
    parts.push(array(...named), string(message));
  }
  return Buffer.concat(parts);
}

function answerBytes(version: number, topics: Readonly<Record<string, readonly AnswerText[]>>): Buffer {
  const encoded = Object.entries(topics).map(([topic, answers]) =>
    Buffer.concat([string(topic), array(...answers.map((answer) => partitionBytes(version, answer)))]),
  );
  return Buffer.concat([array(...encoded), int32(250)]);
}

describe('a Produce request', () => {
  const batch = [Buffer.from('head'), Buffer.from('er')];

  test('has the bytes of the protocol guide: no transaction, acks of all, the topics with their partitions', () => {
    const data = [
      { topic: 'metrics', partition: 5, batch },
      { topic: 'other', partition: 0, batch: [Buffer.from('x')] },
      { topic: 'metrics', partition: 6, batch: [Buffer.from('yz')] },
    ];
    const expected = Buffer.concat([
      string(null), // transactional id
      int16(-1), // acks
      int32(3333), // timeout
      int32(2),
      string('metrics'),
      int32(2),
      Buffer.concat([int32(5), int32(6), Buffer.from('header')]),
      Buffer.concat([int32(6), int32(2), Buffer.from('yz')]),
      string('other'),
      int32(1),
      Buffer.concat([int32(0), int32(1), Buffer.from('x')]),
    ]);
    assert.deepEqual(Buffer.concat(encodeProduce(data, 3333)), expected);
  });

  test('passes the batches on as they are, without a copy', () => {
    const pieces = encodeProduce([{ topic: 'metrics', partition: 0, batch }], 1);
    for (const piece of batch) assert.ok(pieces.includes(piece));
  });

  test('counts the bytes of a topic name, not its letters', () => {
    const [, topicHead] = encodeProduce([{ topic: 'é', partition: 0, batch }], 1);
    assert.deepEqual(topicHead, Buffer.concat([string('é'), int32(1)]));
  });
});

describe('the header of a request', () => {
  test('has the bytes of version 1, and the length of everything behind it', () => {
    const body = [Buffer.alloc(3), Buffer.alloc(4)];
    const header = requestHeader({
      apiKey: 0,
      apiVersion: 8,
      correlationId: 2 ** 31 - 1,
      clientId: 'é',
      body,
    });
    const expected = Buffer.concat([int16(0), int16(8), int32(2 ** 31 - 1), string('é')]);
    assert.deepEqual(header, Buffer.concat([int32(expected.length + 7), expected]));
  });
});

describe('an answer', () => {
  for (const version of VERSIONS) {
    test(`of version ${version} is read partition by partition`, () => {
      const bytes = answerBytes(version, {
        metrics: [
          { partition: 5, errorCode: 0 },
          { partition: 6, errorCode: -1 },
        ],
        other: [{ partition: 0, errorCode: 87 }],
      });
      const rest = { refusedRecords: [], errorMessage: '' };
      assert.deepEqual(decodeProduce(bytes, version), [
        { topic: 'metrics', partition: 5, errorCode: 0, ...rest },
        { topic: 'metrics', partition: 6, errorCode: -1, ...rest },
        { topic: 'other', partition: 0, errorCode: 87, ...rest },
      ]);
    });
  }

  test('of version 8 names the refused records, and what is wrong', () => {
    const refused = [
      [3, 'too old'],
      [70_000, null],
    ] as const;
    const bytes = answerBytes(8, {
      metrics: [
        { partition: 0, errorCode: 32, refused, message: 'one or more' },
        { partition: 1, errorCode: 32, refused, message: null },
        { partition: 2, errorCode: 0 },
      ],
    });
    assert.deepEqual(
      decodeProduce(bytes, 8).map(({ refusedRecords, errorMessage }) => [refusedRecords, errorMessage]),
      [
        [[3, 70_000], 'one or more'],
        [[3, 70_000], 'too old'],
        [[], ''],
      ],
    );
  });

  test('without a topic is empty', () => {
    assert.deepEqual(decodeProduce(answerBytes(8, {}), 8), []);
  });

  test('that is cut off throws instead of making something up', () => {
    const bytes = answerBytes(8, {
      metrics: [{ partition: 5, errorCode: 0, refused: [[1, 'x']], message: 'y' }],
    });
    const throttleBytes = 4;
    for (let length = 0; length < bytes.length - throttleBytes - 1; length++) {
      assert.throws(() => decodeProduce(bytes.subarray(0, length), 8), RangeError, `${length} bytes`);
    }
  });
});
