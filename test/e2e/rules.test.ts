/** Filter, relabelling, topics, keys and headers by configuration, from a real request to the records in Kafka. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { KafkaNode } from '../../deploy/local/kafka.ts';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { createTopic, type ReadRecord, readTopic, startKafka, uniqueTopic } from '../support/kafka.ts';
import { body, HEADERS, type TestSeries } from '../support/write-request.ts';

let kafka: KafkaNode;
before(async () => {
  kafka = await startKafka();
});
after(() => kafka.close());

const TIME = Date.now();

function series(name: string, labels: Readonly<Record<string, string>> = {}): TestSeries {
  return { labels: [['__name__', name], ...Object.entries(labels)], samples: [[1, TIME]] };
}

async function start(
  t: TestContext,
  config: object,
  environment: NodeJS.ProcessEnv = {},
): Promise<RunningAdapter> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-rules-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yml');
  writeFileSync(file, JSON.stringify({ kafka: { create_topics: true }, ...config }));
  const flags = [`--config.file=${file}`];
  const adapter = await startAdapter(t, { brokers: kafka.brokers, topic: '', flags, environment });
  await adapter.waitReady();
  return adapter;
}

function labelsOf({ value }: ReadRecord): Record<string, string> {
  return (JSON.parse(String(value)) as { labels: Record<string, string> }).labels;
}

async function namesIn(topic: string): Promise<string[]> {
  return (await readTopic(kafka.brokers, topic)).map((record) => labelsOf(record)['__name__']!).sort();
}

describe('rules of the configuration', () => {
  test('filter, complete and relabel each series, and say what they left out', async (t) => {
    const topic = await createTopic(kafka.brokers, { partitions: 3 });
    const adapter = await start(t, {
      kafka: { topic },
      record: {
        match: ['up', '{job="node"}'],
        external_labels: { cluster: 'eu-1' },
        write_relabel_configs: [
          { source_labels: ['__name__'], regex: 'debug_.*', action: 'drop' },
          { source_labels: ['instance'], regex: '(.*):\\d+', target_label: 'host', replacement: '$1' },
          { regex: 'instance', action: 'labeldrop' },
        ],
      },
    });
    const request = body([
      series('up', { instance: 'a:9100' }),
      series('up', { cluster: 'own', instance: 'b:9100' }),
      series('debug_total', { job: 'node' }),
      series('other'),
      series('load', { job: 'node' }),
    ]);
    for (let i = 0; i < 2; i++) assert.equal((await adapter.write(request)).status, 204);
    const records = await readTopic(kafka.brokers, topic);
    const labels = records.map((record) => JSON.stringify(labelsOf(record)));
    assert.deepEqual([...new Set(labels)].sort(), [
      '{"__name__":"load","cluster":"eu-1","job":"node"}',
      '{"__name__":"up","cluster":"eu-1","host":"a"}',
      '{"__name__":"up","cluster":"own","host":"b"}',
    ]);
    assert.equal(records.length, 6);
    assert.equal(await adapter.metric('kafka_adapter_samples_filtered_total{type="float"}'), 4);
    assert.equal(await adapter.metric('kafka_adapter_samples_written_total{type="float"}'), 6);
  });

  test('choose topics by template and by routes; what has none goes to the fallback', async (t) => {
    const [prefix, fallback, special] = [uniqueTopic('t'), uniqueTopic('fallback'), uniqueTopic('special')];
    const adapter = await start(t, {
      kafka: {
        create_topics: true,
        topic: `${prefix}-{{ .team }}`,
        fallback_topic: fallback,
        routes: [{ match: '{severity=~"high|page"}', topic: special }],
      },
    });
    const request = body([
      series('a', { team: 'one' }),
      series('b', { team: 'two' }),
      series('c', { team: 'no such/topic' }),
      series('d', { severity: 'page', team: 'one' }),
    ]);
    assert.equal((await adapter.write(request)).status, 204);
    const topics = [`${prefix}-one`, `${prefix}-two`, fallback, special];
    const names: string[][] = [];
    for (const topic of topics) names.push(await namesIn(topic));
    assert.deepEqual(names, [['a'], ['b'], ['c'], ['d']]);
  });

  test('without a fallback, a topic that cannot be is 400 with its reason, and the rest is written', async (t) => {
    const prefix = uniqueTopic('t');
    const adapter = await start(t, { kafka: { create_topics: true, topic: `${prefix}-{{ .team }}` } });
    const answer = await adapter.write(body([series('a', { team: '../..' }), series('b', { team: 'x' })]));
    assert.equal(answer.status, 400);
    assert.match(answer.text, /1 sample for topic_invalid .*"team"="\.\.\/\.\."/);
    assert.deepEqual(await namesIn(`${prefix}-x`), ['b']);
  });

  test('give records keys, partitions by key, and headers', async (t) => {
    const topic = await createTopic(kafka.brokers, { partitions: 8 });
    const adapter = await start(t, {
      kafka: { topic },
      record: { key: 'label:job', partition_by: 'key', headers: ['tenant', 'content-hash', 'retry-attempt'] },
    });
    const jobs = ['a', 'b', 'c', 'd'];
    const request = body(jobs.flatMap((job) => [series('up', { job }), series('down', { job })]));
    const headers = { ...HEADERS, 'x-scope-orgid': 'team-1', 'retry-attempt': '2' };
    assert.equal((await adapter.write(request, { headers })).status, 204);
    const records = await readTopic(kafka.brokers, topic);
    assert.deepEqual(
      records.map(({ key }) => String(key)).sort(),
      jobs.flatMap((job) => [job, job]),
    );
    const partitions = Map.groupBy(records, ({ key }) => String(key));
    for (const [key, ofKey] of partitions)
      assert.equal(new Set(ofKey.map(({ partition }) => partition)).size, 1, key);
    for (const { headers: seen } of records) {
      assert.equal(seen['tenant'], 'team-1');
      assert.equal(seen['retry-attempt'], '2');
      assert.match(seen['content-hash']!, /^[0-9a-f]{64}$/);
    }
  });

  test('take the variables of the Go adapter: MATCH and a template in KAFKA_TOPIC', async (t) => {
    const prefix = uniqueTopic('t');
    const adapter = await start(
      t,
      {},
      {
        KAFKA_TOPIC: `${prefix}-{{ index . "job" | replace "/" "-" }}`,
        KAFKA_CREATE_TOPICS: 'true',
        MATCH: '["up{job=\\"a/b\\"}"]',
      },
    );
    assert.equal((await adapter.write(body([series('up', { job: 'a/b' }), series('up')]))).status, 204);
    assert.deepEqual(await namesIn(`${prefix}-a-b`), ['up']);
  });
});
