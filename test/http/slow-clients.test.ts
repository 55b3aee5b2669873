/** Clients that take their time: with the body, with the answers, or that have said all they will say. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { openRaw, writeBytes } from '../support/raw-connection.ts';
import { type TestServer, type TestServerOptions, testServer } from '../support/server.ts';
import { body } from '../support/write-request.ts';

const HOST = 'HTTP/1.1\r\nHost: a\r\n';
const EMPTY = Buffer.from([0]);

interface Listening extends TestServer {
  readonly port: number;
  readonly figure: (line: string) => Promise<number>;
}

async function listen(t: TestContext, options: TestServerOptions = {}): Promise<Listening> {
  const started = testServer(options);
  const { port } = await started.server.listen();
  t.after(() => started.server.close(1000));
  const figure = async (line: string): Promise<number> =>
    (await started.metric(`kafka_adapter_${line}`)) ?? Number.NaN;
  return { ...started, port, figure };
}

describe('a client that does not take its answers', () => {
  test('is ended once nothing has moved for as long as a request may take, counted as unread_answer', async (t) => {
    const { port, figure, server } = await listen(t, { silenceTimeoutMs: 1000 });
    const silent = connect(port, '127.0.0.1').on('error', () => {});
    t.after(() => silent.destroy());
    // Whoami is no probe, so that the end is counted.
    silent.write(`GET /-/whoami ${HOST}\r\n`);
    const unread = 'connections_closed_total{reason="unread_answer"}';
    // What the network takes in is taken; then nothing moves any more.
    for (let i = 0; i < 1000 && (await figure(unread)) === 0; i++) {
      silent.write(`GET / ${HOST}\r\n`.repeat(4));
      await pause(10);
    }
    await eventually(async () => (await figure(unread)) === 1, { what: 'the connection is ended' });
    await eventually(async () => (await figure('http_requests_in_flight')) === 0, {
      what: 'and its requests',
    });
    assert.equal(await figure('http_unread_bytes'), 0);
    assert.equal(await figure('connections_closed_total{reason="idle_timeout"}'), 0);
    const { statusCode } = await server.app.inject('/-/healthy');
    assert.equal(statusCode, 200);
  });
});

describe('a body that drips', () => {
  test('below http.min_body_rate is 503 with the rate and the option, gives its room back, and ends', async (t) => {
    const { port, figure } = await listen(t, { minBytesPerSecond: 1000 });
    const raw = await openRaw(t, port);
    raw.write(writeBytes(EMPTY, { 'Content-Length': '500000' }));
    const drip = setInterval(() => raw.write('x'), 100);
    t.after(() => clearInterval(drip));
    await eventually(async () => (await figure('http_inflight_bytes')) === 500_000, { what: 'it has room' });
    await eventually(async () => (await figure('http_inflight_bytes')) === 0, {
      what: 'the room is free again',
    });
    const { status, body: text, headers, isLast } = await raw.waitForAnswers(1);
    assert.deepEqual([status, isLast], [503, true]);
    assert.match(
      text.toString(),
      /^the body comes at \d+ bytes a second, below http\.min_body_rate \(1000\)\n$/,
    );
    assert.match(headers['retry-after'] ?? '', /^\d$/);
    await raw.waitForEnd();
  });

  test('but is fast enough is read to its end', async (t) => {
    const { port, delivery } = await listen(t, { minBytesPerSecond: 5 });
    const raw = await openRaw(t, port);
    const text = writeBytes(
      body([
        {
          labels: [
            ['__name__', 'slow'],
            ['a', randomBytes(200).toString('base64')],
          ],
          samples: [[1, 1]],
        },
      ]),
    );
    // For longer than the time over which the rate is measured.
    for (let at = 0; at < text.length; at += Math.ceil(text.length / 65)) {
      raw.write(text.slice(at, at + Math.ceil(text.length / 65)));
      await pause(100);
    }
    assert.equal((await raw.waitForAnswers(1)).status, 204);
    assert.equal(delivery.records.length, 1);
  });
});

test('both timeouts may be as long as the options allow', async (t) => {
  const hour = 3_600_000;
  const { server } = testServer({ headersTimeoutMs: hour, requestTimeoutMs: hour });
  await server.listen();
  t.after(() => server.close(1000));
  assert.deepEqual([server.app.server.headersTimeout, server.app.server.requestTimeout], [hour, hour]);
});

describe('a client that closes its side', () => {
  async function halfClosed(t: TestContext, port: number, text: string): Promise<string> {
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    t.after(() => socket.destroy());
    let received = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      received += piece;
    });
    socket.on('error', () => {}).end(text, 'latin1');
    await once(socket, 'close');
    return received;
  }

  const half = writeBytes(Buffer.alloc(1000)).slice(0, -500);
  for (const [name, text, answer] of [
    ['having sent nothing', '', /^$/],
    ['in the middle of the headers', `GET / ${HOST}X-Hal`, /^HTTP\/1\.1 400 /],
    ['in the middle of the body', half, /^HTTP\/1\.1 400 /],
  ] as const) {
    test(`${name} is ended at once and leaves nothing`, async (t) => {
      const { port, figure, delivery } = await listen(t);
      assert.match(await halfClosed(t, port, text), answer);
      await eventually(async () => (await figure('connections')) === 0, { what: 'the connection is gone' });
      assert.deepEqual(
        [await figure('http_requests_in_flight'), await figure('http_inflight_bytes')],
        [0, 0],
      );
      assert.equal(delivery.records.length, 0);
    });
  }

  const whole = writeBytes(body([{ labels: [['__name__', 'up']], samples: [[1, 1000]] }]));
  for (const [name, text, count] of [
    ['a whole request', whole, 1],
    ['three whole requests', whole.repeat(3), 3],
  ] as const)
    test(`having sent ${name} gets what is owed, though Kafka takes its time`, async (t) => {
      const { port, figure, delivery } = await listen(t);
      delivery.acknowledge = () => pause(100);
      const received = await halfClosed(t, port, text);
      assert.equal(received.split('HTTP/1.1 204').length - 1, count, received);
      assert.equal(delivery.records.length, count);
      await eventually(async () => (await figure('connections')) === 0, { what: 'the connection is gone' });
    });
});
