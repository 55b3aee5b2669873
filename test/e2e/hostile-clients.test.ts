/** Clients that are slow, silent, greedy or many: each gets its answer or its end, and nobody else notices. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw } from '../support/raw-connection.ts';
import { HEADERS } from '../support/write-request.ts';
import { besideGoodSender } from './good-sender.ts';

const IDLE = 10_000;
const HEAD = Object.entries({ Host: 'adapter', ...HEADERS }).map(([name, value]) => `${name}: ${value}`);
const WRITE = `POST /api/v1/write HTTP/1.1\r\n${HEAD.join('\r\n')}\r\n`;

const WHOAMI = 'GET /-/whoami HTTP/1.1\r\nHost: adapter\r\n\r\n';
const METRICS = WHOAMI.replace('/-/whoami', '/metrics');

const cleanUps: (() => unknown)[] = [];
let adapter: RunningAdapter;
before(async () => {
  adapter = await startAdapter(
    { after: (cleanUp) => void cleanUps.push(cleanUp) },
    {
      brokers: '',
      topic: 'metrics',
      flags: [
        '--dry-run',
        '--connection.overload-high=0',
        `--connection.limit=${IDLE + 1000}`,
        '--http.headers-timeout=2s',
        '--http.request-timeout=4s',
        '--http.min-body-rate=0',
      ],
    },
  );
});
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

const count = (line: string): Promise<number> => adapter.metric(`kafka_adapter_${line}`);
const closed = (reason: string): Promise<number> => count(`connections_closed_total{reason="${reason}"}`);
const waitForClosed = async (reason: string, least: number): Promise<void> => {
  await eventually(async () => (await closed(reason)) >= least, { what: `${least} closed by ${reason}` });
};

/** Sends as fast as the other side reads, until it is done or cut off. */
async function pour(socket: Socket, piece: Buffer, times: number): Promise<void> {
  for (let i = 0; i < times && !socket.destroyed; i++)
    if (!socket.write(piece))
      await new Promise<void>((resolve) =>
        socket.once('drain', () => resolve()).once('close', () => resolve()),
      );
}

describe('clients that are slow or silent', { concurrency: 1 }, () => {
  test('are ended and counted, whatever they stop in: header, body, nothing at all, or a header that drips', async (t) => {
    const report = await besideGoodSender(adapter, async () => {
      const many = 20;
      const opened = await Promise.all(Array.from({ length: 4 * many }, () => openRaw(t, adapter.port)));
      const [headers, bodies, drips] = [0, 1, 2].map((kind) => opened.slice(kind * many, (kind + 1) * many));
      for (const raw of headers!) raw.write('POST /api/v1/write HTTP/1.1\r\nHost: adapter\r\nContent-Le');
      for (const raw of bodies!) raw.write(`${WRITE}Content-Length: 100\r\n\r\nhalf`);
      for (const raw of drips!) raw.write(`${WRITE}X-Endless: `);
      const dripping = setInterval(() => {
        for (const raw of drips!) if (!raw.isEnded) raw.write('x');
      }, 100);
      await Promise.all(opened.map((raw) => raw.waitForEnd()));
      clearInterval(dripping);
      for (const raw of [...headers!, ...bodies!, ...drips!])
        assert.deepEqual(
          raw.answers.map(({ status }) => status),
          [503],
        );
      await waitForClosed('headers_timeout', 2 * many);
      await waitForClosed('request_timeout', many);
    });
    t.diagnostic(report);
  });

  test('with a header without end get 431 at http.max_header_size', async (t) => {
    const raw = await openRaw(t, adapter.port);
    raw.write(`${WRITE}X-Endless: ${'x'.repeat(17_000)}`);
    await raw.waitForEnd();
    assert.equal(raw.answers[0]?.status, 431);
  });

  test(`that open ${IDLE} connections and do nothing leave room and time for others`, async (t) => {
    const sockets: Socket[] = [];
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    const refusedBefore = await count('connections_refused_total{reason="limit"}');
    const report = await besideGoodSender(adapter, async () => {
      const acceptedBefore = await count('connections_accepted_total');
      for (let opened = 0; opened < IDLE; opened += 500) {
        const some = Array.from({ length: 500 }, () =>
          connect(adapter.port, '127.0.0.1').on('error', () => {}),
        );
        sockets.push(...some);
        await Promise.all(some.map((socket) => once(socket, 'connect')));
      }
      assert.ok((await count('connections_accepted_total')) >= acceptedBefore + IDLE * 0.9);
      await eventually(async () => (await count('connections_accepted_total')) >= acceptedBefore + IDLE, {
        what: 'all are accepted',
      });
      // Never used, they are ended without an answer.
      await eventually(() => sockets.every((socket) => socket.destroyed), { what: 'all are ended' });
    });
    assert.equal(await count('connections_refused_total{reason="limit"}'), refusedBefore);
    t.diagnostic(report);
  });
});

describe('clients that send much', { concurrency: 1 }, () => {
  test('in small chunks take no more memory than their bytes', async (t) => {
    const report = await besideGoodSender(adapter, async () => {
      const sockets = Array.from({ length: 4 }, () =>
        connect(adapter.port, '127.0.0.1').on('error', () => {}),
      );
      t.after(() => {
        for (const socket of sockets) socket.destroy();
      });
      const chunks = Buffer.from(`10\r\n${'x'.repeat(16)}\r\n`.repeat(20_000));
      await Promise.all(
        sockets.map(async (socket) => {
          const ended = new Promise((resolve) => socket.once('close', resolve));
          socket.write(`${WRITE}Transfer-Encoding: chunked\r\n\r\n`);
          // The least that is let in. Each chunk as a piece of memory of its own would be hundreds of MiB.
          await pour(socket, chunks, 4);
          socket.end('0\r\n\r\n');
          socket.resume();
          await ended;
        }),
      );
    });
    t.diagnostic(report);
  });

  test('thousands of requests ahead of the answers get 16 answers at most, one 503, and the end', async (t) => {
    const report = await besideGoodSender(adapter, async () => {
      const floods = await Promise.all(Array.from({ length: 10 }, () => openRaw(t, adapter.port)));
      for (const raw of floods) raw.write(WHOAMI + METRICS.repeat(3000));
      await Promise.all(floods.map((raw) => raw.waitForEnd()));
      for (const { answers } of floods) {
        const refused = answers.filter(({ status }) => status !== 200);
        // Whoever floods has bytes on the way that nobody reads any more: the reset may overtake what was answered.
        if (refused.length === 0) continue;
        assert.deepEqual([refused.length, refused[0]?.status, answers.at(-1)?.isLast], [1, 503, true]);
        assert.match(refused[0]?.body.toString() ?? '', /16 requests of this connection are under way/);
      }
      await waitForClosed('pipelined', 10);
    });
    t.diagnostic(report);
  });

  test('announced bodies of gigabytes, and never bring them, reserve nothing', async (t) => {
    const report = await besideGoodSender(adapter, async () => {
      const opened = await Promise.all(Array.from({ length: 50 }, () => openRaw(t, adapter.port)));
      const lengths = ['4294967295', '9007199254740993', '33554433'];
      opened.forEach((raw, i) => {
        raw.write(`${WRITE}Content-Length: ${lengths[i % lengths.length]}\r\n\r\nx`);
      });
      await pause(500);
      assert.equal(await count('http_inflight_bytes'), 0);
      await Promise.all(opened.map((raw) => raw.waitForEnd()));
      for (const { answers } of opened) assert.ok([413, 503].includes(answers[0]?.status ?? 0));
    });
    t.diagnostic(report);
  });
});

test('after all of it nothing is left: no request, no byte, no connection but the one that asks', async () => {
  await eventually(async () => (await count('connections')) <= 1, { what: 'all connections are gone' });
  assert.equal(await count('http_inflight_bytes'), 0);
  assert.equal(await count('http_requests_waiting'), 0);
  assert.equal(await count('http_requests_in_flight'), 1, 'this one');
  assert.equal(await count('http_requests_total{handler="write",code="500"}'), 0);
  assert.deepEqual(await adapter.process.stop(), { code: 0, signal: null });
});
