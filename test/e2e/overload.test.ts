/** A replica that computes too much sends its busiest connections away, and never more than the bucket allows. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { compress } from 'snappyjs';
import { findBalancer, type RunningHaproxy, startHaproxy } from '../support/balancers.ts';
import { eventually } from '../support/eventually.ts';
import { GoClient } from '../support/go-client.ts';
import { type Replicas, startReplicas } from '../support/replicas.ts';
import { HEADERS } from '../support/write-request.ts';

const REPLICAS = 3;
const CONNECTIONS = 40;
/** Of one core, by all heavy connections together; the pause between their requests is chosen for it. */
const LOAD = 0.6;
/** As the source has it: of the connections at once, and each second. */
const BURST_SHARE = 0.1;
const REFILL_SHARE = 0.01;
const RELIEVED_WITHIN_MS = 30_000;
/** Of the bytes: at most five of eight equal connections are left. */
const RELIEVED_SHARE = 0.7;
const SATURATED_MS = 17_000;
const LOOK_EVERY_MS = 1000;

const RECEIVED = 'kafka_adapter_received_bytes_total{encoding="compressed"}';
const UTILIZATION = 'kafka_adapter_event_loop_utilization';

/** Nothing but metadata entries, empty ones: they cost the time to read them and are not written anywhere. */
function metadataOnly(entries: number): Buffer {
  return compress(Buffer.alloc(2 * entries, Buffer.from([(3 << 3) | 2, 0])));
}

/** As many as limits.samples_per_request lets in. */
const HEAVY_BODY = metadataOnly(100_000);
const LIGHT_BODY = metadataOnly(1);

interface Weights {
  /** How many of the connections are heavy. */
  readonly heavy: number;
  readonly heavyPauseMs: number;
}

/** Clients with one connection each: some that cost much, the others nothing. */
class UnevenLoad {
  readonly clients: readonly GoClient[];
  readonly #ended: Promise<unknown>;
  #isLeaving = false;

  constructor(port: number, { heavy, heavyPauseMs }: Weights) {
    this.clients = Array.from({ length: CONNECTIONS }, () => new GoClient({ port }));
    this.#ended = Promise.all(
      this.clients.map((client, index) =>
        index < heavy ? this.#send(client, HEAVY_BODY, heavyPauseMs) : this.#send(client, LIGHT_BODY, 500),
      ),
    );
  }

  /** All but 204. */
  get failures(): unknown[] {
    return this.clients
      .flatMap(({ exchanges }) => exchanges)
      .flatMap(({ answer, error }) => (answer?.status === 204 ? [] : (error ?? answer?.status)));
  }

  get closedByAnswer(): number {
    return this.clients.reduce((sum, client) => sum + client.closedByAnswer, 0);
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.#ended;
    for (const client of this.clients) client.close();
  }

  async #send(client: GoClient, body: Buffer, pauseMs: number): Promise<void> {
    while (!this.#isLeaving) {
      await client.send({ path: '/api/v1/write', headers: HEADERS, body });
      await pause(pauseMs);
    }
  }
}

/** What a heavy request takes of a core, on this machine as it is now. */
async function heavyCostMs({ all: [adapter] }: Replicas): Promise<number> {
  const client = new GoClient({ port: adapter!.port });
  const send = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left--)
      await client.send({ path: '/api/v1/write', headers: HEADERS, body: HEAVY_BODY });
  };
  const cpuSeconds = () => adapter!.metric('process_cpu_seconds_total');
  await send(30);
  const before = await cpuSeconds();
  await send(30);
  const costMs = (((await cpuSeconds()) - before) / 30) * 1000;
  client.close();
  return costMs;
}

interface Stage {
  readonly replicas: Replicas;
  readonly haproxy: RunningHaproxy;
  readonly load: UnevenLoad;
}

interface Scene {
  readonly high: number;
  readonly low: number;
  /** Replicas that HAProxy knows at first. */
  readonly members: number;
  /** Heavy connections. */
  readonly heavy: number;
}

async function start(t: TestContext, { high, low, members, heavy }: Scene): Promise<Stage | undefined> {
  const command = findBalancer(t, 'haproxy');
  if (command === undefined) return undefined;
  const flags = [
    '--dry-run',
    '--connection.max-age=0',
    `--connection.overload-high=${high}`,
    `--connection.overload-low=${low}`,
    '--connection.overload-min-age=1s',
  ];
  const replicas = await startReplicas(t, REPLICAS, { brokers: '', topic: 'metrics', flags });
  const costMs = await heavyCostMs(replicas);
  const heavyPauseMs = (heavy / LOAD - 1) * costMs;
  t.diagnostic(
    `a heavy request takes ${costMs.toFixed(1)} ms, then a pause of ${heavyPauseMs.toFixed(0)} ms`,
  );
  const haproxy = await startHaproxy(t, { command, members: replicas.members.slice(0, members) });
  const load = new UnevenLoad(haproxy.port, { heavy, heavyPauseMs });
  t.after(() => load.leave());
  await eventually(() => load.clients.every(({ exchanges }) => exchanges.length > 0), {
    what: 'every connection has been used',
  });
  return { replicas, haproxy, load };
}

describe('when event loops are busier than connection.overload_high', { concurrency: 1 }, () => {
  test('the excess of one moves to the idle ones within 30 s, although connections have no age', async (t) => {
    const stage = await start(t, { high: 0.3, low: 0.15, members: 1, heavy: 8 });
    if (!stage) return;
    const { replicas, haproxy, load } = stage;
    await haproxy.setMembers(replicas.members);
    const addedMs = performance.now();
    let before = await replicas.each(RECEIVED);
    assert.equal(
      before.slice(1).reduce((sum, bytes) => sum + bytes),
      0,
    );
    let [share, tookMs] = [1, 0];
    while (share > RELIEVED_SHARE && tookMs < RELIEVED_WITHIN_MS) {
      await pause(LOOK_EVERY_MS);
      const now = await replicas.each(RECEIVED);
      const received = now.map((bytes, index) => bytes - before[index]!);
      share = received[0]! / received.reduce((sum, bytes) => sum + bytes);
      before = now;
      tookMs = performance.now() - addedMs;
    }
    const utilizations = (await replicas.each(UTILIZATION)).map((value) => value.toFixed(2));
    await load.leave();
    const closes = load.closedByAnswer;
    await replicas.waitForClosed('overload', closes);
    t.diagnostic(
      `${(share * 100).toFixed(0)} % of the bytes still go to the busy one after ${(tookMs / 1000).toFixed(1)} s, ${closes} closes by overload, utilisation ${utilizations.join(', ')}`,
    );
    assert.ok(tookMs < RELIEVED_WITHIN_MS, `it still has ${share} of the bytes`);
    assert.ok(closes > 0);
    assert.deepEqual(load.failures, []);
  });

  test('and all are, the closes stay within one in ten at once and one in a hundred a second', async (t) => {
    const stage = await start(t, { high: 0.03, low: 0.01, members: REPLICAS, heavy: CONNECTIONS });
    if (!stage) return;
    const { replicas, load } = stage;
    const beganMs = performance.now();
    await pause(SATURATED_MS);
    const utilizations = await replicas.each(UTILIZATION);
    const closes = await replicas.closed('overload');
    const seconds = (performance.now() - beganMs) / 1000;
    await load.leave();
    // Each replica may always close one, and one in ten seconds.
    const allowed = REPLICAS + CONNECTIONS * (BURST_SHARE + REFILL_SHARE * seconds);
    t.diagnostic(
      `${closes} closes by overload in ${seconds.toFixed(1)} s, ${allowed.toFixed(1)} allowed, utilisation ${utilizations.map((value) => value.toFixed(2)).join(', ')}`,
    );
    for (const value of utilizations) assert.ok(value > 0.03, `a utilisation of ${value} is no overload`);
    assert.ok(closes > 0 && closes <= allowed, `${closes} closes`);
    assert.deepEqual(load.failures, []);
  });
});
