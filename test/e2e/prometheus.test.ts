/** A real Prometheus, the adapter as a user starts it, a real Kafka: every scraped sample arrives, once. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startAdapter } from '../support/adapter.ts';
import { createTopic, readTopic, testKafka } from '../support/kafka.ts';
import { findPrometheus, type StoredSample, startPrometheus } from '../support/prometheus.ts';
import { assertOrdered, duplicates, parseRecords, type SampleRecord } from '../support/records.ts';
import { differences, expectedSamples, isReport, shown } from './expected.ts';
import { NUMBER_SERIES, type ScrapeTarget, startTarget } from './scrape-target.ts';

const EXTERNAL = { monitor: 'end to end' };
/** Enough for every series of the target to come, die, flap and die again. */
const SCRAPES = 20;
const SCRAPES_WITHOUT_TARGET = 4;

/** What the sender stored of each answer is what the target served, so nothing was misread on that side. */
function assertStoredAsServed(stored: readonly StoredSample[], target: ScrapeTarget, address: string): void {
  const byTime = Map.groupBy(stored, ({ timestampMs }) => timestampMs);
  const numbers: number[] = [];
  for (const samples of byTime.values()) {
    const number = samples.find(({ labels }) => labels['__name__'] === NUMBER_SERIES)?.value;
    if (number === undefined) continue;
    numbers.push(number);
    const scraped = samples.filter(({ labels }) => !isReport(labels['__name__']!));
    const found = new Map(scraped.map(({ series, value }) => [series, value]));
    assert.deepEqual(found, target.servedAt(number, address));
  }
  assert.ok(numbers.length >= SCRAPES - 1, `only ${numbers.length} scrapes are stored`);
}

interface Run {
  readonly stored: readonly StoredSample[];
  readonly samples: readonly SampleRecord[];
  /** What is younger may be missing in `stored`, not in Kafka. */
  readonly cutMs: number;
  readonly failed: number;
  readonly retried: number;
}

/** The whole way once: scrape, let the target go away, stop everything politely, read the topic. */
async function run(t: TestContext, command: string): Promise<Run> {
  const kafka = await testKafka();
  t.after(() => kafka.stop());
  const { brokers } = kafka;
  const topic = await createTopic(brokers, { partitions: 3 });
  const adapter = await startAdapter(t, { brokers, topic });
  await adapter.waitReady();
  const target = await startTarget(t);
  const { address } = target;
  const prometheus = await startPrometheus(t, {
    command,
    target: address,
    writeUrl: adapter.writeUrl,
    externalLabels: EXTERNAL,
    queue: { max_samples_per_send: 50 },
  });
  await target.waitForAnswers(SCRAPES);
  target.close();
  const cutMs = await prometheus.waitForFailedScrapes(SCRAPES_WITHOUT_TARGET);
  const stored = await prometheus.stored(cutMs);
  await prometheus.waitUntilSent(cutMs);
  const failed = await prometheus.queueMetric('samples_failed_total');
  const retried = await prometheus.queueMetric('samples_retried_total');
  assert.equal((await prometheus.stop()).code, 0);
  assert.deepEqual(await adapter.process.stop(), { code: 0, signal: null });
  assert.deepEqual([...adapter.logged('warn'), ...adapter.logged('error')], []);
  const samples = parseRecords(await readTopic(brokers, topic));
  assertStoredAsServed(stored, target, address);
  return { stored, samples, cutMs, failed, retried };
}

test('a Prometheus scrapes a target whose series come, die and flap, until it goes away itself', async (t) => {
  const command = findPrometheus(t);
  if (command === undefined) return;
  const { stored, samples, cutMs, failed, retried } = await run(t, command);
  const expected = expectedSamples(stored, EXTERNAL);
  const stale = [...expected.values()].filter((sample) => sample.stale).length;
  t.diagnostic(`${samples.length} records, ${expected.size} of them compared, ${stale} stale markers`);

  await t.test('every sample is in Kafka with its labels, value and time, stale markers included', () => {
    const compared = samples.filter(({ timestampMs }) => timestampMs <= cutMs);
    const different = differences(expected, compared);
    assert.equal(different.length, 0, shown(different));
    // The target makes at least these end: the five mortals, the flapping one, all the rest with the target.
    assert.ok(stale > 5 + 2 + 90, `only ${stale} stale markers were expected`);
  });

  await t.test('no sample is in Kafka twice', () => {
    assert.deepEqual(duplicates(samples), []);
  });

  await t.test('what came after the last comparison are only the reports of failed scrapes', () => {
    const later = samples.filter(({ timestampMs }) => timestampMs > cutMs);
    assert.deepEqual(
      [...new Set(later.map(({ name }) => name))].filter((name) => !isReport(name)),
      [],
    );
    assert.ok(later.every(({ stale: isStale }) => !isStale));
  });

  await t.test(
    'a series is on one partition, in the order of its samples, and all partitions are used',
    () => {
      assertOrdered(samples);
      assert.equal(new Set(samples.map(({ partition }) => partition)).size, 3);
    },
  );

  await t.test('the sender counts nothing as failed and nothing as sent again', () => {
    assert.deepEqual({ failed, retried }, { failed: 0, retried: 0 });
  });
});
