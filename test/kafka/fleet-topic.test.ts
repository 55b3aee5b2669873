/** The fleet's log with real brokers: what one replica writes the others read, whatever else happens to the topic. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, type TestContext, test } from 'node:test';
import kafkajs from 'kafkajs';
import Encoder from 'kafkajs/src/protocol/encoder.js';
import type { KafkaCluster } from '../../deploy/local/kafka.ts';
import { FleetTopic } from '../../src/kafka/fleet-topic.ts';
import { Transport } from '../../src/kafka/transport.ts';
import { eventually } from '../support/eventually.ts';
import {
  createTopic,
  kafkaClient,
  readTopic,
  startKafkaCluster,
  type TestKafka,
  testKafka,
  uniqueTopic,
  withAdmin,
} from '../support/kafka.ts';
import { NO_SECURITY } from './no-security.ts';
import { keepingLogger, type LogLine } from './stage.ts';

const { CompressionTypes, ConfigResourceTypes } = kafkajs;
const TIMEOUT_MS = 10_000;

let kafka: TestKafka;
before(async () => {
  kafka = await testKafka();
});
after(() => kafka.stop());

interface Running {
  readonly log: FleetTopic;
  readonly lines: LogLine[];
  readonly counts: { written: number; read: number; unreadable: number };
  /** Reads until something comes; its texts. */
  hear(): Promise<string[]>;
}

const USUAL = { brokers: '', creates: true, clientId: 'test' };

function start(t: TestContext, topic: string, settings: Partial<typeof USUAL> = {}): Running {
  const { creates, clientId, brokers } = { ...USUAL, brokers: kafka.brokers, ...settings };
  const { logger, lines } = keepingLogger();
  const counts = { written: 0, read: 0, unreadable: 0 };
  const log = new FleetTopic({
    options: { brokers: brokers.split(','), clientId, ...NO_SECURITY, produceTimeoutMs: TIMEOUT_MS },
    topic,
    creates,
    logger,
    onWritten: (bytes) => {
      counts.written += bytes;
    },
    onRead: (bytes) => {
      counts.read += bytes;
    },
    onUnreadable: () => counts.unreadable++,
  });
  t.after(() => log.stop());
  const hear = (): Promise<string[]> =>
    eventually(
      async () => {
        const values = await log.read();
        return values.length > 0 && values.map(String);
      },
      { what: 'something is heard' },
    );
  return { log, lines, counts, hear };
}

const texts = async (log: FleetTopic): Promise<string[]> => (await log.read()).map(String);

/** A topic that is there and a replica that has read what is in it: nothing. */
async function startIn(
  t: TestContext,
  settings: Record<string, string> = {},
): Promise<Running & { topic: string }> {
  const topic = await createTopic(kafka.brokers, { name: uniqueTopic('fleet'), settings });
  const running = start(t, topic);
  assert.deepEqual(await texts(running.log), []);
  return { ...running, topic };
}

async function produce(
  topic: string,
  messages: { value: string; timestamp?: string }[],
  compression = CompressionTypes.None,
): Promise<void> {
  const producer = kafkaClient(kafka.brokers).producer();
  await producer.connect();
  try {
    await producer.send({ topic, compression, messages });
  } finally {
    await producer.disconnect();
  }
}

/** AlterClientQuotas 0: [[type STRING, name STRING], [key STRING, value FLOAT64, remove BOOLEAN]], validate_only BOOLEAN. */
async function allowBytesPerSecond(clientId: string, bytes: number): Promise<void> {
  const entity = new Encoder().writeString('client-id').writeString(clientId);
  const value = Buffer.alloc(8);
  value.writeDoubleBE(bytes);
  const limit = new Encoder().writeString('consumer_byte_rate').writeBuffer(value);
  const entry = new Encoder().writeArray([entity]).writeArray([limit.writeBoolean(false)]);
  const { buffer } = new Encoder().writeArray([entry]).writeBoolean(false);
  const [host, port] = kafka.brokers.split(':') as [string, string];
  const options = {
    brokers: [kafka.brokers],
    clientId: 'test',
    ...NO_SECURITY,
    produceTimeoutMs: TIMEOUT_MS,
  };
  const link = new Transport(options, TIMEOUT_MS, keepingLogger().logger).link({ host, port: Number(port) });
  await link.request({ key: 49, name: 'AlterClientQuotas', newest: 0 }, [buffer]);
  await link.cut(new Error('done'));
}

describe('what a replica writes', () => {
  test('is read once by each, itself included, in the order it was acknowledged, with its key in the topic', async (t) => {
    const { log, topic, counts } = await startIn(t);
    const other = start(t, topic);
    await log.publish('fleet/a', '1');
    await other.log.publish('fleet/b', '2');
    await log.publish('fleet/a', 'größer');
    for (const reader of [log, other.log]) {
      assert.deepEqual(await texts(reader), ['1', '2', 'größer']);
      assert.deepEqual(await texts(reader), []);
    }
    const records = await readTopic(kafka.brokers, topic);
    assert.deepEqual(
      records.map(({ key, value }) => [String(key), String(value)]),
      [
        ['fleet/a', '1'],
        ['fleet/b', '2'],
        ['fleet/a', 'größer'],
      ],
    );
    assert.equal(counts.read, counts.written + other.counts.written);
    assert.ok(counts.written > 2 * 61, `${counts.written} bytes, framing included`);
  });

  test('is heard by one that starts a few seconds later, but nothing from before', async (t) => {
    const topic = await createTopic(kafka.brokers);
    const ago = (seconds: number): string => String(Date.now() - seconds * 1000);
    await produce(topic, [{ value: 'old', timestamp: ago(60) }]);
    await produce(topic, [{ value: 'new', timestamp: ago(5) }]);
    assert.deepEqual(await texts(start(t, topic).log), ['new']);
  });
});

describe('a topic that is missing', () => {
  test('is made by the first who needs it, small and short-lived, and is used by all who came at once', async (t) => {
    const topic = uniqueTopic('fleet');
    const replicas = [1, 2, 3].map(() => start(t, topic));
    const made = replicas.map(({ log }, i) =>
      eventually(
        () =>
          log.publish('k', String(i)).then(
            () => true,
            () => false,
          ),
        { what: 'a record is written' },
      ),
    );
    await Promise.all(made);
    assert.equal((await replicas[0]!.hear()).length, 3);
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
    const { resources } = await withAdmin(kafka.brokers, (admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources: [resource] }),
    );
    const settings = new Map(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    assert.equal(settings.get('cleanup.policy')?.split(',').sort().join(), 'compact,delete');
    assert.deepEqual(
      ['retention.ms', 'segment.ms', 'compression.type', 'max.message.bytes', 'message.timestamp.type'].map(
        (name) => settings.get(name),
      ),
      ['3600000', '600000', 'uncompressed', '16384', 'LogAppendTime'],
    );
    const told = replicas.flatMap(({ lines }) => lines.filter(({ level }) => level !== 'debug'));
    assert.deepEqual(told, [], 'who runs the fleet tells, once');
  });

  test('is left missing by who only reads, though the broker makes topics that are asked for', async (t) => {
    const topic = uniqueTopic('fleet');
    const { log } = start(t, topic, { creates: false });
    const says = { message: `topic ${topic} does not exist: no replica of this Kafka has spoken in it` };
    await assert.rejects(log.read(), says);
    await assert.rejects(log.read(), says);
    // What was asked of the controller before is done by then.
    await createTopic(kafka.brokers);
    const topics = await withAdmin(kafka.brokers, (admin) => admin.listTopics());
    assert.ok(!topics.includes(topic));
  });

  test('is made again when somebody has deleted it', async (t) => {
    const { log, topic, hear } = await startIn(t);
    await log.publish('k', 'before');
    await hear();
    await withAdmin(kafka.brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
    const publish = (): Promise<boolean> =>
      log.publish('k', 'after').then(
        () => true,
        () => false,
      );
    await eventually(publish, { what: 'a record is written' });
    await eventually(
      async () => {
        await publish();
        return (await texts(log).catch((): string[] => [])).includes('after');
      },
      { what: 'it is read' },
    );
  });
});

describe('what is in the way', () => {
  test('is named when no broker is there, with what was to be done', async (t) => {
    const { log } = start(t, 'fleet', { brokers: '127.0.0.1:1' });
    await assert.rejects(log.read(), {
      message: /^cannot read topic fleet: 127\.0\.0\.1:1 refuses the connection, .*kafka\.brokers/,
    });
    await assert.rejects(log.publish('k', 'v'), /^Error: cannot write topic fleet: 127\.0\.0\.1:1 refuses/);
  });

  test('is named when Kafka does not take the record', async (t) => {
    const { log, topic } = await startIn(t, { 'max.message.bytes': '200' });
    await assert.rejects(log.publish('k', 'x'.repeat(500)), {
      message: `cannot write topic ${topic}: Kafka says MESSAGE_TOO_LARGE`,
    });
  });

  test('is named when Kafka holds the client back, and it reads on when that is over', async (t) => {
    const topic = await createTopic(kafka.brokers);
    const clientId = uniqueTopic('slow');
    const { log, hear } = start(t, topic, { clientId });
    await allowBytesPerSecond(clientId, 1);
    await eventually(
      async () => {
        await log.publish('k', 'v');
        const problem = await log.read().then(String, (error: Error) => error.message);
        return problem === `cannot read topic ${topic}: Kafka says THROTTLING_QUOTA_EXCEEDED`;
      },
      { what: 'the quota is felt' },
    );
    await allowBytesPerSecond(clientId, 1e9);
    assert.ok((await eventually(() => hear().catch(() => false as const), { what: 'it reads' })).length > 0);
  });

  test('is named when the topic cannot be made', async (t) => {
    const { log } = start(t, 'not a topic');
    await assert.rejects(
      log.read(),
      /^Error: cannot read topic not a topic: Kafka says INVALID_TOPIC_EXCEPTION$/,
    );
  });
});

describe('passed over are', () => {
  test('batches that cannot be read, and each is counted', async (t) => {
    const { log, topic, counts, hear } = await startIn(t);
    await produce(topic, [{ value: 'packed' }], CompressionTypes.GZIP);
    await log.publish('k', 'plain');
    assert.deepEqual(await hear(), ['plain']);
    assert.equal(counts.unreadable, 1);
  });

  test('even those that this version of Fetch cannot carry', async (t) => {
    const { log, counts } = await startIn(t, { 'compression.type': 'zstd' });
    await log.publish('k', 'packed by the broker');
    assert.deepEqual(await texts(log), []);
    assert.equal(counts.unreadable, 1);
    await log.publish('k', 'again');
    assert.deepEqual(await texts(log), []);
    assert.equal(counts.unreadable, 2, 'it went on behind the first');
  });

  test('records that are gone before they were read', async (t) => {
    const { log, topic, hear } = await startIn(t);
    for (const value of ['a', 'b', 'c']) await log.publish('k', value);
    await withAdmin(kafka.brokers, async (admin) => {
      // kafkajs deletes nothing of a topic that it has not heard of.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
    });
    assert.deepEqual(await texts(log), []);
    await log.publish('k', 'd');
    assert.deepEqual(await hear(), ['d']);
  });

  test('all up to the end, for one who is far behind', async (t) => {
    const { log, topic, hear, counts } = await startIn(t);
    const messages = Array.from({ length: 10_001 }, () => ({ value: 'flood' }));
    await produce(topic, messages);
    assert.deepEqual(await texts(log), []);
    assert.equal(counts.read, 0, 'not even fetched');
    await log.publish('k', 'present');
    assert.deepEqual(await hear(), ['present']);
  });

  test('none, when several answers are needed', async (t) => {
    const { log, topic } = await startIn(t);
    const value = 'x'.repeat(500);
    // 256 KiB hold half of them.
    for (let i = 0; i < 10; i++)
      await produce(
        topic,
        Array.from({ length: 100 }, () => ({ value })),
      );
    assert.equal((await log.read()).length, 1000);
  });
});

describe('with three brokers', () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await startKafkaCluster(3, { properties: { 'default.replication.factor': '3' } });
  });
  after(() => cluster?.close());

  test('it goes on when the one that leads is lost, and loses nothing that was acknowledged', async (t) => {
    const topic = uniqueTopic('fleet');
    const replicas = [1, 2].map(() => start(t, topic, { brokers: cluster.brokers }));
    const heard: string[][] = [[], []];
    const written: string[] = [];
    const step = async (value: string): Promise<boolean> => {
      await Promise.all(
        replicas.map(async ({ log }, i) => heard[i]!.push(...(await texts(log).catch(() => [])))),
      );
      return replicas[0]!.log.publish('k', value).then(
        () => written.push(value) > 0,
        () => false,
      );
    };
    await eventually(() => step('before'), { what: 'the topic is used' });
    const { topics } = await withAdmin(cluster.brokers, (admin) =>
      admin.fetchTopicMetadata({ topics: [topic] }),
    );
    const [{ leader, replicas: copies }] = topics[0]!.partitions as [never];
    assert.equal((copies as number[]).length, 3, 'as many copies as the brokers make by default');
    await cluster.nodes[leader - 1]!.stop('SIGKILL');
    let count = 0;
    await eventually(async () => (await step(`after ${count++}`)) && written.length > 3, {
      what: 'records are written again, long before metadata is old',
      withinMs: 30_000,
    });
    await eventually(
      async () => {
        await step('last');
        return heard.every((values) => written.slice(0, 4).every((value) => values.includes(value)));
      },
      { what: 'all of them are read' },
    );
  });
});
