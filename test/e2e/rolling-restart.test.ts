/** All replicas behind a TCP balancer are restarted one after the other under load, and no sender notices. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdapterOptions, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { findBalancer, type RunningHaproxy, startHaproxy } from '../support/balancers.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, testKafka } from '../support/kafka.ts';
import { startReplicas } from '../support/replicas.ts';
import { assertOnceInKafka, GoLoad } from './go-load.ts';

const REPLICAS = 3;
const CHECK_EVERY_MS = 300;
/** As the drain delay must be: several times what the balancer takes to notice. */
const DRAIN_DELAY = '2s';
const CONNECTIONS = 24;
const PAUSE_MS = 25;

async function serverOf(haproxy: RunningHaproxy, { port }: RunningAdapter) {
  return (await haproxy.stats()).find(({ address }) => address === `127.0.0.1:${port}`)!;
}

function waitForStatus(haproxy: RunningHaproxy, adapter: RunningAdapter, wanted: RegExp): Promise<unknown> {
  return eventually(async () => wanted.test((await serverOf(haproxy, adapter)).status), {
    what: `HAProxy says ${wanted} of port ${adapter.port}`,
  });
}

test('a rolling restart of three replicas costs no request', async (t) => {
  const command = findBalancer(t, 'haproxy');
  if (command === undefined) return;
  const kafka = await testKafka();
  t.after(() => kafka.stop());
  const { brokers } = kafka;
  const topic = await createTopic(brokers, { partitions: 3 });
  // The default age is beyond this test: connections move because their replica leaves.
  const flags = ['--ready.draining-status=404', '--connection.overload-high=0'];
  const options: AdapterOptions = { brokers, topic, drainDelay: DRAIN_DELAY, flags };
  const { all, members } = await startReplicas(t, REPLICAS, options);
  const healthCheck = { intervalMs: CHECK_EVERY_MS, fall: 2, rise: 1 };
  const haproxy = await startHaproxy(t, { command, members, healthCheck });
  for (const adapter of all) await waitForStatus(haproxy, adapter, /^UP$/);
  const load = new GoLoad({ port: haproxy.port }, { pools: CONNECTIONS, pauseMs: PAUSE_MS });
  t.after(() => load.leave());
  await load.waitForSent(10 * CONNECTIONS);

  for (const old of all) {
    old.process.signal('SIGTERM');
    await waitForStatus(haproxy, old, /NOLB/);
    const { code } = await old.process.waitForExit();
    assert.equal(code, 0, old.process.output);
    await eventually(async () => (await serverOf(haproxy, old)).scur === 0, {
      what: 'nobody is left on the replica that has ended',
    });
    const replacement = await startAdapter(t, { ...options, port: old.port });
    await waitForStatus(haproxy, replacement, /^UP$/);
    assert.deepEqual([...old.logged('warn'), ...old.logged('error')], []);
  }

  await load.waitForSent(10 * CONNECTIONS);
  const ends = load.clients.flatMap(({ connections }) =>
    connections.flatMap(({ closedBy }) => closedBy ?? []),
  );
  await load.leave();
  const longestMs = Math.max(...load.sent.map(({ exchange }) => exchange.endedMs - exchange.begunMs));
  assert.deepEqual(load.failures, []);
  // Each was ended by an answer, none while it was idle: that would be a matter of luck.
  assert.deepEqual([...new Set(ends)], ['answer']);
  assert.ok(ends.length >= CONNECTIONS, `${ends.length} connections have moved`);
  const records = await assertOnceInKafka(load, { brokers, topic });
  t.diagnostic(
    `${load.sent.length} requests, ${ends.length} connections moved, 0 failed, longest ${Math.round(longestMs)} ms, ${records} records, none twice`,
  );
});
