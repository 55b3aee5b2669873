/** `kafka-adapter tail` prints the records of every format readably, filtered, and counts them at the end. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KafkaNode } from '../../deploy/local/kafka.ts';
import { startAdapter } from '../support/adapter.ts';
import { createTopic, startKafka, uniqueTopic, withAdmin } from '../support/kafka.ts';
import { startProcess } from '../support/process.ts';
import { body } from '../support/write-request.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let kafka: KafkaNode;
before(async () => {
  // Brokers that create whatever is asked for: a reader must not ask.
  kafka = await startKafka({ properties: { 'auto.create.topics.enable': 'true' } });
});
after(() => kafka.close());

describe('tail', () => {
  for (const format of ['json', 'avro', 'protobuf', 'remote-write']) {
    const filter = format === 'json' ? '--record.match=up{job="a"}' : '--record.match=- up{job="a"}';
    test(`of the format ${format} prints what record.match lets pass`, async (t) => {
      const topic = await createTopic(kafka.brokers, { partitions: 1 });
      const { brokers } = kafka;
      const flags = [`--record.format=${format}`];
      const adapter = await startAdapter(t, { brokers, topic, flags });
      await adapter.waitReady();
      const tail = startProcess(t, {
        args: [program, 'tail', ...flags, '--log.format=json', filter],
        environment: { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic },
      });
      await tail.waitFor(/waiting for records/);
      const request = body([
        { labels: [['__name__', 'down']], samples: [[0, 1000]] },
        {
          labels: [
            ['__name__', 'up'],
            ['job', 'a'],
          ],
          samples: [[1, 1000]],
        },
      ]);
      // Whoever joins a group may miss what is written before it has its partitions.
      const isSeen = (): boolean => tail.stdout.includes('\n');
      for (let i = 0; i < 60 && !isSeen(); i++) {
        assert.equal((await adapter.write(request)).status, 204);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      const [first] = tail.stdout.split('\n');
      assert.deepEqual(JSON.parse(first!), {
        labels: { __name__: 'up', job: 'a' },
        name: 'up',
        timestamp: '1970-01-01T00:00:01.000Z',
        value: '1',
      });
      assert.doesNotMatch(tail.stdout, /down/);
      assert.deepEqual(await tail.stop('SIGTERM'), { code: 0, signal: null });
      assert.match(tail.stderr, /"records":\d+,"lines":\d+,"unreadable":0,"msg":"records read"/);
    });
  }

  test('of a topic that does not exist ends with 1, names it and the option, and does not create it', async (t) => {
    const topic = uniqueTopic('missing');
    const tail = startProcess(t, {
      args: [program, 'tail', '--log.format=json', `--kafka.topic=${topic}`],
      environment: { KAFKA_BROKERS: kafka.brokers },
    });
    assert.equal((await tail.waitForExit()).code, 1);
    const lines = tail.stderr.trimEnd().split('\n');
    const said = lines.map((line) => JSON.parse(line) as { msg: string; problem: string });
    assert.deepEqual(
      said.map(({ msg, problem }) => [msg, problem]),
      [
        [
          'cannot read from Kafka',
          `topic ${topic} does not exist: set kafka.topic to the one that the adapter writes to, or create it`,
        ],
      ],
    );
    assert.ok(!(await withAdmin(kafka.brokers, (admin) => admin.listTopics())).includes(topic));
  });
});

describe('a topic that the adapter creates', () => {
  test('is said to be created without the numbers that are left to the brokers', async (t) => {
    const topic = uniqueTopic('created');
    const flags = ['--kafka.create-topics', '--kafka.topic-partitions=2'];
    const adapter = await startAdapter(t, { brokers: kafka.brokers, topic, flags });
    await adapter.waitReady();
    const request = body([{ labels: [['__name__', 'up']], samples: [[1, 1000]] }]);
    assert.equal((await adapter.write(request)).status, 204);
    await adapter.process.waitFor(/"msg":"topic created"/);
    const created = adapter.logged('info').find(({ msg }) => msg === 'topic created');
    assert.deepEqual(
      [created?.['topic'], created?.['partitions'], created && 'replicationFactor' in created],
      [topic, 2, false],
    );
  });
});
