/** A real Prometheus behind a TCP balancer whose connections end by age all the time: nothing is sent twice or lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBalancer, startHaproxy } from '../support/balancers.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, testKafka } from '../support/kafka.ts';
import { findPrometheus, startPrometheus } from '../support/prometheus.ts';
import { assertOrdered, duplicates } from '../support/records.ts';
import { startReplicas } from '../support/replicas.ts';
import { differences, expectedSamples, shown } from './expected.ts';
import { readSamples } from './go-load.ts';
import { startTarget } from './scrape-target.ts';

const SHARDS = 8;
const ENOUGH_CLOSES = 200;
const WRITES = 'kafka_adapter_http_requests_total{handler="write",code="204"}';

test('hundreds of closes by age cost a Prometheus nothing, and its requests spread', async (t) => {
  const command = findPrometheus(t);
  const balancer = findBalancer(t, 'haproxy');
  if (command === undefined || balancer === undefined) return;
  const kafka = await testKafka();
  t.after(() => kafka.stop());
  const { brokers } = kafka;
  const topic = await createTopic(brokers, { partitions: 3 });
  const flags = ['--connection.max-age=1s', '--connection.overload-high=0'];
  const replicas = await startReplicas(t, 3, { brokers, topic, flags });
  const haproxy = await startHaproxy(t, { command: balancer, members: replicas.members });
  const target = await startTarget(t);
  const begunMs = performance.now();
  const prometheus = await startPrometheus(t, {
    command,
    target: target.address,
    writeUrl: `${haproxy.url}/api/v1/write`,
    queue: { min_shards: SHARDS, max_shards: SHARDS, max_samples_per_send: 5 },
  });
  await eventually(async () => (await replicas.closed('max_age')) >= ENOUGH_CLOSES, {
    what: `${ENOUGH_CLOSES} closes by age`,
    withinMs: 120_000,
  });
  const seconds = (performance.now() - begunMs) / 1000;
  target.close();
  const cutMs = await prometheus.waitForFailedScrapes(2);
  const stored = await prometheus.stored(cutMs);
  await prometheus.waitUntilSent(cutMs);
  const failed = await prometheus.queueMetric('samples_failed_total');
  const retried = await prometheus.queueMetric('samples_retried_total');
  assert.equal((await prometheus.stop()).code, 0);
  const writes = await replicas.each(WRITES);
  const closes = await replicas.closed('max_age');
  const samples = await readSamples({ brokers, topic });
  t.diagnostic(
    `${closes} closes by age in ${seconds.toFixed(0)} s; ${writes.join(' + ')} requests; ${samples.length} records, ${failed} samples failed, ${retried} sent again`,
  );

  assert.deepEqual({ failed, retried }, { failed: 0, retried: 0 });
  const different = differences(
    expectedSamples(stored),
    samples.filter(({ timestampMs }) => timestampMs <= cutMs),
  );
  assert.equal(different.length, 0, shown(different));
  assert.deepEqual(duplicates(samples), []);
  assertOrdered(samples);
  for (const count of writes) assert.ok(count > 0, 'every replica has had requests');
  for (const adapter of replicas.all) assert.deepEqual(adapter.logged('error'), []);
});
