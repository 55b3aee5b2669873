/** Kafka goes away and comes back: honest answers meanwhile, and nothing of what was scraped is lost. */

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { freeAddress, type KafkaNode } from '../../deploy/local/kafka.ts';
import { type HttpAnswer, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, readTopic, startKafka } from '../support/kafka.ts';
import { findPrometheus, type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import { countSamples, parseRecords, type SampleRecord } from '../support/records.ts';
import { body } from '../support/write-request.ts';
import { differences, expectedSamples, scrapeTimes, shown } from './expected.ts';
import { type ScrapeTarget, startTarget } from './scrape-target.ts';

const PRODUCE_TIMEOUT = '--kafka.produce-timeout=2s';
const MAX_MEMORY_BYTES = 300 * 1024 * 1024;
const OUTAGE_SCRAPES = 12;

const probe = (timestampMs: number): Buffer =>
  body([{ labels: [['__name__', 'probe']], samples: [[1, timestampMs]] }]);

function assertRetryLater({ status, headers, text }: HttpAnswer): void {
  assert.equal(status, 503, text);
  assert.match(headers['retry-after'] ?? 'no Retry-After', /^[1-9]\d*$/);
  assert.match(text, /^[^\n]+\n$/, 'the body is one readable line');
}

interface Parts {
  readonly kafka: KafkaNode;
  readonly adapter: RunningAdapter;
  readonly prometheus: RunningPrometheus;
  readonly target: ScrapeTarget;
  readonly topic: string;
}

async function startAll(t: TestContext, command: string): Promise<Parts> {
  const kafka = await startKafka();
  t.after(() => kafka.close());
  const { brokers } = kafka;
  const topic = await createTopic(brokers, { partitions: 3 });
  const adapter = await startAdapter(t, { brokers, topic, flags: [PRODUCE_TIMEOUT] });
  await adapter.waitReady();
  const target = await startTarget(t);
  const prometheus = await startPrometheus(t, {
    command,
    target: target.address,
    writeUrl: adapter.writeUrl,
    queue: { min_backoff: '30ms', max_backoff: '500ms' },
  });
  return { kafka, adapter, prometheus, target, topic };
}

/** One outage, from the broker's end to the first write that is acknowledged again. */
async function outage(
  parts: Parts,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<{ startMs: number; endMs: number }> {
  const { kafka, adapter, prometheus, target } = parts;
  await target.waitForAnswers(4);
  await kafka.stop(signal);
  const startMs = Date.now();
  assertRetryLater(await adapter.write(probe(startMs)));
  await target.waitForAnswers(OUTAGE_SCRAPES);
  // Its own counter: the header Retry-Attempt came with later versions only.
  await eventually(async () => (await prometheus.queueMetric('samples_retried_total')) > 0, {
    what: 'Prometheus sends again what was answered 503',
  });
  const endMs = Date.now();
  await kafka.start();
  await eventually(async () => (await adapter.write(probe(Date.now()))).status === 204, {
    what: 'a write is acknowledged again',
  });
  return { startMs, endMs };
}

function countRepeated(samples: readonly SampleRecord[]): number {
  return [...countSamples(samples).values()].reduce((sum, count) => sum + count - 1, 0);
}

describe('Kafka ends while Prometheus writes', { concurrency: 1 }, () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`by ${signal}: 503 with Retry-After, and once it is back every sample of the outage is in it`, async (t) => {
      const command = findPrometheus(t);
      if (command === undefined) return;
      const parts = await startAll(t, command);
      const { kafka, adapter, prometheus, target, topic } = parts;
      const { startMs, endMs } = await outage(parts, signal);
      await target.waitForAnswers(4);
      target.close();
      const cutMs = await prometheus.waitForFailedScrapes(1);
      const stored = await prometheus.stored(cutMs);
      await prometheus.waitUntilSent(cutMs);
      assert.equal(await prometheus.queueMetric('samples_failed_total'), 0);
      assert.ok((await prometheus.queueMetric('samples_retried_total')) > 0);
      assert.equal((await prometheus.stop()).code, 0);
      const peakBytes = adapter.peakMemoryBytes() ?? 0;
      assert.ok(peakBytes < MAX_MEMORY_BYTES, `the adapter took ${peakBytes} bytes`);
      assert.deepEqual(await adapter.process.stop(), { code: 0, signal: null });

      const samples = parseRecords(await readTopic(kafka.brokers, topic)).filter(
        ({ name }) => name !== 'probe',
      );
      const expected = expectedSamples(stored);
      const duringOutage = scrapeTimes(stored).filter((timeMs) => timeMs > startMs && timeMs < endMs).length;
      assert.ok(duringOutage >= OUTAGE_SCRAPES - 1, `${duringOutage} scrapes fell into the outage`);
      const compared = samples.filter(({ timestampMs }) => timestampMs <= cutMs);
      const different = differences(expected, compared);
      assert.equal(different.length, 0, shown(different));
      const repeated = countRepeated(samples);
      t.diagnostic(
        `${expected.size} samples, ${duringOutage} scrapes in the outage, ${repeated} records more than once, peak ${Math.round(peakBytes / 1024 / 1024)} MiB`,
      );
    });
  }
});

describe('Kafka is absent when the adapter starts', () => {
  test('it serves, says what it waits for, answers writes 503, and recovers by itself', async (t) => {
    const address = await freeAddress();
    const brokers = `127.0.0.1:${address.port}`;
    const adapter = await startAdapter(t, { brokers, topic: 'late', flags: [PRODUCE_TIMEOUT] });
    const healthy = await adapter.get('/-/healthy');
    assert.equal(healthy.status, 200);
    const starting = await adapter.get('/-/ready');
    assert.equal(starting.status, 503);
    assert.match(starting.text, /^starting: waiting for Kafka at 127\.0\.0\.1:\d+: .+\n$/);
    assert.ok(starting.text.includes(brokers), starting.text);
    assertRetryLater(await adapter.write(probe(Date.now())));
    assert.equal(await adapter.metric('kafka_adapter_kafka_ready'), 0);

    const kafka = await startKafka({ address });
    t.after(() => kafka.close());
    await adapter.waitReady();
    assert.equal((await adapter.get('/-/ready')).text, 'ready\n');
    const timestampMs = Date.now();
    const written = await adapter.write(probe(timestampMs));
    assert.equal(written.status, 204, written.text);
    const samples = parseRecords(await readTopic(brokers, 'late'));
    assert.deepEqual(
      samples.map(({ name, timestampMs: found }) => [name, found]),
      [['probe', timestampMs]],
    );
    assert.deepEqual(await adapter.process.stop(), { code: 0, signal: null });
  });

  test('and never comes: SIGTERM ends the adapter all the same', async (t) => {
    const { port } = await freeAddress();
    const adapter = await startAdapter(t, {
      brokers: `127.0.0.1:${port}`,
      topic: 'never',
      flags: [PRODUCE_TIMEOUT],
    });
    assertRetryLater(await adapter.write(probe(Date.now())));
    assert.deepEqual(await adapter.process.stop('SIGTERM', 10_000), { code: 0, signal: null });
  });
});
