/** Brokers are killed, frozen and restarted, the adapter is killed: what was acknowledged is there, once, in order. */

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { type FaultCluster, startFaultCluster } from '../support/fault-cluster.ts';
import { assertDelivered, assertUnharmed, report } from './fault-checks.ts';
import { FaultLoad } from './fault-load.ts';

const FREEZE_MS = 15_000;

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

/** An adapter with defaults, and senders that have been acknowledged for a while. */
async function underLoad(t: TestContext): Promise<UnderLoad> {
  const { brokers } = cluster;
  const topic = await cluster.topic();
  const adapter = await startAdapter(t, { brokers, topic });
  await adapter.waitReady();
  const load = new FaultLoad(adapter);
  t.after(() => load.abort());
  await load.waitForAcknowledged(300);
  return { adapter, load, topic };
}

const retries = (adapter: RunningAdapter): Promise<number> =>
  adapter.metric('kafka_adapter_kafka_retries_total');

describe('with three brokers under load', { concurrency: 1 }, () => {
  test('a leader is killed by SIGKILL and comes back', async (t) => {
    const { adapter, load, topic } = await underLoad(t);
    const leader = await cluster.leaderOf(topic);
    await cluster.nodes[leader - 1]!.stop('SIGKILL');
    await cluster.waitLedElsewhere(topic, leader);
    await load.waitForAcknowledged(300);
    await cluster.nodes[leader - 1]!.start();
    await cluster.waitWhole(topic);
    await load.waitForAcknowledged(300);
    await load.leave();
    assert.ok((await retries(adapter)) > 0, 'the kill was met by requests under way');
    const figures = await assertDelivered(load, { brokers: cluster.brokers, topic });
    report(t, figures, `${await retries(adapter)} batches sent again`);
    assert.deepEqual(figures.failed, {}, 'it was over within kafka.produce_timeout');
    await assertUnharmed(adapter);
  });

  test(`a leader is frozen for ${FREEZE_MS / 1000} s and thaws`, async (t) => {
    const { adapter, load, topic } = await underLoad(t);
    const leader = await cluster.leaderOf(topic);
    const node = cluster.nodes[leader - 1]!;
    node.pause();
    t.after(() => node.resume());
    await pause(FREEZE_MS);
    node.resume();
    await cluster.waitWhole(topic);
    await load.waitForAcknowledged(300);
    await load.leave();
    assert.ok((await retries(adapter)) > 0, 'the frozen broker had requests under way');
    const figures = await assertDelivered(load, { brokers: cluster.brokers, topic });
    report(t, figures, `${await retries(adapter)} batches sent again`);
    await assertUnharmed(adapter);
  });

  test('all brokers are restarted one after the other', async (t) => {
    const { adapter, load, topic } = await underLoad(t);
    for (const node of cluster.nodes) {
      await node.stop('SIGTERM');
      await load.waitForAcknowledged(100);
      await node.start();
      await cluster.waitWhole(topic);
      await load.waitForAcknowledged(100);
    }
    await load.leave();
    const figures = await assertDelivered(load, { brokers: cluster.brokers, topic });
    report(t, figures, `${await retries(adapter)} batches sent again`);
    assert.deepEqual(figures.failed, {}, 'each restart was over within kafka.produce_timeout');
    await assertUnharmed(adapter);
  });

  test('the adapter is killed by SIGKILL, and another one takes over its senders', async (t) => {
    const { adapter, load, topic } = await underLoad(t);
    const { brokers } = cluster;
    await adapter.process.stop('SIGKILL');
    const next = await startAdapter(t, { brokers, topic });
    load.adapter = next;
    await load.waitForAcknowledged(300);
    await load.leave();
    const figures = await assertDelivered(load, { brokers, topic });
    const unanswered = load.requests.filter(({ attempts }) => attempts.length > 1);
    assert.ok(unanswered.length > 0, 'requests were under way when it was killed');
    report(t, figures);
    await assertUnharmed(next);
  });
});
