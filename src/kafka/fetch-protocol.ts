/** Fetch and ListOffsets of one partition, in the oldest versions that Kafka 4 still speaks: they tell all that is needed. */

import { Buffer } from 'node:buffer';
import { Fields } from './fields.ts';
import { THROTTLING_QUOTA_EXCEEDED } from './protocol-errors.ts';
import type { Api } from './request-header.ts';

/** Since Kafka 0.11. Records compressed by zstd are an error code in it. */
export const FETCH: Api = { key: 1, name: 'Fetch', newest: 4 };
export const LIST_OFFSETS: Api = { key: 2, name: 'ListOffsets', newest: 1 };

/** In the place of a time: the end. */
export const LATEST = -1;
const NO_REPLICA = -1;
const READ_UNCOMMITTED = 0;
const THROTTLE_BYTES = 4;
const LAST_STABLE_OFFSET_BYTES = 8;
const ABORTED_TRANSACTION_BYTES = 16;

export interface FetchQuestion {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The first batch comes even when it is larger. */
  readonly maxBytes: number;
}

export interface FetchAnswer {
  readonly errorCode: number;
  /** The offset that the next record will have. */
  readonly endOffset: number;
  /** Batches one after the other; the last one may be cut off. */
  readonly batches: Buffer;
}

const THROTTLED: FetchAnswer = {
  errorCode: THROTTLING_QUOTA_EXCEEDED,
  endOffset: -1,
  batches: Buffer.alloc(0),
};

/**
 * FetchRequest => replica_id INT32, max_wait_ms INT32, min_bytes INT32, max_bytes INT32, isolation_level INT8,
 *   [topic STRING, [partition INT32, fetch_offset INT64, partition_max_bytes INT32]]
 * The broker answers at once, with nothing when there is nothing. Uncommitted records too: waiting for a transaction
 * that never ends would let anybody stop the reading.
 */
export function encodeFetch({ topic, partition, offset, maxBytes }: FetchQuestion): Buffer[] {
  const head = Buffer.alloc(17);
  head.writeInt32BE(NO_REPLICA, 0);
  head.writeInt32BE(maxBytes, 12);
  head.writeInt8(READ_UNCOMMITTED, 16);
  const rest = Buffer.alloc(16);
  rest.writeInt32BE(partition, 0);
  rest.writeBigInt64BE(BigInt(offset), 4);
  rest.writeInt32BE(maxBytes, 12);
  return [head, ...ofOneTopic(topic, rest)];
}

/**
 * FetchResponse => throttle_time_ms INT32, [topic STRING, [partition INT32, error_code INT16, high_watermark INT64,
 *   last_stable_offset INT64, [producer_id INT64, first_offset INT64], records BYTES]]
 * Without a topic when the client is over a quota: the broker gives nothing then, and names no error for it.
 */
export function decodeFetch(payload: Buffer): FetchAnswer {
  const fields = new Fields(payload);
  fields.skip(THROTTLE_BYTES);
  const topics = fields.array(() => {
    fields.string();
    return fields.array((): FetchAnswer => {
      fields.skip(4);
      const [errorCode, endOffset] = [fields.int16(), fields.int64()];
      fields.skip(LAST_STABLE_OFFSET_BYTES);
      fields.array(() => fields.skip(ABORTED_TRANSACTION_BYTES));
      return { errorCode, endOffset, batches: fields.bytes() };
    });
  });
  if (topics.length === 0) return THROTTLED;
  return onlyOne(topics);
}

export interface OffsetQuestion {
  readonly topic: string;
  readonly partition: number;
  /** Milliseconds since 1970: asks for the first record of that time or later. Or LATEST. */
  readonly timestampMs: number;
}

export interface OffsetAnswer {
  readonly errorCode: number;
  /** -1 when there is no such record. */
  readonly offset: number;
}

/** ListOffsetsRequest => replica_id INT32, [topic STRING, [partition INT32, timestamp INT64]] */
export function encodeListOffsets({ topic, partition, timestampMs }: OffsetQuestion): Buffer[] {
  const head = Buffer.alloc(4);
  head.writeInt32BE(NO_REPLICA, 0);
  const rest = Buffer.alloc(12);
  rest.writeInt32BE(partition, 0);
  rest.writeBigInt64BE(BigInt(timestampMs), 4);
  return [head, ...ofOneTopic(topic, rest)];
}

/** ListOffsetsResponse => [topic STRING, [partition INT32, error_code INT16, timestamp INT64, offset INT64]] */
export function decodeListOffsets(payload: Buffer): OffsetAnswer {
  const fields = new Fields(payload);
  return onlyOne(
    fields.array(() => {
      fields.string();
      return fields.array((): OffsetAnswer => {
        fields.skip(4);
        const errorCode = fields.int16();
        fields.skip(8);
        return { errorCode, offset: fields.int64() };
      });
    }),
  );
}

/** `[topic STRING, [partition]]` with one of each. */
function ofOneTopic(topic: string, partition: Buffer): Buffer[] {
  const length = Buffer.byteLength(topic);
  const head = Buffer.alloc(10 + length);
  head.writeInt32BE(1, 0);
  head.writeInt16BE(length, 4);
  head.write(topic, 6);
  head.writeInt32BE(1, 6 + length);
  return [head, partition];
}

function onlyOne<Answer>(topics: readonly (readonly Answer[])[]): Answer {
  const [answer] = topics.flat();
  if (answer === undefined) throw new Error('the broker says nothing of the partition that was asked for');
  return answer;
}
