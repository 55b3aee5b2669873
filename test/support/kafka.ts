/** A real Kafka for tests, and the few things tests do with one. */

import { randomUUID } from 'node:crypto';
import { type Admin, type Batch, type IHeaders, Kafka, logLevel } from 'kafkajs';
import {
  KafkaCluster,
  KafkaNode,
  type KafkaNodeOptions,
  type KafkaRuntime,
} from '../../deploy/local/kafka.ts';
import { findRuntime } from '../../deploy/local/runtime.ts';
import { forgetGroup } from '../../src/kafka/tail.ts';
import { eventually } from './eventually.ts';

/** The variable by which a test run tells its files where the Kafka is that they share. */
export const sharedKafkaVariable = 'TEST_KAFKA_BROKERS';

/** A broker for a test file. */
export interface TestKafka {
  brokers: string;
  /** Ends the broker, unless it is the one of the whole test run. */
  stop(): Promise<void>;
}

/** A record as a consumer sees it. */
export interface ReadRecord {
  partition: number;
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
  /** Milliseconds since 1970. */
  timestamp: number;
  headers: Record<string, string>;
}

type NodeSettings = Omit<KafkaNodeOptions, 'runtime'>;

/** The Kafka of KAFKA_HOME, or the pinned one, downloaded at the first use. */
export function runtimeOfTests(): Promise<KafkaRuntime> {
  return findRuntime({ environment: process.env, out: process.stderr, signal: new AbortController().signal });
}

/** The Kafka of the test run, else one for this file alone: topics need names of their own either way. */
export async function testKafka(): Promise<TestKafka> {
  const shared = process.env[sharedKafkaVariable];
  if (shared) return { brokers: shared, stop: () => Promise.resolve() };
  const node = await startKafka();
  return { brokers: node.brokers, stop: () => node.close() };
}

/** A Kafka that nobody shares, for tests that stop, kill or pause it. End it with `close()`. */
export async function startKafka(settings: NodeSettings = {}): Promise<KafkaNode> {
  const node = new KafkaNode({ runtime: await runtimeOfTests(), ...settings });
  try {
    await node.start();
  } catch (error) {
    await node.close();
    throw error;
  }
  return node;
}

/** Several nodes that replicate to each other. End them with `close()`. */
export async function startKafkaCluster(size = 3, settings: NodeSettings = {}): Promise<KafkaCluster> {
  const cluster = await KafkaCluster.create(size, { runtime: await runtimeOfTests(), ...settings });
  try {
    await cluster.start();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

/** A client that is silent: what matters to a test rejects. */
export function kafkaClient(brokers: string): Kafka {
  return new Kafka({ clientId: 'test', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
}

/** Runs `work` with a connected admin client. */
export async function withAdmin<Result>(
  brokers: string,
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/**
 * After a start, a creation or a fault it takes a moment until partitions have leaders and groups are loaded; kafkajs
 * calls such errors retriable.
 */
export async function whenSettled<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  return eventually(
    () =>
      ask().then(
        (answer) => ({ answer }),
        (error: { retriable?: boolean }) => {
          if (!error.retriable) throw error;
          return undefined;
        },
      ),
    { what: 'partitions have leaders and groups are loaded', withinMs: 60_000 },
  ).then(({ answer }) => answer);
}

/** A topic name that no other test uses. */
export function uniqueTopic(prefix = 'test'): string {
  return `${prefix}-${randomUUID()}`;
}

/** Creates the topic and resolves when its partitions have leaders; gives its name. */
export async function createTopic(
  brokers: string,
  topic: { name?: string; partitions?: number; replicas?: number; settings?: Record<string, string> } = {},
): Promise<string> {
  const name = topic.name ?? uniqueTopic();
  const configEntries = Object.entries(topic.settings ?? {}).map(([key, value]) => ({ name: key, value }));
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic: name,
          numPartitions: topic.partitions ?? 1,
          replicationFactor: topic.replicas ?? 1,
          configEntries,
        },
      ],
    });
    await whenSettled(() => admin.fetchTopicOffsets(name));
  });
  return name;
}

/** How many records the topic holds, all partitions together. */
export function countRecords(brokers: string, topic: string): Promise<number> {
  return withAdmin(brokers, async (admin) => {
    const offsets = await whenSettled(() => admin.fetchTopicOffsets(topic));
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  });
}

/** All records the topic holds now, by partition and offset. Leaves no consumer group behind. */
export function readTopic(brokers: string, topic: string, withinMs = 60_000): Promise<ReadRecord[]> {
  return withAdmin(brokers, async (admin) => {
    const pending = new Map<number, number>();
    for (const { partition, high, low } of await whenSettled(() => admin.fetchTopicOffsets(topic))) {
      if (Number(high) > Number(low)) pending.set(partition, Number(high));
    }
    if (pending.size === 0) return [];
    return whenSettled(async () => {
      const groupId = `test-${randomUUID()}`;
      try {
        const records = await consume({ brokers, topic, groupId, withinMs }, new Map(pending));
        return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
      } finally {
        await forgetGroup(admin, groupId);
      }
    });
  });
}

interface Consumption {
  brokers: string;
  topic: string;
  groupId: string;
  withinMs: number;
}

/** Reads from the start up to the end offsets in `pending`. */
async function consume(what: Consumption, pending: Map<number, number>): Promise<ReadRecord[]> {
  const ends = new Map(pending);
  const records: ReadRecord[] = [];
  const consumer = kafkaClient(what.brokers).consumer({ groupId: what.groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.subscribe({ topic: what.topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const late = () => {
        const left = [...pending].map(([partition, end]) => `partition ${partition} up to ${end}`).join(', ');
        reject(
          new Error(
            `${records.length} records of ${what.topic} within ${what.withinMs} ms, missing: ${left}`,
          ),
        );
      };
      timer = setTimeout(late, what.withinMs);
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      const eachBatch = async ({ batch }: { batch: Batch }): Promise<void> => {
        const end = ends.get(batch.partition) ?? 0;
        for (const { offset, key, value, timestamp, headers } of batch.messages) {
          // What came after the reading began is for the next one.
          if (Number(offset) >= end) continue;
          records.push({
            partition: batch.partition,
            offset: Number(offset),
            key: key ?? null,
            value: value ?? null,
            timestamp: Number(timestamp),
            headers: readHeaders(headers),
          });
        }
        if (Number(batch.lastOffset()) + 1 >= end) pending.delete(batch.partition);
        if (pending.size === 0) resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return records;
}

function readHeaders(headers: IHeaders | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
