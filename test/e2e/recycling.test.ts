/** Connections end by age under load, and no request is lost, refused, or executed twice by it. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, type TestContext, test } from 'node:test';
import { metricValue, startAdapter } from '../support/adapter.ts';
import { makeCertificate } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { GoClient, type GoTarget } from '../support/go-client.ts';
import { createTopic, type TestKafka, testKafka } from '../support/kafka.ts';
import { openRaw, writeBytes } from '../support/raw-connection.ts';
import { countSamples } from '../support/records.ts';
import { HEADERS } from '../support/write-request.ts';
import { assertOnceInKafka, GoLoad, readSamples } from './go-load.ts';
import { uniqueRequest } from './load.ts';

/** So that nothing but age ends a connection, and nothing holds it up. */
const AGE_ALONE = ['--connection.overload-high=0', '--connection.max-close-rate=0'];
const REQUESTS = 10_000;
const SHARDS = 16;

const WAVE_CONNECTIONS = 200;
const WAVE_AGE_MS = 6000;

let kafka: TestKafka;
before(async () => {
  kafka = await testKafka();
});
after(() => kafka.stop());

interface Started {
  readonly target: GoTarget;
  readonly topic: string;
  /** A line of /metrics, 0 when it is not there yet. */
  metric(line: string): Promise<number>;
}

/** An adapter without a balancer, for plain connections or TLS. */
async function start(t: TestContext, flags: readonly string[], ca?: string): Promise<Started> {
  const { brokers } = kafka;
  const topic = await createTopic(brokers, { partitions: 3 });
  const { port } = await startAdapter(t, { brokers, topic, flags: [...AGE_ALONE, ...flags] });
  const target = { port, ca };
  const watcher = new GoClient(target);
  t.after(() => watcher.close());
  const get = async (path: string) =>
    (await watcher.send({ method: 'GET', path, headers: { connection: 'close' } })).answer;
  await eventually(async () => (await get('/-/ready'))?.status === 200, { what: '/-/ready is 200' });
  const metric = async (line: string): Promise<number> =>
    metricValue(String((await get('/metrics'))?.body), line) ?? 0;
  return { target, topic, metric };
}

const closed = (reason: string): string => `kafka_adapter_connections_closed_total{reason="${reason}"}`;
const skipped = (reason: string): string =>
  `kafka_adapter_connection_close_skipped_total{reason="${reason}"}`;
const WRITES = 'kafka_adapter_http_requests_total{handler="write",code="204"}';

describe('at an age of half a second', { concurrency: 1 }, () => {
  for (const kind of ['plain', 'TLS'] as const) {
    test(`${REQUESTS} requests are answered 204 and stand in Kafka once (${kind})`, async (t) => {
      const flags = ['--connection.max-age=500ms'];
      const certificate = kind === 'TLS' ? makeCertificate(t) : undefined;
      if (kind === 'TLS' && !certificate) return;
      if (certificate) flags.push(`--web.config-file=${certificate.webConfigFile}`);
      const { target, topic, metric } = await start(t, flags, certificate?.ca);
      const load = new GoLoad(target, { shards: SHARDS });
      t.after(() => load.leave());
      await load.waitForSent(REQUESTS);
      await load.leave();

      assert.deepEqual(load.failures, []);
      const closes = load.closedByAnswer;
      await eventually(async () => (await metric(closed('max_age'))) >= closes, { what: 'closes by age' });
      assert.equal(await metric(closed('max_age')), closes);
      assert.ok(closes > 4 * SHARDS, `only ${closes} connections were ended by age`);
      assert.equal(await metric(WRITES), load.sent.length);
      const records = await assertOnceInKafka(load, { brokers: kafka.brokers, topic });
      t.diagnostic(
        `${load.sent.length} requests, ${closes} closes by age, ${load.failures.length} errors, ${records} records, none twice`,
      );
    });
  }
});

describe('requests that are pipelined on a connection past its age', { concurrency: 1 }, () => {
  test('are all answered in order and executed once; at most the last answer closes', async (t) => {
    const { target, topic, metric } = await start(t, ['--connection.max-age=1ms']);
    const rounds = 20;
    const sent = Array.from({ length: 3 * rounds }, (_, sender) => uniqueRequest(sender, Date.now()));
    let closes = 0;
    for (let round = 0; round < rounds; round++) {
      const raw = await openRaw(t, target.port);
      const payloads = sent.slice(3 * round, 3 * round + 3).map(({ payload }) => payload);
      raw.write(payloads.map((payload) => writeBytes(payload)).join(''));
      const last = await raw.waitForAnswers(3);
      assert.deepEqual(
        raw.answers.map(({ status, isLast }) => ({ status, isLast })),
        [false, false, last.isLast].map((isLast) => ({ status: 204, isLast })),
      );
      // Was the last not alone when it was answered, the next one closes.
      if (!last.isLast) {
        raw.write('GET /-/healthy HTTP/1.1\r\nHost: adapter\r\n\r\n');
        assert.equal((await raw.waitForAnswers(4)).isLast, true);
      }
      closes++;
      await raw.waitForEnd();
    }
    await eventually(async () => (await metric(closed('max_age'))) === closes, { what: 'all are counted' });
    assert.ok((await metric(skipped('pipelined'))) >= 2 * rounds);
    const counts = countSamples(await readSamples({ brokers: kafka.brokers, topic }));
    for (const key of sent.flatMap(({ samples }) => samples)) assert.equal(counts.get(key), 1, key);
    assert.equal(counts.size, sent.length * sent[0]!.samples.length);
  });

  test('keep it open until the one that came last is answered', async (t) => {
    const { target, metric } = await start(t, ['--connection.max-age=1ms']);
    const raw = await openRaw(t, target.port);
    const [first, second, third] = [0, 1, 2].map((sender) =>
      writeBytes(uniqueRequest(sender, Date.now()).payload),
    );
    raw.write(`${first}${second}${third!.slice(0, -1)}`);
    await raw.waitForAnswers(2);
    assert.equal(await metric(skipped('pipelined')), 2);
    assert.equal(await metric(closed('max_age')), 0);
    raw.write(third!.slice(-1));
    await raw.waitForEnd();
    assert.deepEqual(
      raw.answers.map(({ status, isLast }) => ({ status, isLast })),
      [false, false, true].map((isLast) => ({ status: 204, isLast })),
    );
    assert.equal(await metric(closed('max_age')), 1);
  });
});

test('a body of 8 MB over the limit is answered 413, and the sender sees it', async (t) => {
  const flags = ['--http.max-body-size=1MiB', '--connection.max-age=1ms'];
  const { target, metric } = await start(t, flags);
  const client = new GoClient(target);
  t.after(() => client.close());
  const body = Buffer.alloc(8_000_000, 'x');
  for (let attempt = 0; attempt < 100; attempt++)
    await client.send({ path: '/api/v1/write', headers: HEADERS, body });
  const seen = client.exchanges.filter(({ answer }) => answer?.status === 413).length;
  const closes = await metric(closed('max_age'));
  t.diagnostic(
    `413 seen in ${seen} of 100 attempts, others: ${client.errors.join(', ') || 'none'}; ${client.closedByAnswer} connections ended by an answer, ${closes} by age`,
  );
  assert.ok(seen >= 99, `413 was seen ${seen} times, else: ${client.errors.join(', ')}`);
});

test('200 connections that were opened at once do not come back at once', async (t) => {
  const { target, metric } = await start(t, [`--connection.max-age=${WAVE_AGE_MS}ms`]);
  const load = new GoLoad(target, { pools: WAVE_CONNECTIONS, pauseMs: 300 });
  t.after(() => load.leave());
  await eventually(() => load.openedMs.length >= WAVE_CONNECTIONS, { what: 'all connections' });
  const opened = load.openedMs.sort((a, b) => a - b);
  assert.ok(opened.at(-1)! - opened[0]! < 1000, 'they were opened at once');
  await eventually(() => load.openedMs.length >= 2 * WAVE_CONNECTIONS, { what: 'the first wave' });
  await load.leave();
  assert.deepEqual(load.failures, []);
  const returns = load.openedMs.sort((a, b) => a - b).slice(WAVE_CONNECTIONS, 2 * WAVE_CONNECTIONS);
  const peak = Math.max(
    ...returns.map((fromMs) => returns.filter((ms) => ms >= fromMs && ms < fromMs + 1000).length),
  );
  const mean = WAVE_CONNECTIONS / (WAVE_AGE_MS / 1000);
  t.diagnostic(
    `at most ${peak} connections within 1 s, ${(peak / mean).toFixed(2)} times the mean of ${mean.toFixed(1)} a second`,
  );
  // With a jitter of 25 % two means are to be expected: all come back within half an age. Above four is as
  // likely as 134 of a Poisson distribution with mean 67, less than once in 10^12 runs; 10 % would make five.
  assert.ok(peak <= 4 * mean, `${peak} connections came back within one second`);
  assert.ok((await metric(closed('max_age'))) >= WAVE_CONNECTIONS);
});
