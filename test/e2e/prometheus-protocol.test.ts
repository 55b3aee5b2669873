/** All that a Prometheus sends by 1.0 and 2.0 is in Kafka once, and is what the sender itself stored. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { compress } from 'snappyjs';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { createTopic, type ReadRecord, readTopic, testKafka } from '../support/kafka.ts';
import { findPrometheus3, type PrometheusOptions, startPrometheus } from '../support/prometheus.ts';
import { checkFamily, checkRecord } from '../support/record-schema.ts';
import { requestV2, V2_HEADERS } from '../support/write-request-v2.ts';
import { isReport, shown } from './expected.ts';
import {
  exemplarItems,
  expectedExemplars,
  expectedItems,
  type Family,
  familyOf,
  type Item,
  itemDifferences,
  type ProtocolRecord,
  parseProtocolRecords,
  type Stored,
  sampleItems,
  storedFamilies,
  storedStarts,
} from './protocol-expected.ts';
import { CHANGING } from './protocol-pages.ts';
import { startProtocolTarget } from './protocol-target.ts';

const EXTERNAL = { monitor: 'end to end' };
/** Every series of the target has come, died and come again, and every bound of schema 8 was there. */
const SCRAPES = 20;
const SCRAPES_WITHOUT_TARGET = 4;
const BY_HAND = 'written_by_hand';

interface Run {
  readonly stored: Stored;
  readonly exemplars: readonly Item[];
  readonly families: ReadonlyMap<string, Family>;
  readonly records: readonly ProtocolRecord[];
  readonly metadata: readonly ReadRecord[];
  /** What is younger may be missing in `stored`, not in Kafka. */
  readonly cutMs: number;
  readonly senderMetrics: string;
  readonly senderLog: string;
}

/** The whole way once: scrape, let the target go away, stop everything politely, read the topics. */
async function run(t: TestContext, sender: Partial<PrometheusOptions> & { command: string }): Promise<Run> {
  const kafka = await testKafka();
  t.after(() => kafka.stop());
  const { brokers } = kafka;
  const topic = await createTopic(brokers, { partitions: 3 });
  const metadataTopic = await createTopic(brokers, { partitions: 2 });
  const adapter = await startAdapter(t, { brokers, topic, flags: [`--metadata.topic=${metadataTopic}`] });
  await adapter.waitReady();
  const target = await startProtocolTarget(t);
  const prometheus = await startPrometheus(t, {
    target: target.address,
    scrape: target.scrape,
    writeUrl: adapter.writeUrl,
    externalLabels: EXTERNAL,
    queue: { max_samples_per_send: 50 },
    ...sender,
  });
  await target.waitForAnswers(SCRAPES);
  await writeByHand(adapter);
  const families = await storedFamilies(prometheus);
  target.close();
  const cutMs = await prometheus.waitForFailedScrapes(SCRAPES_WITHOUT_TARGET);
  const matrix = await prometheus.storedMatrix(cutMs);
  const startsMs = sender.features?.includes('st-storage')
    ? await storedStarts(prometheus, matrix)
    : new Map();
  const exemplars = await expectedExemplars(prometheus, EXTERNAL);
  await prometheus.waitUntilSent(cutMs);
  const senderMetrics = await prometheus.metrics();
  assert.equal((await prometheus.stop()).code, 0);
  const records = (await readAll(adapter, { brokers, topic })).filter(({ name }) => name !== BY_HAND);
  const metadata = await readTopic(brokers, metadataTopic);
  const stored = { matrix, startsMs };
  const senderLog = prometheus.process.output;
  return { stored, exemplars, families, records, metadata, cutMs, senderMetrics, senderLog };
}

/** Each record by the schema, and as many as the adapter says it wrote. */
async function readAll(
  adapter: RunningAdapter,
  { brokers, topic }: { brokers: string; topic: string },
): Promise<ProtocolRecord[]> {
  const written = (type: string): Promise<number> =>
    adapter.metric(`kafka_adapter_samples_written_total{type="${type}"}`);
  const counts = await Promise.all(['float', 'histogram', 'exemplar'].map(written));
  assert.deepEqual(await adapter.process.stop(), { code: 0, signal: null });
  assert.deepEqual(adapter.logged('error'), []);
  const records = parseProtocolRecords(await readTopic(brokers, topic), checkRecord);
  const found = [
    records.filter(({ value }) => value !== undefined).length,
    records.filter(({ histogram }) => histogram !== undefined).length,
    exemplarItems(records).length,
  ];
  assert.deepEqual(found, counts);
  return records;
}

/** A second sender of 2.0, half of whose request is invalid: that is its own affair. */
async function writeByHand(adapter: RunningAdapter): Promise<void> {
  const samples = [{ value: 1, timestamp: Date.now() }];
  const body = requestV2({
    symbols: ['', '__name__', BY_HAND],
    timeseries: [
      { labels_refs: [1, 2], samples },
      { labels_refs: [1, 999], samples },
    ],
  });
  const { status, headers } = await adapter.write(compress(body), { headers: V2_HEADERS });
  assert.equal(status, 400);
  const written = ['samples', 'histograms', 'exemplars'].map(
    (kind) => headers[`x-prometheus-remote-write-${kind}-written`],
  );
  assert.deepEqual(written, ['1', '0', '0']);
}

/** What both versions of the protocol owe. */
async function assertAllThere(t: TestContext, result: Run): Promise<void> {
  const { stored, exemplars, records, cutMs, senderMetrics, senderLog } = result;
  const expected = expectedItems(stored, EXTERNAL);
  const of = (kind: (text: string) => boolean): number => expected.filter(({ text }) => kind(text)).length;
  const histograms = of((text) => text.startsWith('{'));
  const stale = of((text) => text === 'stale');
  t.diagnostic(
    `${expected.length - histograms - stale} samples, ${histograms} histograms, ${stale} stale markers and ` +
      `${exemplars.length} exemplars compared, ${stored.startsMs.size} start timestamps asked for`,
  );

  await t.test('every sample, histogram and stale marker is in Kafka once, as the sender stored it', () => {
    const compared = records.filter(({ timestamp }) => Date.parse(timestamp) <= cutMs);
    const different = itemDifferences(expected, sampleItems(compared));
    assert.equal(different.length, 0, shown(different));
    // 26 of them are in every scrape; the mortals end, and all the rest with the target.
    assert.ok(histograms > 26 * (SCRAPES - 1), `only ${histograms} histograms`);
    assert.ok(stale > 80, `only ${stale} stale markers`);
    const later = records.filter(({ timestamp }) => Date.parse(timestamp) > cutMs);
    assert.deepEqual(
      later.filter(({ name }) => !isReport(name)),
      [],
    );
  });

  await t.test('every exemplar is in Kafka once, with its series, labels, value and time', () => {
    const different = itemDifferences(exemplars, exemplarItems(records));
    assert.equal(different.length, 0, shown(different));
    assert.ok(exemplars.length > 10 * (SCRAPES - 1), `only ${exemplars.length} exemplars`);
  });

  await t.test('what the HTTP API does not tell of a histogram is there as well', () => {
    const live = records.filter(({ stale: isStale }) => isStale === undefined);
    for (const { name, labels, histogram } of live) {
      if (histogram === undefined) continue;
      const { schema, reset_hint: hint, float, custom_values: bounds } = histogram;
      const shape = labels['shape'] ?? labels['mortal'] ?? '';
      assert.equal(float, ['float', 'float gauge', 'flapping'].includes(shape) ? true : undefined);
      assert.equal(hint === 'gauge', name === 'test_native_gauge', JSON.stringify(histogram));
      if (name === 'test_native_schema') assert.equal(String(schema), labels['schema']);
      if (name === 'test_classic_seconds') assert.deepEqual(bounds, ['0.1', '0.30000000000000004', '2.5']);
      assert.equal(schema === -53, bounds !== undefined);
    }
  });

  await t.test('the sender counts nothing as failed, sent again or dropped, and complains of nothing', () => {
    const counters =
      /^prometheus_remote_storage_(samples|histograms|exemplars|metadata)_(failed|retried|dropped)_total.*$/gm;
    const lines = [...senderMetrics.matchAll(counters)].map(([line]) => line);
    assert.ok(lines.length >= 6, lines.join('\n'));
    assert.deepEqual(
      lines.filter((line) => !line.endsWith(' 0')),
      [],
    );
    assert.doesNotMatch(senderLog, /level=ERROR|level=WARN.*component=remote|response header statistics/);
  });
}

test('a Prometheus sends all it can by Remote-Write 1.0', async (t) => {
  const command = findPrometheus3(t);
  if (command === undefined) return;
  const result = await run(t, {
    command,
    // The times at which counting began become samples of zero.
    features: ['exemplar-storage', 'created-timestamp-zero-ingestion'],
    global: { scrape_native_histograms: true },
    remoteWrite: {
      protobuf_message: 'prometheus.WriteRequest',
      send_exemplars: true,
      send_native_histograms: true,
    },
  });
  await assertAllThere(t, result);
  const { families, metadata, records } = result;

  await t.test('the moments at which counting began are samples and histograms of nothing', () => {
    const scrapes = new Set(records.filter(({ name }) => name === 'up').map(({ timestamp }) => timestamp));
    const born = sampleItems(records.filter(({ timestamp }) => !scrapes.has(timestamp)));
    const nothing = ['0', '{"count":"0","sum":"0","buckets":[]}'];
    assert.deepEqual([...new Set(born.map(({ text }) => text))].sort(), nothing);
    assert.ok(born.length > 20, `only ${born.length}`);
  });

  await t.test('the last metadata of each family is what the sender knows of it, under its name', () => {
    const last = new Map<string, Family>();
    for (const { key, value } of metadata) {
      const { name, ...family } = JSON.parse(String(value)) as Family & { name: string };
      checkFamily({ name, ...family });
      assert.equal(String(key), name);
      last.set(name, family);
    }
    last.delete(CHANGING);
    const known = new Map([...families].filter(([name]) => name !== CHANGING));
    assert.ok(known.size >= 15, `only ${known.size} families`);
    assert.deepEqual(new Map([...last].sort()), new Map([...known].sort()));
  });

  await t.test('1.0 records have none of what only 2.0 can say', () => {
    const fields = new Set(records.flatMap((record) => Object.keys(record)));
    for (const field of ['type', 'unit', 'help', 'start_timestamp']) assert.ok(!fields.has(field), field);
  });
});

test('a Prometheus sends all it can by Remote-Write 2.0', async (t) => {
  const command = findPrometheus3(t);
  if (command === undefined) return;
  const result = await run(t, {
    command,
    features: [
      'exemplar-storage',
      'metadata-wal-records',
      'st-storage',
      // So that the query language tells what is stored.
      'use-start-timestamps',
      'promql-experimental-functions',
    ],
    global: {
      scrape_native_histograms: true,
      convert_classic_histograms_to_nhcb: true,
      always_scrape_classic_histograms: true,
    },
    remoteWrite: {
      protobuf_message: 'io.prometheus.write.v2.Request',
      send_exemplars: true,
      send_native_histograms: true,
      metadata_config: { send: false },
    },
  });
  await assertAllThere(t, result);
  const { families, metadata, records, stored } = result;

  await t.test('every record has the type, unit and help that the sender knows', () => {
    for (const { name, type = '', unit = '', help = '', histogram, stale } of records) {
      if (isReport(name)) {
        assert.equal(type, 'gauge', name);
        continue;
      }
      const family = familyOf(name, families);
      assert.ok(family, name);
      if (name === CHANGING) assert.ok(stale || type === (histogram ? 'histogram' : 'gauge'));
      else assert.deepEqual({ type: type || 'unknown', unit, help }, family, name);
    }
    assert.deepEqual(metadata, []);
  });

  await t.test('start timestamps and custom buckets were part of it', () => {
    assert.ok([...stored.startsMs.values()].filter((startMs) => startMs > 0).length > 20 * (SCRAPES - 1));
    const custom = records.filter(({ histogram }) => histogram?.['schema'] === -53);
    assert.ok(custom.length > 2 * (SCRAPES - 1), `only ${custom.length} histograms of custom buckets`);
  });
});
