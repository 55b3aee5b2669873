/** All of Kafka stops answering or goes away under full load: memory stays flat, answers honest, and all recovers. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultCluster, startFaultCluster } from '../support/fault-cluster.ts';
import { readTopic } from '../support/kafka.ts';
import { findPrometheus, startPrometheus } from '../support/prometheus.ts';
import { assertOrdered, duplicates, parseRecords } from '../support/records.ts';
import { differences, expectedSamples, shown } from './expected.ts';
import { assertDelivered, assertUnharmed, report } from './fault-checks.ts';
import { FaultLoad } from './fault-load.ts';
import { isListening } from './load.ts';
import { startTarget } from './scrape-target.ts';

/** Ten minutes by hand: TEST_OUTAGE_SECONDS=600. */
const OUTAGE_MS = Number(process.env['TEST_OUTAGE_SECONDS'] ?? 20) * 1000;
const TIMEOUT_MS = 3000;
const TIMEOUT_FLAG = `--kafka.produce-timeout=${TIMEOUT_MS / 1000}s`;
/** An answer is looked at every 50 ms, and a loaded machine may take its time. */
const ANSWER_SLACK_MS = 3000;
const RECOVERY_MS = 5000;
const MAX_GROWTH_BYTES = 30 * 1024 * 1024;
const MAX_MEMORY_BYTES = 350 * 1024 * 1024;
const ASK_MEMORY_EVERY_MS = 200;
const FREEZE_MS = 5000;

/** As large as the label sets of real series are. */
const LABELS = {
  container: 'kube-state-metrics',
  endpoint: 'http-metrics',
  instance: '10.128.14.207:8443',
  job: 'monitoring/kube-state-metrics',
  namespace: 'openshift-monitoring',
  pod: 'kube-state-metrics-6d9c5d8b7f-x2x7k',
  service: 'kube-state-metrics',
};

let cluster: FaultCluster;
before(async () => {
  cluster = await startFaultCluster();
});
after(() => cluster.close());

function residentBytes({ process: { pid } }: RunningAdapter): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** The memory of the process while `OUTAGE_MS` goes by. */
async function watchMemory(adapter: RunningAdapter): Promise<number[]> {
  const sizes: number[] = [];
  const endMs = performance.now() + OUTAGE_MS;
  while (performance.now() < endMs) {
    const bytes = residentBytes(adapter);
    if (bytes !== undefined) sizes.push(bytes);
    await pause(ASK_MEMORY_EVERY_MS);
  }
  return sizes;
}

const mebibytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
const mean = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0) / sizes.length;

/** Resolves when all ports are open, with the time of the last. */
async function waitForPorts(): Promise<number> {
  const ports = cluster.nodes.map(({ brokers }) => Number(brokers.split(':')[1]));
  await eventually(
    async () => (await Promise.all(ports.map((port) => isListening(port)))).every((open) => open),
    { what: 'every broker listens again', withinMs: 120_000 },
  );
  return performance.now();
}

describe('without any broker', { concurrency: 1 }, () => {
  test(`for ${OUTAGE_MS / 1000} s under full load: flat memory, 503 in time, 2xx soon after the return`, async (t) => {
    const { brokers } = cluster;
    const topic = await cluster.topic();
    const adapter = await startAdapter(t, { brokers, topic, flags: [TIMEOUT_FLAG] });
    await adapter.waitReady();
    const load = new FaultLoad(adapter, { senders: 32, seriesPerSender: 200, pauseMs: 100, labels: LABELS });
    t.after(() => load.abort());
    await load.waitForAcknowledged(200);
    await Promise.all(cluster.nodes.map((node) => node.stop('SIGKILL')));
    const goneMs = performance.now();
    const sizes = await watchMemory(adapter);
    const returnMs = performance.now();
    const started = cluster.start();
    const openMs = await waitForPorts();
    await load.waitForAcknowledged(1);
    await started;
    await cluster.waitWhole(topic);
    await load.leave();

    const away = load.attempts.filter(({ begunMs }) => begunMs > goneMs && begunMs < returnMs - TIMEOUT_MS);
    assert.ok(away.length > 32, `${away.length} requests fell into the outage`);
    for (const { status, problem } of away) assert.equal(status, 503, problem);
    const slowestMs = Math.max(...away.map(({ begunMs, endedMs }) => endedMs - begunMs));
    assert.ok(slowestMs < TIMEOUT_MS + ANSWER_SLACK_MS, `an answer took ${slowestMs} ms`);

    const accepted = load.attempts.filter(({ status, endedMs }) => status === 204 && endedMs > returnMs);
    const recoveryMs = Math.min(...accepted.map(({ endedMs }) => endedMs)) - openMs;
    assert.ok(recoveryMs < RECOVERY_MS, `the first 2xx came ${recoveryMs} ms after the last port was open`);

    const third = Math.floor(sizes.length / 3);
    const [early, late] = [mean(sizes.slice(0, third)), mean(sizes.slice(-third))];
    assert.ok(third === 0 || late - early < MAX_GROWTH_BYTES, `from ${early} to ${late} bytes`);
    const peakBytes = adapter.peakMemoryBytes() ?? 0;
    assert.ok(peakBytes < MAX_MEMORY_BYTES, `the adapter took ${peakBytes} bytes`);
    const figures = await assertDelivered(load, { brokers, topic });
    const memory = `memory ${mebibytes(early)} MiB in the first third, ${mebibytes(late)} in the last, peak ${mebibytes(peakBytes)}`;
    report(
      t,
      figures,
      `slowest 503 ${Math.round(slowestMs)} ms, first 2xx ${Math.round(recoveryMs)} ms after the last port, ${memory}`,
    );
    await assertUnharmed(adapter);
  });

  test('frozen for longer than kafka.produce_timeout: unknown outcomes end in a new epoch and nothing is lost', async (t) => {
    const { brokers } = cluster;
    const topic = await cluster.topic();
    const adapter = await startAdapter(t, { brokers, topic, flags: ['--kafka.produce-timeout=2s'] });
    await adapter.waitReady();
    const load = new FaultLoad(adapter);
    t.after(() => load.abort());
    await load.waitForAcknowledged(300);
    const epochChanges = () => adapter.metric('kafka_adapter_kafka_epoch_changes_total');
    assert.equal(await epochChanges(), 0);
    for (const node of cluster.nodes) {
      t.after(() => node.resume());
      node.pause();
    }
    await eventually(async () => (await epochChanges()) > 0, { what: 'a new epoch' });
    await pause(FREEZE_MS);
    for (const node of cluster.nodes) node.resume();
    await cluster.waitWhole(topic);
    await load.waitForAcknowledged(300);
    await load.leave();
    const refused = load.attempts.filter(({ status }) => status === 503);
    assert.ok(refused.length > 0, 'requests were answered 503');
    const changes = await epochChanges();
    // Brokers that have come to, and a load that is acknowledged: no reason for further epochs.
    await pause(500);
    assert.equal(await epochChanges(), changes);
    const figures = await assertDelivered(load, { brokers, topic });
    report(t, figures, `${changes} epoch changes`);
    await assertUnharmed(adapter);
  });
});

describe('with a real Prometheus', () => {
  test('a leader is killed, the next one is restarted: every stored sample is there, once, in order', async (t) => {
    const command = findPrometheus(t);
    if (command === undefined) return;
    const { brokers } = cluster;
    const topic = await cluster.topic();
    const adapter = await startAdapter(t, { brokers, topic });
    await adapter.waitReady();
    const target = await startTarget(t);
    const writeUrl = adapter.writeUrl;
    const prometheus = await startPrometheus(t, { command, target: target.address, writeUrl });
    await target.waitForAnswers(8);
    const leader = await cluster.leaderOf(topic);
    await cluster.nodes[leader - 1]!.stop('SIGKILL');
    await cluster.waitLedElsewhere(topic, leader);
    await cluster.nodes[leader - 1]!.start();
    await cluster.waitWhole(topic);
    const next = await cluster.leaderOf(topic);
    await cluster.nodes[next - 1]!.stop('SIGTERM');
    await cluster.waitLedElsewhere(topic, next);
    await cluster.nodes[next - 1]!.start();
    await cluster.waitWhole(topic);
    await target.waitForAnswers(4);
    target.close();
    const cutMs = await prometheus.waitForFailedScrapes(1);
    const stored = await prometheus.stored(cutMs);
    await prometheus.waitUntilSent(cutMs);
    assert.equal(await prometheus.queueMetric('samples_failed_total'), 0);
    const retried = await prometheus.queueMetric('samples_retried_total');
    assert.equal((await prometheus.stop()).code, 0);
    await assertUnharmed(adapter);

    const samples = parseRecords(await readTopic(brokers, topic));
    const different = differences(
      expectedSamples(stored),
      samples.filter(({ timestampMs }) => timestampMs <= cutMs),
    );
    assert.equal(different.length, 0, shown(different));
    assert.equal(retried, 0, 'every fault was over within kafka.produce_timeout');
    assert.deepEqual(duplicates(samples), []);
    assertOrdered(samples);
    t.diagnostic(`${samples.length} records, ${stored.length} samples stored by Prometheus`);
  });
});
