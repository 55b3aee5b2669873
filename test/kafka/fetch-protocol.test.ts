/** Fetch and ListOffsets: the bytes that kafkajs writes for the same question, and an answer read as kafkajs reads it. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import Encoder from 'kafkajs/src/protocol/encoder.js';
import kafkajs from 'kafkajs/src/protocol/requests/index.js';
import {
  decodeFetch,
  decodeListOffsets,
  encodeFetch,
  encodeListOffsets,
  FETCH,
  LATEST,
  LIST_OFFSETS,
} from '../../src/kafka/fetch-protocol.ts';
import { RecordBatch } from '../../src/kafka/record-batch.ts';

const { requests } = kafkajs;
const OFFSET = 2 ** 40 + 7;
const topic = 'größer';

const fetchOf = (partition: object) =>
  requests.Fetch.protocol({ version: FETCH.newest })({
    maxWaitTime: 0,
    minBytes: 0,
    maxBytes: 4096,
    isolationLevel: 0,
    topics: [{ topic, partitions: [partition] }],
  });

const listOf = (partition: object) =>
  requests.ListOffsets.protocol({ version: LIST_OFFSETS.newest })({
    topics: [{ topic, partitions: [partition] }],
  });

function batch(): Buffer {
  const written = new RecordBatch(64);
  written.begin(1_700_000_000_000).ascii('hello');
  written.end();
  return Buffer.concat(written.seal(0));
}

/** An answer to Fetch, as the protocol guide lays it out. */
function fetchAnswer(errorCode: number, batches: Buffer | null): Buffer {
  const aborted = new Encoder().writeInt64(9).writeInt64(OFFSET - 5);
  const partition = new Encoder().writeInt32(0).writeInt16(errorCode).writeInt64(OFFSET);
  partition.writeInt64(OFFSET - 1).writeArray([aborted]);
  partition.writeBytes(batches);
  const named = new Encoder().writeString(topic).writeArray([partition]);
  return new Encoder().writeInt32(250).writeArray([named]).buffer;
}

describe('Fetch', () => {
  test('is asked for byte for byte as kafkajs does', async () => {
    const { request } = fetchOf({ partition: 3, fetchOffset: OFFSET, maxBytes: 4096 });
    const ours = Buffer.concat(encodeFetch({ topic, partition: 3, offset: OFFSET, maxBytes: 4096 }));
    assert.deepEqual(ours, (await request.encode()).buffer);
    assert.deepEqual([FETCH.key, FETCH.newest], [request.apiKey, request.apiVersion]);
  });

  test('is answered without a partition when the client is over a quota, which is an error here', () => {
    const payload = new Encoder().writeInt32(250).writeArray([]).buffer;
    const none = Buffer.alloc(0);
    assert.deepEqual(decodeFetch(payload), { errorCode: 89, endOffset: -1, batches: none });
  });

  test('is answered with the error, the end and the batches as they are', async () => {
    const batches = batch();
    const payload = fetchAnswer(6, batches);
    assert.deepEqual(decodeFetch(payload), { errorCode: 6, endOffset: OFFSET, batches });
    const told = (await fetchOf({ partition: 0, fetchOffset: 0, maxBytes: 1 }).response.decode(payload)) as {
      responses: { partitions: { errorCode: number; highWatermark: string; messages: unknown[] }[] }[];
    };
    const [{ errorCode, highWatermark, messages }] = told.responses[0]!.partitions as [never];
    assert.deepEqual([errorCode, highWatermark], [6, String(OFFSET)]);
    assert.equal((messages as unknown[]).length, 1);
  });

  test('is answered with no batches at all when there is nothing', () => {
    assert.deepEqual(decodeFetch(fetchAnswer(0, null)).batches, Buffer.alloc(0));
  });

  test('that is answered without the partition throws', () => {
    const named = new Encoder().writeString(topic).writeArray([]);
    const empty = new Encoder().writeInt32(0).writeArray([named]).buffer;
    assert.throws(() => decodeFetch(empty), /says nothing of the partition/);
  });
});

describe('ListOffsets', () => {
  for (const timestampMs of [LATEST, 1_700_000_000_000]) {
    test(`is asked for byte for byte as kafkajs does: ${timestampMs}`, async () => {
      const { request } = listOf({ partition: 3, timestamp: timestampMs });
      const ours = Buffer.concat(encodeListOffsets({ topic, partition: 3, timestampMs }));
      assert.deepEqual(ours, (await request.encode()).buffer);
      assert.deepEqual([LIST_OFFSETS.key, LIST_OFFSETS.newest], [request.apiKey, request.apiVersion]);
    });
  }

  for (const offset of [OFFSET, -1]) {
    test(`is answered with the error and an offset: ${offset}`, () => {
      const partition = new Encoder().writeInt32(3).writeInt16(2).writeInt64(5).writeInt64(offset);
      const named = new Encoder().writeString(topic).writeArray([partition]);
      const payload = new Encoder().writeArray([named]).buffer;
      assert.deepEqual(decodeListOffsets(payload), { errorCode: 2, offset });
    });
  }
});
