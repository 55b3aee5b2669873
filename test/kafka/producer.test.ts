/** The producer with real brokers: topics that are missing, that take little, that refuse; brokers that are not there. */

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { freeAddress, type KafkaNode } from '../../deploy/local/kafka.ts';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import {
  createTopic,
  readTopic,
  startKafka,
  type TestKafka,
  testKafka,
  uniqueTopic,
  withAdmin,
} from '../support/kafka.ts';
import { assertOrdered, parseRecords } from '../support/records.ts';
import { body, type TestSeries } from '../support/write-request.ts';
import { NO_SECURITY } from './no-security.ts';
import { makeProducer, send, startProducer } from './real-producer.ts';
import { metricOf } from './stage.ts';

const USER = 'adapter';
const PASSWORD = 'right';

/** Of the whole run: it creates topics by itself. */
let shared: TestKafka;
/** Creates no topics, and has a second listener with logins. */
let strict: KafkaNode;
let loginBrokers: string;

before(async () => {
  shared = await testKafka();
  const [address, { port: loginPort }] = [await freeAddress(), await freeAddress()];
  const { port, controllerPort } = address;
  loginBrokers = `127.0.0.1:${loginPort}`;
  const listeners = `PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://${loginBrokers}`;
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  strict = await startKafka({
    address,
    properties: {
      'auto.create.topics.enable': 'false',
      listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': listeners,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `${login} user_${USER}="${PASSWORD}";`,
    },
  });
});

after(async () => {
  await strict.close();
  await shared.stop();
});

const sample = (value: string) => [{ hash: 0, timestampMs: Date.now(), value }];

function isError(code: ErrorCode, text: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof AdapterError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };
}

async function valuesIn(brokers: string, topic: string): Promise<string[]> {
  return (await readTopic(brokers, topic)).map(({ value }) => String(value));
}

describe('a missing topic', () => {
  test('is created by a broker that does so, at the first write', async (t) => {
    const topic = uniqueTopic('auto');
    const { producer } = await startProducer(t, shared.brokers, { topic });
    await send(producer, topic, sample('first'));
    assert.deepEqual(await valuesIn(shared.brokers, topic), ['first']);
  });

  test('is 503 topic_missing with one that does not, naming what to do, and nothing comes of it', async (t) => {
    const topic = uniqueTopic('missing');
    const adapter = await startAdapter(t, { brokers: strict.brokers, topic });
    await adapter.waitReady();
    const answer = await adapter.write(body([{ labels: [['__name__', 'up']], samples: [[1, Date.now()]] }]));
    assert.equal(answer.status, 503, answer.text);
    assert.match(answer.text, new RegExp(`^topic ${topic} does not exist.*kafka\\.create_topics\n$`));
    assert.ok(Number(answer.headers['retry-after']) > 0);
    // Whoever looks at the replica and not at its senders learns of it, too.
    assert.equal(
      await adapter.metric('kafka_adapter_kafka_produce_failures_total{reason="topic_missing"}'),
      1,
    );
    const warnings = adapter.logged('warn').filter((entry) => entry['topic'] === topic);
    assert.deepEqual(
      warnings.map(({ msg }) => msg),
      ['the topic does not exist: what is written to it is answered 503'],
    );
    const topics = await withAdmin(strict.brokers, (admin) => admin.listTopics());
    assert.ok(!topics.includes(topic));
  });

  test('is written to as soon as somebody has created it', async (t) => {
    const topic = uniqueTopic('late');
    const { producer } = await startProducer(t, strict.brokers, { topic });
    await assert.rejects(
      send(producer, topic, sample('a')),
      isError('topic_missing', /kafka\.create_topics/),
    );
    await createTopic(strict.brokers, { name: topic, partitions: 2 });
    await send(producer, topic, sample('b'));
    assert.deepEqual(await valuesIn(strict.brokers, topic), ['b']);
  });

  test('is written to when somebody has made it anew with fewer partitions', async (t) => {
    const topic = await createTopic(strict.brokers, { partitions: 6 });
    const { producer } = await startProducer(t, strict.brokers, { topic });
    const toTheLast = (value: string) => [{ hash: 5, timestampMs: Date.now(), value }];
    await send(producer, topic, toTheLast('lost with the topic'));
    await withAdmin(strict.brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
    const make = () => createTopic(strict.brokers, { name: topic, partitions: 2 }).catch(() => undefined);
    await eventually(make, { what: 'the topic is made anew' });
    await assert.rejects(send(producer, topic, toTheLast('a')), isError('kafka_unavailable', /with 2 part/));
    await send(producer, topic, toTheLast('b'));
    const records = await readTopic(strict.brokers, topic);
    assert.deepEqual(
      records.map(({ partition, value }) => [partition, String(value)]),
      [[1, 'b']],
    );
  });

  for (const [which, brokers] of [
    ['', () => strict.brokers],
    [', also of brokers that create topics by themselves', () => shared.brokers],
  ] as const)
    test(`is created with the given partitions when kafka.create_topics is on${which}`, async (t) => {
      const topic = uniqueTopic('created');
      const flags = [
        '--kafka.create-topics',
        '--kafka.topic-partitions=5',
        '--kafka.topic-replication-factor=1',
      ];
      const adapter = await startAdapter(t, { brokers: brokers(), topic, flags });
      await adapter.waitReady();
      const sent = body([{ labels: [['__name__', 'up']], samples: [[1, Date.now()]] }]);
      const answer = await adapter.write(sent);
      assert.equal(answer.status, 204, answer.text);
      const { topics } = await withAdmin(brokers(), (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
      assert.equal(topics[0]!.partitions.length, 5);
      assert.equal((await readTopic(brokers(), topic)).length, 1);
    });

  test('is created by one of the replicas that find it missing, and that one alone says so', async (t) => {
    const topic = uniqueTopic('raced');
    const creation = { partitions: 1, replicationFactor: 1 };
    const replicas = await Promise.all(
      [1, 2, 3].map(() => startProducer(t, strict.brokers, { topic, creation })),
    );
    for (const { producer } of replicas) await send(producer, topic, sample('a'));
    // Which waits for creations under way.
    await Promise.all(replicas.map(({ producer }) => producer.stop()));
    const created = replicas.flatMap(({ lines }) =>
      lines.filter(({ message }) => message === 'topic created'),
    );
    assert.equal(created.length, 1);
  });

  test('whose creation fails is a clear 503; a warning says why, once and not in a loop', async (t) => {
    const topic = uniqueTopic('impossible');
    const creation = { partitions: 1, replicationFactor: 3 };
    const { producer, lines } = await startProducer(t, strict.brokers, { topic, creation });
    await assert.rejects(
      send(producer, topic, sample('a')),
      isError('topic_missing', /could not create it, see the log/),
    );
    const [warning, ...more] = lines.filter(({ message }) => message === 'cannot create the topic');
    assert.ok(more.length <= 1, `${more.length} more within two seconds`);
    assert.equal(warning?.level, 'warn');
    assert.equal(warning.fields['topic'], topic);
    assert.match(String(warning.fields['problem']), /[Rr]eplication/);
  });
});

const PADDING_LABEL = 'padding';
const startMs = Date.now() - 60_000;

/** A series of so many samples, a millisecond apart. */
function seriesOf(name: string, count: number, padding = ''): TestSeries {
  return {
    labels: [
      ['__name__', name],
      [PADDING_LABEL, padding],
    ],
    samples: Array.from({ length: count }, (_, i) => [i, startMs + i] as const),
  };
}

async function startOn(t: TestContext, settings: Record<string, string>): Promise<[RunningAdapter, string]> {
  const topic = await createTopic(shared.brokers, { partitions: 1, settings });
  const adapter = await startAdapter(t, { brokers: shared.brokers, topic });
  await adapter.waitReady();
  return [adapter, topic];
}

describe('a topic that takes less than a batch', () => {
  const settings = { 'max.message.bytes': '4000' };

  test('gets batches split until they fit: everything arrives once, in order', async (t) => {
    const [adapter, topic] = await startOn(t, settings);
    const requests = ['a', 'b', 'c'].map((name) =>
      body([seriesOf(`${name}1`, 300), seriesOf(`${name}2`, 300)]),
    );
    const answers = await Promise.all(requests.map((request) => adapter.write(request)));
    for (const { status, text } of answers) assert.equal(status, 204, text);
    const samples = parseRecords(await readTopic(shared.brokers, topic));
    assert.equal(samples.length, 3 * 600);
    assertOrdered(samples);
    assert.equal(await adapter.metric('kafka_adapter_kafka_epoch_changes_total'), 0, 'no sequence was lost');
    assert.equal(await adapter.metric('kafka_adapter_kafka_queue_bytes'), 0);
  });

  test('loses the record that is larger alone: 400, counted, and the rest of the request is there', async (t) => {
    const [adapter, topic] = await startOn(t, settings);
    const request = body([
      seriesOf('before', 50),
      seriesOf('too_large', 2, 'x'.repeat(5000)),
      seriesOf('behind', 50),
    ]);
    const answer = await adapter.write(request);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /2 samples? for record_too_large .*all others of the request are written/);
    const samples = parseRecords(await readTopic(shared.brokers, topic));
    assertOrdered(samples);
    assert.deepEqual(
      ['before', 'too_large', 'behind'].map((name) => samples.filter((one) => one.name === name).length),
      [50, 0, 50],
    );
    const dropped = 'kafka_adapter_samples_dropped_total{reason="record_too_large"}';
    assert.equal(await adapter.metric(dropped), 2);
    assert.equal(await adapter.metric('kafka_adapter_samples_written_total{type="float"}'), 100);
    assert.equal((await adapter.write(body([seriesOf('next', 1)]))).status, 204, 'nothing is blocked');
  });
});

describe('a record over kafka.max_batch_size', () => {
  test('is dropped before it is sent: 400, counted, and the rest of the request is there', async (t) => {
    const topic = await createTopic(shared.brokers);
    const flags = ['--kafka.max-batch-size=16KiB'];
    const adapter = await startAdapter(t, { brokers: shared.brokers, topic, flags });
    await adapter.waitReady();
    const request = [
      seriesOf('small', 200),
      seriesOf('large', 1, 'x'.repeat(20_000)),
      seriesOf('fits', 3, 'y'.repeat(10_000)),
    ];
    const answer = await adapter.write(body(request));
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /1 samples? for record_too_large /);
    const samples = parseRecords(await readTopic(shared.brokers, topic));
    assertOrdered(samples);
    assert.deepEqual(
      ['small', 'large', 'fits'].map((name) => samples.filter((one) => one.name === name).length),
      [200, 0, 3],
    );
  });
});

describe('a topic that refuses times long ago', () => {
  test('loses the records it refuses: 400, counted, and the rest of the request is there', async (t) => {
    const [adapter, topic] = await startOn(t, { 'message.timestamp.before.max.ms': '3600000' });
    const old = Date.now() - 2 * 3_600_000;
    const request = body([
      seriesOf('young', 3),
      {
        labels: [['__name__', 'mixed']],
        samples: [
          [1, old],
          [2, old + 1],
          [3, startMs],
        ],
      },
      seriesOf('younger', 3),
    ]);
    const answer = await adapter.write(request);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /2 samples? for record_refused .*all others of the request are written/);
    const samples = parseRecords(await readTopic(shared.brokers, topic));
    assert.deepEqual(
      samples.map(({ name, value }) => `${name} ${value}`),
      ['young 0', 'young 1', 'young 2', 'mixed 3', 'younger 0', 'younger 1', 'younger 2'],
    );
    assert.equal(await adapter.metric('kafka_adapter_samples_dropped_total{reason="record_refused"}'), 2);
    assert.equal(await adapter.metric('kafka_adapter_kafka_epoch_changes_total'), 0);
    const [error] = adapter.logged('error');
    assert.equal(error?.['records'], 2);
    assert.equal(error['problem'], 'INVALID_TIMESTAMP');
  });

  test('that refuses a whole request answers 400 too, and takes the next one', async (t) => {
    const [adapter, topic] = await startOn(t, { 'message.timestamp.before.max.ms': '3600000' });
    const old = Date.now() - 2 * 3_600_000;
    for (const count of [1, 3]) {
      const samples = Array.from({ length: count }, (_, i) => [i, old + i] as const);
      const answer = await adapter.write(body([{ labels: [['__name__', 'old']], samples }]));
      assert.equal(answer.status, 400, answer.text);
    }
    assert.equal((await adapter.write(body([seriesOf('young', 2)]))).status, 204);
    assert.equal((await readTopic(shared.brokers, topic)).length, 2);
  });
});

describe('brokers that want a login', () => {
  test('are written to with the right password', async (t) => {
    const topic = await createTopic(strict.brokers);
    const sasl = { ...NO_SECURITY.sasl, mechanism: 'plain', username: USER, password: PASSWORD } as const;
    const { producer } = await startProducer(t, loginBrokers, { topic, sasl });
    assert.equal(producer.state, 'ready');
    await send(producer, topic, sample('logged in'));
    assert.deepEqual(await valuesIn(strict.brokers, topic), ['logged in']);
  });

  test('are not reached with a wrong one: /-/ready says so, and no log line has the password', async (t) => {
    const flags = [
      '--kafka.sasl.mechanism=plain',
      `--kafka.sasl.username=${USER}`,
      '--kafka.produce-timeout=2s',
    ];
    const wrong = 'wr0ng-passw0rd';
    const adapter = await startAdapter(t, {
      brokers: loginBrokers,
      topic: 'any',
      flags: [...flags, `--kafka.sasl.password=${wrong}`],
    });
    const refused = await eventually(
      async () => {
        const { text } = await adapter.get('/-/ready');
        return text.includes('not tried yet') ? undefined : text;
      },
      { what: 'a first try' },
    );
    assert.match(refused, new RegExp(`waiting for Kafka at ${loginBrokers}: .*[Aa]uthentication failed`));
    const answer = await adapter.write(body([seriesOf('up', 1)]));
    assert.equal(answer.status, 503);
    assert.match(answer.text, /does not answer: .*[Aa]uthentication failed/);
    assert.ok(!`${adapter.process.output}${answer.text}${refused}`.includes(wrong));
  });
});

describe('without a broker', () => {
  test('the state says whom it waits for and why, and a request is refused within the timeout', async (t) => {
    const { port } = await freeAddress();
    const brokers = `127.0.0.1:${port}`;
    const { producer, metrics } = makeProducer(t, brokers, { topic: 'any', produceTimeoutMs: 1000 });
    assert.equal(producer.state, `waiting for Kafka at ${brokers}: not tried yet`);
    producer.start();
    const refused = await eventually(() => !producer.state.includes('not tried yet') && producer.state, {
      what: 'a first try',
    });
    assert.equal(producer.ready, false);
    assert.match(refused, new RegExp(`^waiting for Kafka at ${brokers}: .*ECONNREFUSED`));
    const began = performance.now();
    await assert.rejects(send(producer, 'any', sample('a')), isError('kafka_unavailable', /ECONNREFUSED/));
    assert.ok(performance.now() - began < 5000);
    assert.equal(await metricOf(metrics, 'kafka_ready'), 0);
  });
});
