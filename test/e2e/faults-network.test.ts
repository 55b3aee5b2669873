/** The network between the adapter and the brokers fails, and leaders move: nothing acknowledged is lost or doubled. */

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultCluster, startFaultCluster } from '../support/fault-cluster.ts';
import { withAdmin } from '../support/kafka.ts';
import { assertDelivered, assertUnharmed, report } from './fault-checks.ts';
import { FaultLoad } from './fault-load.ts';

/** Together below kafka.produce_timeout, so that what waits is acknowledged and not answered 503. */
const UNANSWERED_MS = 500;
const SILENT_MS = 3500;
const RESET_MS = 4000;
/** kafka.produce_timeout of 2 s goes by within. */
const LONG_SILENCE_MS = 6000;
/** The adapter asks for metadata at least once a minute. */
const METADATA_AGE_MS = 60_000;
const NEW_COUNT = 12;

let cluster: FaultCluster;
before(async () => {
  cluster = await startFaultCluster();
});
after(() => cluster.close());

interface UnderLoad {
  readonly adapter: RunningAdapter;
  readonly load: FaultLoad;
  readonly topic: string;
}

/** An adapter that reaches the brokers through their proxies only unless told otherwise, and senders that have been acknowledged. */
async function underLoad(
  t: TestContext,
  { flags = [], brokers = cluster.proxiedBrokers }: { flags?: string[]; brokers?: string } = {},
): Promise<UnderLoad> {
  const topic = await cluster.topic();
  const adapter = await startAdapter(t, { brokers, topic, flags });
  await adapter.waitReady();
  const load = new FaultLoad(adapter);
  t.after(() => load.abort());
  await load.waitForAcknowledged(300);
  return { adapter, load, topic };
}

/** Kills the adapter; its senders go on with another one, past the proxies. */
async function takeOver(t: TestContext, { adapter, load, topic }: UnderLoad): Promise<UnderLoad> {
  await adapter.process.stop('SIGKILL');
  const next = await startAdapter(t, { brokers: cluster.brokers, topic });
  load.adapter = next;
  await load.waitForAcknowledged(300);
  return { adapter: next, load, topic };
}

async function finish(t: TestContext, { adapter, load, topic }: UnderLoad): Promise<Record<string, number>> {
  await load.leave();
  const retries = await adapter.metric('kafka_adapter_kafka_retries_total');
  const epochs = await adapter.metric('kafka_adapter_kafka_epoch_changes_total');
  const figures = await assertDelivered(load, { brokers: cluster.brokers, topic });
  report(t, figures, `${retries} batches sent again, ${epochs} epoch changes`);
  await assertUnharmed(adapter);
  return { ...figures.failed, retries, epochs };
}

// What waits for the age of the metadata does so beside the others, and past the proxies.
describe('under load', { concurrency: 2 }, () => {
  describe('by way of the proxies', { concurrency: 1 }, () => {
    test('one broker cannot be reached: silence first, then resets', async (t) => {
      const parts = await underLoad(t);
      const proxy = cluster.proxies[(await cluster.leaderOf(parts.topic)) - 1]!;
      t.after(() => proxy.heal());
      // The broker appends what it is sent last, and the adapter does not get to know.
      proxy.silenceAnswers();
      await pause(UNANSWERED_MS);
      proxy.silence();
      await pause(SILENT_MS);
      proxy.reset();
      await pause(RESET_MS);
      proxy.heal();
      await parts.load.waitForAcknowledged(300);
      const { retries } = await finish(t, parts);
      assert.ok(retries! > 0, 'the silence was met by requests under way');
    });

    test('connections end in the middle of an answer', async (t) => {
      const parts = await underLoad(t);
      for (let bytes = 1; bytes <= 13; bytes += 4) {
        for (const proxy of cluster.proxies) await proxy.cutNextAnswer(bytes);
        await parts.load.waitForAcknowledged(50);
      }
      const { retries, 503: refused } = await finish(t, parts);
      assert.ok(retries! > 0, 'the ends were met by requests under way');
      assert.equal(refused, undefined, 'a lost connection is cured within kafka.produce_timeout');
    });

    test('what was sent before a timeout arrives late: a new epoch fences it off', async (t) => {
      const parts = await underLoad(t, { flags: ['--kafka.produce-timeout=2s'] });
      for (const proxy of cluster.proxies) {
        t.after(() => proxy.heal());
        proxy.silence();
      }
      await pause(LONG_SILENCE_MS);
      // What was held back, of connections that the adapter has given up long ago, reaches the brokers now.
      for (const proxy of cluster.proxies) proxy.heal();
      await parts.load.waitForAcknowledged(300);
      const { epochs, 503: refused } = await finish(t, parts);
      assert.ok(refused! > 0, 'the outcome was unknown');
      assert.ok(epochs! > 0, 'a new epoch has begun');
    });

    test('the adapter is killed by SIGKILL while it waits for a broker that cannot be reached', async (t) => {
      const parts = await underLoad(t);
      const proxy = cluster.proxies[(await cluster.leaderOf(parts.topic)) - 1]!;
      t.after(() => proxy.heal());
      proxy.silence();
      // Longer than any pause of a sender: all wait for their answers, and nothing has reached the broker.
      await pause(UNANSWERED_MS);
      const taken = takeOver(t, parts);
      await parts.adapter.process.exited;
      proxy.reset();
      const next = await taken;
      proxy.heal();
      const unanswered = parts.load.requests.filter(({ attempts }) => attempts.length > 1);
      assert.ok(unanswered.length > 0, 'requests were under way when it was killed');
      await finish(t, next);
    });

    test('leaders move without a crash', async (t) => {
      const parts = await underLoad(t);
      const { load, topic } = parts;
      const leader = await cluster.leaderOf(topic);
      // With two copies and not on this node, its partitions must be led elsewhere.
      const others = [1, 2, 3].filter((node) => node !== leader);
      const move = (replicas: readonly number[]): Promise<void> =>
        withAdmin(cluster.brokers, async (admin) => {
          const found = await cluster.partitions(topic);
          const partitionAssignment = found.map(({ partition }) => ({ partition, replicas: [...replicas] }));
          await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
        });
      await move(others);
      await cluster.waitLedElsewhere(topic, leader);
      await load.waitForAcknowledged(300);
      await move([leader, ...others]);
      await cluster.waitWhole(topic);
      await load.waitForAcknowledged(300);
      const { retries, 503: refused } = await finish(t, parts);
      assert.ok(retries! > 0, 'the move was met by requests under way');
      assert.equal(refused, undefined, 'a move is followed within kafka.produce_timeout');
    });
  });

  test('new partitions are used within the age of the metadata', async (t) => {
    const { adapter, load, topic } = await underLoad(t, { brokers: cluster.brokers });
    const { brokers } = cluster;
    const usedPartitions = (): Promise<number> =>
      withAdmin(brokers, async (admin) => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.filter(({ high }) => Number(high) > 0).length;
        // Right after their creation the brokers do not agree on them yet.
      }).catch(() => 0);
    await withAdmin(brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic, count: NEW_COUNT }] }),
    );
    const createdMs = performance.now();
    await eventually(async () => (await usedPartitions()) === NEW_COUNT, {
      what: 'every partition holds records',
      withinMs: METADATA_AGE_MS + 15_000,
    });
    const tookMs = performance.now() - createdMs;
    await load.waitForAcknowledged(300);
    await load.leave();
    const figures = await assertDelivered(load, { brokers, topic }, { partitionsGrow: true });
    report(t, figures, `in use after ${Math.round(tookMs / 1000)} s`);
    assert.deepEqual(figures.failed, {});
    await assertUnharmed(adapter);
  });
});
