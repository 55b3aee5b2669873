/** The Produce request and its answer, versions 3 to 8, which share one layout but for the answer's end. */

import { Buffer } from 'node:buffer';
import { bytesOf } from '../lib/pieces.ts';
import { Fields } from './fields.ts';

export const PRODUCE_KEY = 0;
export const OLDEST_PRODUCE = 3;
export const NEWEST_PRODUCE = 8;
const ALL_IN_SYNC_REPLICAS = -1;

/** One batch for one partition. */
export interface PartitionData {
  readonly topic: string;
  readonly partition: number;
  /** The sealed batch, in pieces. */
  readonly batch: readonly Buffer[];
}

export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Places in the batch of the records that are to blame (version 8). */
  readonly refusedRecords: readonly number[];
  readonly errorMessage: string;
}

/**
 * ProduceRequest => transactional_id NULLABLE_STRING, acks INT16, timeout_ms INT32,
 *   [topic STRING, [partition INT32, records BYTES]]
 * The body after the request header, as pieces to be written one after the other: batches are not copied.
 */
export function encodeProduce(data: readonly PartitionData[], timeoutMs: number): Buffer[] {
  const pieces: Buffer[] = [];
  const byTopic = Map.groupBy(data, ({ topic }) => topic);
  const head = Buffer.alloc(12);
  head.writeInt16BE(-1, 0);
  head.writeInt16BE(ALL_IN_SYNC_REPLICAS, 2);
  head.writeInt32BE(timeoutMs, 4);
  head.writeInt32BE(byTopic.size, 8);
  pieces.push(head);
  for (const [topic, partitions] of byTopic) {
    const name = Buffer.from(topic);
    const topicHead = Buffer.alloc(2 + name.length + 4);
    topicHead.writeInt16BE(name.length, 0);
    name.copy(topicHead, 2);
    topicHead.writeInt32BE(partitions.length, 2 + name.length);
    pieces.push(topicHead);
    for (const { partition, batch } of partitions) {
      const partitionHead = Buffer.alloc(8);
      partitionHead.writeInt32BE(partition, 0);
      partitionHead.writeInt32BE(bytesOf(batch), 4);
      pieces.push(partitionHead, ...batch);
    }
  }
  return pieces;
}

const OFFSET_AND_APPEND_TIME_BYTES = 16;
const START_OFFSET_BYTES = 8;

/**
 * ProduceResponse => [topic STRING, [partition INT32, error_code INT16, base_offset INT64, log_append_time INT64,
 *   log_start_offset INT64 (5+), [batch_index INT32, message NULLABLE_STRING] (8+),
 *   error_message NULLABLE_STRING (8+)]], throttle_time_ms INT32
 */
export function decodeProduce(payload: Buffer, version: number): PartitionAnswer[] {
  const fields = new Fields(payload);
  const topics = fields.array(() => {
    const topic = fields.string();
    return fields.array((): PartitionAnswer => {
      const partition = fields.int32();
      const errorCode = fields.int16();
      fields.skip(OFFSET_AND_APPEND_TIME_BYTES + (version >= 5 ? START_OFFSET_BYTES : 0));
      if (version < 8) return { topic, partition, errorCode, refusedRecords: [], errorMessage: '' };
      const refused = fields.array(() => ({ index: fields.int32(), message: fields.string() }));
      const errorMessage = fields.string() || refused[0]?.message || '';
      return { topic, partition, errorCode, refusedRecords: refused.map(({ index }) => index), errorMessage };
    });
  });
  return topics.flat();
}
