/** Replicas that know each other through a real Kafka: who joins, who leaves, who is killed, and when Kafka is away. */

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KafkaNode } from '../../deploy/local/kafka.ts';
import { metricValue, oneConnection, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { readTopic, startKafka, uniqueTopic, withAdmin } from '../support/kafka.ts';
import { startProcess } from '../support/process.ts';
import { body } from '../support/write-request.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** A replica is forgotten after 15 s of silence. */
const FORGOTTEN_WITHIN_MS = 25_000;

let kafka: KafkaNode;
before(async () => {
  kafka = await startKafka();
});
after(() => kafka?.close());

interface Settings {
  readonly name: string;
  readonly topic: string;
  readonly flags?: readonly string[];
}

const ownFleet = (): Settings => ({ name: uniqueTopic('name'), topic: uniqueTopic('fleet') });

function start(t: TestContext, { name, topic, flags = [] }: Settings): Promise<RunningAdapter> {
  return startAdapter(t, {
    brokers: kafka.brokers,
    topic: 'metrics',
    drainDelay: '1s',
    flags: [`--fleet.name=${name}`, `--fleet.topic=${topic}`, '--kafka.produce-timeout=3s', ...flags],
  });
}

/** Each line of the fleet in /metrics by the end of its name. */
async function figures(adapter: RunningAdapter, names: readonly string[]): Promise<(number | undefined)[]> {
  const { text } = await adapter.get('/metrics');
  return names.map((name) => metricValue(text, `kafka_adapter_fleet_${name}`));
}

/** Resolves when each of them knows of that many that are ready, itself included. */
async function waitForReplicas(
  all: readonly RunningAdapter[],
  count: number,
  withinMs = 15_000,
): Promise<number> {
  const startedMs = performance.now();
  await eventually(
    async () => {
      const found = await Promise.all(all.map((adapter) => figures(adapter, ['usable', 'replicas'])));
      return found.every(([usable, replicas]) => usable === 1 && replicas === count);
    },
    { what: `${count} replicas know each other`, withinMs },
  );
  return performance.now() - startedMs;
}

const sample = (value: number) => body([{ labels: [['__name__', 'up']], samples: [[value, Date.now()]] }]);

/** What was said through the topic, oldest first. */
async function said(topic: string): Promise<{ id: string; state: string }[]> {
  const records = await readTopic(kafka.brokers, topic);
  return records.map(({ value }) => JSON.parse(String(value)) as { id: string; state: string });
}

describe('replicas with one fleet.name', { concurrency: true }, () => {
  test('know each other within seconds, forget who is killed, and are told by who leaves', async (t) => {
    const fleet = ownFleet();
    const [first, second] = await Promise.all([start(t, fleet), start(t, fleet)]);
    await waitForReplicas([first, second], 2);
    const third = await start(t, fleet);
    const stranger = await start(t, { ...fleet, name: 'another' });
    const joinedMs = await waitForReplicas([first, second, third], 3);
    await waitForReplicas([stranger], 1);
    const ignored = 'records_ignored_total{reason="other_fleet"}';
    assert.ok((await figures(stranger, [ignored]))[0]! > 0);

    await third.process.kill();
    const forgottenMs = await waitForReplicas([first, second], 2, FORGOTTEN_WITHIN_MS);
    t.diagnostic(`known after ${joinedMs.toFixed(0)} ms, forgotten after ${forgottenMs.toFixed(0)} ms`);
    const { code } = await second.process.stop();
    assert.equal(code, 0);
    await waitForReplicas([first], 1, 5000);
    const words = (await said(fleet.topic)).filter(({ id }) => id.endsWith(`:${second.port}`));
    assert.deepEqual(
      words.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1]),
      ['starting', 'ready', 'draining', 'gone'].slice(words[0]!.state === 'ready' ? 1 : 0),
    );
    for (const { process } of [first, second]) assert.doesNotMatch(process.stderr, /"level":(40|50)/);
  });

  test('tell their load, so that each knows its share', async (t) => {
    const fleet = ownFleet();
    const [busy, idle] = await Promise.all([start(t, fleet), start(t, fleet)]);
    await Promise.all([busy.waitReady(), idle.waitReady()]);
    const agent = oneConnection();
    t.after(() => agent.destroy());
    await eventually(
      async () => {
        assert.equal((await busy.write(sample(1), { agent })).status, 204);
        const [share, imbalance] = await figures(busy, ['share', 'imbalance_ratio']);
        const [rest] = await figures(idle, ['share']);
        return share === 1 && imbalance === 2 && rest === 0;
      },
      { what: 'one of two has all of the load' },
    );
  });
});

describe('the command fleet', { concurrency: true }, () => {
  function show(t: TestContext, { name, topic, flags = [] }: Settings, brokers = kafka.brokers) {
    return startProcess(t, {
      args: [
        program,
        'fleet',
        `--kafka.brokers=${brokers}`,
        `--fleet.name=${name}`,
        `--fleet.topic=${topic}`,
        ...flags,
      ],
      environment: { KAFKA_BROKERS: undefined },
    });
  }

  test('prints who is there, and who has fallen silent', async (t) => {
    const fleet = ownFleet();
    const all = await Promise.all([start(t, fleet), start(t, fleet)]);
    await waitForReplicas(all, 2);
    const [silent] = all;
    await silent!.process.kill();
    const shown = show(t, fleet);
    assert.equal((await shown.waitForExit()).code, 0, shown.output);
    const [head, ...lines] = shown.stdout.trimEnd().split('\n');
    assert.match(head!, /^REPLICA +STATE +SHARE +SAMPLES\/S +CONNECTIONS +CPU +UP +VERSION +ADDRESS$/);
    const words = lines.map((line) => line.split(/ {2,}/));
    assert.deepEqual(
      words.map(([id, state]) => [id!.split(':')[1], state]).toSorted(),
      all.map(({ port }, i) => [String(port), i === 0 ? 'silent' : 'ready']).toSorted(),
    );
  });

  test('with --json prints an array, and says who has the id of another', async (t) => {
    const fleet = ownFleet();
    const flags = ['--replica.id=twin'];
    const twins = await Promise.all([start(t, { ...fleet, flags }), start(t, { ...fleet, flags })]);
    const single = await start(t, fleet);
    // The two count as one.
    await waitForReplicas([single], 2);
    const shown = show(t, { ...fleet, flags: ['--json'] });
    assert.equal((await shown.waitForExit()).code, 0, shown.output);
    const list = JSON.parse(shown.stdout) as { id: string; address: string; hasNamesake: boolean }[];
    assert.deepEqual(list.map(({ id, hasNamesake }) => [id === 'twin', hasNamesake]).toSorted(), [
      [false, false],
      [true, true],
    ]);
    assert.match(shown.stderr, /more than one replica has this id/);
    const { hints } = JSON.parse((await single.get('/api/v1/status')).text);
    assert.match(JSON.stringify(hints), /More than one replica has the id twin/);
    for (const twin of twins) assert.match(twin.process.stderr, /another replica has the same id/);
  });

  test('says that nobody speaks, and of others that do', async (t) => {
    const fleet = ownFleet();
    await waitForReplicas([await start(t, fleet)], 1);
    const shown = show(t, { ...fleet, name: 'nobody' });
    assert.equal((await shown.waitForExit()).code, 0);
    assert.equal(shown.stdout, '');
    assert.match(shown.stderr, /no replica of this fleet speaks/);
    assert.match(shown.stderr, /records of another fleet\.name were heard, too/);
  });

  test('ends with 1 and a sentence when the topic is not there, and leaves it so', async (t) => {
    const fleet = ownFleet();
    const shown = show(t, fleet);
    assert.equal((await shown.waitForExit()).code, 1);
    assert.match(shown.stderr, new RegExp(`topic ${fleet.topic} does not exist: no replica of this Kafka`));
    const topics = await withAdmin(kafka.brokers, (admin) => admin.listTopics());
    assert.ok(!topics.includes(fleet.topic));
    const away = show(t, fleet, '127.0.0.1:1');
    assert.equal((await away.waitForExit()).code, 1);
    assert.match(away.stderr, /127\.0\.0\.1:1 refuses the connection/);
  });
});

describe('with --no-fleet.enabled', () => {
  test('no topic is made, and no fleet is measured', async (t) => {
    const { name, topic } = ownFleet();
    const adapter = await start(t, { name, topic, flags: ['--no-fleet.enabled'] });
    await adapter.waitReady();
    assert.equal((await adapter.write(sample(1))).status, 204);
    const beside = await start(t, { name, topic: uniqueTopic('fleet') });
    // By now the other would have spoken as well.
    await waitForReplicas([beside], 1);
    assert.deepEqual(await figures(adapter, ['usable', 'records_published_total']), [Number.NaN, 0]);
    assert.equal((await adapter.process.stop()).code, 0);
    const topics = await withAdmin(kafka.brokers, (admin) => admin.listTopics());
    assert.ok(!topics.includes(topic));
  });
});

describe('when Kafka is away', () => {
  test('writes are answered as ever, the fleet is not usable after a while, and is again once Kafka is back', async (t) => {
    const fleet = ownFleet();
    const all = await Promise.all([start(t, fleet), start(t, fleet)]);
    await waitForReplicas(all, 2);
    await kafka.stop();
    const [first] = all;
    const startedMs = performance.now();
    assert.equal((await first!.write(sample(1))).status, 503);
    const answeredMs = performance.now() - startedMs;
    assert.ok(
      answeredMs > 2500 && answeredMs < 6000,
      `503 after ${answeredMs} ms of kafka.produce_timeout=3s`,
    );
    await eventually(async () => (await figures(first!, ['usable']))[0] === 0, { what: 'it is not usable' });
    const warnings = (): unknown[] =>
      first!.logged('warn').filter(({ msg }) => String(msg).startsWith('no fleet'));
    await eventually(() => warnings().length === 1, { what: 'it is said' });
    const leaving = await start(t, fleet);
    const stoppedMs = performance.now();
    await leaving.process.stop();
    t.diagnostic(`stopped in ${(performance.now() - stoppedMs).toFixed(0)} ms without Kafka`);
    assert.ok(performance.now() - stoppedMs < 5000);
    await kafka.start();
    await waitForReplicas(all, 2, 60_000);
    assert.equal(warnings().length, 1);
    await eventually(async () => (await first!.write(sample(2))).status === 204, {
      what: 'writes are taken',
    });
  });
});
