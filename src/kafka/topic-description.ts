/** What the brokers say of one topic when nothing is to be created: partitions, copies, and what this client may do. */

import { Buffer } from 'node:buffer';
import { Fields } from './fields.ts';
import type { Api } from './request-header.ts';
import type { BrokerLink } from './transport.ts';

/** Version 8 is the first to tell permissions: Kafka 2.3. */
const METADATA: Api = { key: 3, name: 'Metadata', newest: 8 };

const FLAGS_BYTES = 3;
const NO_TOPIC = { errorCode: 0, partitions: [], forbidden: [] } as const;

/** Codes of org.apache.kafka.common.acl.AclOperation. */
const OPERATIONS = { Write: 4, Describe: 8 } as const;

export interface PartitionDescription {
  readonly index: number;
  /** Node id; -1 when there is none. */
  readonly leader: number;
  readonly replicas: number;
  readonly inSync: number;
}

export interface TopicDescription {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly errorCode: number;
  readonly partitions: readonly PartitionDescription[];
  /** Operations of `Write` and `Describe` that are not allowed. */
  readonly forbidden: readonly string[];
}

/** Without a topic, '', only brokers. Rejects with BrokerProblem, or when the broker is too old to be asked. */
export async function describeTopic(link: BrokerLink, topic: string): Promise<TopicDescription> {
  await link.connect();
  if (link.newestVersion(METADATA) < METADATA.newest)
    throw new Error('this broker is older than Kafka 2.3, which is the first to tell permissions');
  return decode(await link.request(METADATA, [encode(topic)]));
}

/** MetadataRequest => [topic STRING], create BOOLEAN, cluster_operations BOOLEAN, topic_operations BOOLEAN */
function encode(topic: string): Buffer {
  if (topic === '') return Buffer.alloc(4 + FLAGS_BYTES);
  const length = Buffer.byteLength(topic);
  const body = Buffer.alloc(4 + 2 + length + FLAGS_BYTES);
  body.writeInt32BE(1, 0);
  body.writeInt16BE(length, 4);
  body.write(topic, 6);
  // Of the three only the last is set: permissions for the topic.
  body.writeInt8(1, body.length - 1);
  return body;
}

/**
 * MetadataResponse => throttle_time_ms INT32, [node_id INT32, host STRING, port INT32, rack NULLABLE_STRING],
 *   cluster_id NULLABLE_STRING, controller_id INT32, [error_code INT16, name STRING, is_internal BOOLEAN,
 *   [error_code INT16, index INT32, leader INT32, leader_epoch INT32, [replica INT32], [in_sync INT32],
 *   [offline INT32]], operations INT32], cluster_operations INT32
 */
function decode(payload: Buffer): TopicDescription {
  const fields = new Fields(payload);
  fields.skip(4);
  const brokers = fields.array(() => {
    const broker = { nodeId: fields.int32(), host: fields.string(), port: fields.int32() };
    fields.string();
    return broker;
  });
  fields.string();
  fields.skip(4);
  const count = (): number => fields.array(() => fields.int32()).length;
  const [topic] = fields.array(() => {
    const errorCode = fields.int16();
    fields.string();
    fields.skip(1);
    const partitions = fields.array(() => {
      fields.skip(2);
      const [index, leader] = [fields.int32(), fields.int32()];
      fields.skip(4);
      const partition = { index, leader, replicas: count(), inSync: count() };
      count();
      return partition;
    });
    return { errorCode, partitions, forbidden: forbiddenIn(fields.int32()) };
  });
  return { brokers, ...(topic ?? NO_TOPIC) };
}

/** A bit for each operation; the lowest number when there is no answer to this. */
function forbiddenIn(bits: number): string[] {
  if (bits === -(2 ** 31)) return [];
  return Object.entries(OPERATIONS)
    .filter(([, code]) => (bits & (1 << code)) === 0)
    .map(([name]) => name);
}
