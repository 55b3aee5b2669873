/** Every way in which a connection ends, as a client sees it and as it is counted. */

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { call, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import type { ParsedAnswer } from '../support/answer-parser.ts';
import { makeCertificate } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { GoClient } from '../support/go-client.ts';
import { openRaw, type RawConnection } from '../support/raw-connection.ts';
import { testServer } from '../support/server.ts';
import { GoLoad } from './go-load.ts';

const WHOAMI = 'GET /-/whoami HTTP/1.1\r\nHost: adapter\r\n\r\n';
const HALF_HEADER = 'POST /api/v1/write HTTP/1.1\r\nHost: adapter\r\nContent-Le';
const HALF_BODY = 'POST /api/v1/write HTTP/1.1\r\nHost: adapter\r\nContent-Length: 100\r\n\r\nhalf';

/** Nothing ends a connection but what a test asks for. */
function start(t: TestContext, flags: readonly string[]): Promise<RunningAdapter> {
  const all = ['--dry-run', '--connection.overload-high=0', ...flags];
  return startAdapter(t, { brokers: '', topic: 'metrics', flags: all });
}

const closed = (adapter: RunningAdapter, reason: string): Promise<number> =>
  adapter.metric(`kafka_adapter_connections_closed_total{reason="${reason}"}`);

/** Resolves when that many connections are counted for the reason; the count stays there for a further look. */
async function waitForClosed(adapter: RunningAdapter, reason: string, count: number): Promise<void> {
  await eventually(async () => (await closed(adapter, reason)) >= count, {
    what: `${count} connections closed by ${reason}`,
  });
  assert.equal(await closed(adapter, reason), count);
}

async function askRaw(raw: RawConnection, text = WHOAMI): Promise<ParsedAnswer> {
  raw.write(text);
  return raw.waitForAnswers(raw.answers.length + 1);
}

/** Asks every now and then, so that the connection is not idle. */
async function askUntil(raw: RawConnection, isOver: () => boolean): Promise<readonly ParsedAnswer[]> {
  while (!isOver()) {
    await askRaw(raw);
    await pause(100);
  }
  return raw.answers;
}

describe('a connection that does nothing more', { concurrency: 1 }, () => {
  test('is closed and counted by what it was waited for, and with an age of 0 never otherwise', async (t) => {
    const adapter = await start(t, [
      '--connection.max-age=0',
      '--connection.idle-timeout=5s',
      '--http.headers-timeout=1s',
      '--http.request-timeout=2s',
    ]);
    const [busy, idle, header, body, gone, garbage] = await Promise.all(
      Array.from({ length: 6 }, () => openRaw(t, adapter.port)),
    );
    await askRaw(idle!);
    const kept = askUntil(busy!, () => idle!.isEnded);
    header!.write(HALF_HEADER);
    body!.write(HALF_BODY);
    await askRaw(gone!);
    gone!.end();
    garbage!.write('what is this\r\n\r\n');
    await waitForClosed(adapter, 'client', 1);
    for (const [raw, reason] of [
      [garbage!, 'protocol_error'],
      [header!, 'headers_timeout'],
      [body!, 'request_timeout'],
    ] as const) {
      await raw.waitForEnd();
      await waitForClosed(adapter, reason, 1);
    }
    await idle!.waitForEnd();
    assert.equal(idle!.answers.length, 1);
    await waitForClosed(adapter, 'idle_timeout', 1);
    const answers = await kept;
    assert.ok(answers.length > 10 && answers.every(({ status, isLast }) => status === 200 && !isLast));
    for (const reason of ['max_age', 'max_requests', 'overload', 'rebalance', 'forced'])
      assert.equal(await closed(adapter, reason), 0, reason);
  });
});

describe('an answer on a connection past its age', { concurrency: 1 }, () => {
  const flags = ['--connection.max-age=1s', '--connection.max-age-jitter=0'];

  test('closes it, after a long silence as well, and none before does', async (t) => {
    const adapter = await start(t, flags);
    const raw = await openRaw(t, adapter.port);
    assert.equal((await askRaw(raw)).isLast, false);
    await pause(1500);
    assert.equal(raw.isEnded, false, 'silence alone ends nothing');
    const answer = await askRaw(raw);
    assert.deepEqual([answer.status, answer.headers['connection']], [200, 'close']);
    await raw.waitForEnd();
    await waitForClosed(adapter, 'max_age', 1);
  });

  test('is not counted as the age when the client or HTTP/1.0 asked for the end', async (t) => {
    const adapter = await start(t, flags);
    const [asking, old] = [await openRaw(t, adapter.port), await openRaw(t, adapter.port)];
    await pause(1500);
    const before = await closed(adapter, 'client');
    const wish = WHOAMI.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    assert.equal((await askRaw(asking, wish)).status, 200);
    old.write(WHOAMI.replace('HTTP/1.1', 'HTTP/1.0'));
    await Promise.all([asking.waitForEnd(), old.waitForEnd()]);
    assert.equal(old.answers[0]?.status, 200);
    await eventually(async () => (await closed(adapter, 'client')) >= before + 2, {
      what: 'both are counted',
    });
    assert.equal(await closed(adapter, 'max_age'), 0);
  });
});

test('connection.max_requests ends connections after about that many requests', async (t) => {
  const adapter = await start(t, ['--connection.max-age=0', '--connection.max-requests=20']);
  const client = new GoClient({ port: adapter.port });
  t.after(() => client.close());
  for (let count = 0; count < 500; count++) await client.send({ method: 'GET', path: '/-/whoami' });
  assert.deepEqual(client.errors, []);
  const ended = client.connections.filter(({ closedBy }) => closedBy === 'answer');
  await waitForClosed(adapter, 'max_requests', ended.length);
  const lengths = ended.map(({ requests }) => requests);
  t.diagnostic(`${ended.length} connections, of ${Math.min(...lengths)} to ${Math.max(...lengths)} requests`);
  assert.ok(ended.length >= 500 / 25 - 1);
  for (const requests of lengths) assert.ok(requests >= 15 && requests <= 25, `${requests} requests`);
  // All alike would be one of 11 numbers twenty times over.
  assert.ok(new Set(lengths).size > 1, 'every connection has a limit of its own');
});

test('connection.max_close_rate bounds the closes by age, and says so', async (t) => {
  const rate = 5;
  const flags = ['--connection.max-age=1s', `--connection.max-close-rate=${rate}`];
  const adapter = await start(t, flags);
  const load = new GoLoad({ port: adapter.port }, { pools: 20, pauseMs: 50 });
  t.after(() => load.leave());
  const ends = (): number[] =>
    load.clients
      .flatMap(({ connections }) => connections)
      .flatMap(({ closedBy, closedMs }) => (closedBy === 'answer' && closedMs !== undefined ? closedMs : []));
  await eventually(() => ends().length >= 30, { what: '30 closes' });
  const effective = await adapter.metric('kafka_adapter_connection_effective_max_age_seconds');
  await load.leave();
  assert.deepEqual(load.failures, []);
  const times = ends().sort((a, b) => a - b);
  const within = (fromMs: number): number => times.filter((ms) => ms >= fromMs && ms < fromMs + 1000).length;
  const most = Math.max(...times.map(within));
  const perSecond = (times.length - 1) / ((times.at(-1)! - times[0]!) / 1000);
  const held = await adapter.metric('kafka_adapter_connection_close_skipped_total{reason="rate_limited"}');
  t.diagnostic(
    `at most ${most} closes within 1 s, ${perSecond.toFixed(1)} a second over all, ${held} connections held, effective age ${effective} s`,
  );
  // Without the bound it is one second; those that are just connecting anew do not count.
  assert.ok(effective > 10 / rate, `all live longer alike: ${effective} s`);
  // A full bucket and what flows into it; clocks of two processes do not tick alike.
  assert.ok(most <= 2 * rate + 1, `${most} closes within one second`);
  assert.ok(perSecond <= rate * 1.5, `${perSecond} closes a second`);
});

describe('POST /-/rebalance', { concurrency: 1 }, () => {
  const post = (adapter: RunningAdapter) => call(`${adapter.url}/-/rebalance?spread=2s`, { method: 'POST' });

  test('asks every connection once to close, spread over the time given', async (t) => {
    const adapter = await start(t, ['--connection.max-age=0', '--http.enable-lifecycle']);
    const pools = 30;
    const load = new GoLoad({ port: adapter.port }, { pools, pauseMs: 50 });
    t.after(() => load.leave());
    await load.waitForSent(2 * pools);
    const { status, text } = await post(adapter);
    assert.equal(status, 202, text);
    const answer = JSON.parse(text) as { connections: number; spreadSeconds: number };
    assert.equal(answer.spreadSeconds, 2);
    assert.ok(answer.connections >= pools && answer.connections <= pools + 1, text);
    await waitForClosed(adapter, 'rebalance', pools);
    // As much again: nobody is asked twice.
    await load.waitForSent(10 * pools);
    await load.leave();
    assert.deepEqual(load.failures, []);
    assert.equal(await closed(adapter, 'rebalance'), pools);
    for (const { connections } of load.clients)
      assert.deepEqual(
        connections.map(({ closedBy }) => closedBy),
        ['answer', 'client'],
      );
    const ends = load.clients.map(({ connections }) => connections[0]!.closedMs!).sort((a, b) => a - b);
    const spanMs = ends.at(-1)! - ends[0]!;
    t.diagnostic(`${pools} connections closed over ${Math.round(spanMs)} ms`);
    // Thirty even draws from 2 s all within one of them: less than once in 10^7 runs.
    assert.ok(spanMs > 1000, `all closed within ${spanMs} ms`);
  });

  test('is forbidden without http.enable_lifecycle', async (t) => {
    const adapter = await start(t, []);
    assert.equal((await post(adapter)).status, 403);
  });
});

test('a TLS handshake that does not go on is ended by http.headers_timeout, and holds up no end', async (t) => {
  const certificate = makeCertificate(t);
  if (!certificate) return;
  const flags = [`--web.config-file=${certificate.webConfigFile}`, '--http.headers-timeout=1s'];
  const adapter = await start(t, flags);
  await (await openRaw(t, adapter.port)).waitForEnd(15_000);
  await openRaw(t, adapter.port);
  assert.deepEqual(await adapter.process.stop('SIGTERM', 15_000), { code: 0, signal: null });
});

test('a request that is injected, on no connection at all, is answered past any age and request limit', async () => {
  const connection = { maxAgeMs: 1, maxAgeJitter: 0, maxRequests: 1 };
  const { server } = testServer({ connection });
  for (const url of ['/-/whoami', '/-/healthy', '/nowhere', '/api/v1/status']) {
    const { statusCode, headers } = await server.app.inject(url);
    assert.equal(statusCode, url === '/nowhere' ? 404 : 200);
    assert.notEqual(headers.connection, 'close');
  }
});
