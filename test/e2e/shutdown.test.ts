/** SIGTERM: the adapter says that it leaves, finishes what it has begun with the true answer, and cannot hang. */

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { KafkaNode } from '../../deploy/local/kafka.ts';
import { call, oneConnection, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, readTopic, startKafka } from '../support/kafka.ts';
import { countSamples, duplicates, parseRecords } from '../support/records.ts';
import { connectRaw, isListening, Load, uniqueRequest } from './load.ts';

const SENDERS = 8;

let kafka: KafkaNode;
before(async () => {
  kafka = await startKafka();
});
after(() => kafka.close());

interface Started {
  readonly adapter: RunningAdapter;
  readonly topic: string;
}

async function start(t: TestContext, drainDelay: string, flags: string[] = []): Promise<Started> {
  const { brokers } = kafka;
  const topic = await createTopic(brokers, { partitions: 3 });
  const adapter = await startAdapter(t, { brokers, topic, drainDelay, flags });
  await adapter.waitReady();
  return { adapter, topic };
}

async function samplesIn(topic: string): Promise<{ counts: Map<string, number>; repeated: string[] }> {
  const samples = parseRecords(await readTopic(kafka.brokers, topic));
  return { counts: countSamples(samples), repeated: duplicates(samples) };
}

describe('SIGTERM under load', () => {
  test('writes go on being acknowledged while draining, each asking its connection to close', async (t) => {
    const { adapter, topic } = await start(t, '2s');
    // Some are led elsewhere once a probe has failed, as behind a balancer; the others write until the port is closed.
    const led = new Load(adapter, SENDERS / 2);
    const relentless = new Load(adapter, SENDERS / 2);
    const acknowledged = () => [...led.acknowledged, ...relentless.acknowledged];
    await eventually(() => acknowledged().length > 200, { what: '200 acknowledged writes' });
    adapter.process.signal('SIGTERM');
    const draining = await eventually(
      async () => {
        const answer = await adapter.get('/-/ready');
        return answer.status !== 200 && answer;
      },
      { what: '/-/ready is no longer 200' },
    );
    const drainingMs = performance.now();
    assert.equal(draining.status, 503);
    assert.match(draining.text, /\bdraining\b/);
    const whileDraining = () => acknowledged().filter(({ begunMs }) => begunMs > drainingMs);
    await eventually(() => whileDraining().length > 4 * SENDERS, { what: 'writes while draining' });
    await led.leave();
    assert.deepEqual(await adapter.process.waitForExit(20_000), { code: 0, signal: null });
    await relentless.ended;

    const answered = [...led.outcomes, ...relentless.outcomes].flatMap(({ answer }) => answer?.status ?? []);
    assert.deepEqual([...new Set(answered)], [204], 'Kafka was there all the time');
    for (const { answer } of whileDraining()) assert.equal(answer?.headers.connection, 'close');
    t.diagnostic(`${answered.length} acknowledged, ${whileDraining().length} while draining`);
    t.diagnostic(`the port closed on the others by ${relentless.failures.join(', ')}`);
    assert.deepEqual(led.failures, []);
    // What the kernel has accepted for a port that is then closed is reset; it was never a request of the adapter.
    for (const failure of relentless.failures) assert.match(failure, /^(ECONNREFUSED|ECONNRESET|EPIPE)$/);

    const { counts, repeated } = await samplesIn(topic);
    const missing = acknowledged().flatMap(({ samples }) => samples.filter((key) => !counts.has(key)));
    assert.deepEqual(missing, []);
    assert.deepEqual(repeated, []);
  });

  for (const end of ['returns', 'stays away'] as const) {
    const answer = end === 'returns' ? 204 : 503;
    test(`writes still under way when the port closes are answered ${answer} when Kafka ${end}`, async (t) => {
      const { adapter, topic } = await start(t, '100ms', ['--kafka.produce-timeout=4s']);
      assert.equal((await adapter.write(uniqueRequest(0, Date.now()).payload)).status, 204);
      kafka.pause();
      t.after(() => kafka.resume());
      const sent = Array.from({ length: SENDERS }, (_, sender) => uniqueRequest(sender, Date.now()));
      const agents = sent.map(() => oneConnection());
      const answers = Promise.all(
        sent.map(({ payload }, sender) => adapter.write(payload, { agent: agents[sender]! })),
      );
      await eventually(
        async () => (await adapter.metric('kafka_adapter_http_requests_in_flight')) > SENDERS,
        { what: 'all writes and the scrape itself are in flight' },
      );
      adapter.process.signal('SIGTERM');
      await eventually(async () => !(await isListening(adapter.port)), { what: 'the port is closed' });
      assert.equal(adapter.process.status, undefined, 'it waits for the writes');
      if (end === 'returns') kafka.resume();
      for (const { status, headers, text } of await answers) {
        assert.equal(status, answer, text);
        assert.equal(headers.connection, 'close');
        assert.equal(headers['retry-after'] !== undefined, answer === 503);
      }
      assert.deepEqual(await adapter.process.waitForExit(15_000), { code: 0, signal: null });
      for (const agent of agents) agent.destroy();
      kafka.resume();
      if (end === 'stays away') return;
      const { counts } = await samplesIn(topic);
      for (const key of sent.flatMap(({ samples }) => samples)) assert.equal(counts.get(key), 1, key);
    });
  }
});

describe('SIGTERM with connections that do nothing', () => {
  const HALF_HEADER = 'POST /api/v1/write HTTP/1.1\r\nHost: a\r\nContent-Le';
  const HALF_BODY = 'POST /api/v1/write HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf';

  async function idleConnection(adapter: RunningAdapter): Promise<{ closed: Promise<string> }> {
    const request = 'GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n';
    const connection = await connectRaw(adapter.port, request);
    await new Promise((resolve) => connection.socket.once('data', resolve));
    return connection;
  }

  test('idle, never used or stopped within a header, they do not hold it up: exit status 0', async (t) => {
    const { adapter } = await start(t, '300ms', ['--shutdown.timeout=5s']);
    const open = await Promise.all([
      idleConnection(adapter),
      connectRaw(adapter.port, ''),
      connectRaw(adapter.port, HALF_HEADER),
    ]);
    adapter.process.signal('SIGTERM');
    await Promise.all(open.map(({ closed }) => closed));
    assert.deepEqual(await adapter.process.waitForExit(15_000), { code: 0, signal: null });
    assert.deepEqual(adapter.logged('error'), []);
  });

  test('a body that does not go on is cut after shutdown.timeout: exit status 1, and said', async (t) => {
    const { adapter } = await start(t, '100ms', ['--shutdown.timeout=1s']);
    const { closed } = await connectRaw(adapter.port, HALF_BODY);
    await eventually(async () => (await adapter.metric('kafka_adapter_http_requests_in_flight')) > 1, {
      what: 'the half request is in flight',
    });
    const askedMs = performance.now();
    adapter.process.signal('SIGTERM');
    assert.equal(await closed, '', 'it is not answered as if it had been judged');
    assert.deepEqual(await adapter.process.waitForExit(15_000), { code: 1, signal: null });
    const tookMs = performance.now() - askedMs;
    assert.ok(tookMs > 1050 && tookMs < 8000, `it took ${tookMs} ms`);
    assert.deepEqual(
      adapter.logged('error').map(({ msg }) => msg),
      ['requests were cut off: not answered within shutdown.timeout'],
    );
  });

  test('a second signal ends the adapter at once', async (t) => {
    const { adapter } = await start(t, '10m');
    adapter.process.signal('SIGTERM');
    await adapter.process.waitFor(/"msg":"draining"/);
    assert.match((await call(`${adapter.url}/-/ready`)).text, /\bdraining\b/);
    assert.deepEqual(await adapter.process.stop('SIGINT', 5000), { code: 130, signal: null });
  });
});
