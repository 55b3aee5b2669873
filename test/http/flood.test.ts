/** Clients that send far more than anybody can answer: what they cost ends with their connection. */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { openRaw } from '../support/raw-connection.ts';
import { testServer } from '../support/server.ts';
import { body, HEADERS } from '../support/write-request.ts';

const HOST = 'HTTP/1.1\r\nHost: a\r\n';
const WHOAMI = `GET /-/whoami ${HOST}\r\n`;
const HEAD = Object.entries({ ...HEADERS, 'Transfer-Encoding': 'chunked' })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const CHUNKED = `POST /api/v1/write ${HOST}${HEAD}\r\n`;

async function listen(t: TestContext) {
  const started = testServer();
  const { port } = await started.server.listen();
  t.after(() => started.server.close(1000));
  return { ...started, open: () => openRaw(t, port) };
}

/** A body in chunks of one byte each. */
function inBytes(bytes: Buffer): string {
  return `${Array.from(bytes, (byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('')}0\r\n\r\n`;
}

describe('requests ahead of their answers', () => {
  test('are not even begun behind the one too many, though they came in the same bytes', async (t) => {
    const { server, open } = await listen(t);
    let begun = 0;
    server.app.server.prependListener('request', () => begun++);
    const raw = await open();
    raw.write(WHOAMI.repeat(1000));
    await raw.waitForEnd();
    // As far as Node reads at once.
    assert.equal(begun, 17);
    assert.deepEqual(
      raw.answers.map(({ status }) => status),
      [...Array(16).fill(200), 503],
    );
  });

  test('up to sixteen are answered, one after the other, over and over', async (t) => {
    const { open } = await listen(t);
    const raw = await open();
    for (let round = 1; round <= 5; round++) {
      raw.write(WHOAMI.repeat(16));
      await raw.waitForAnswers(round * 16);
    }
    assert.ok(raw.answers.every(({ status, isLast }) => status === 200 && !isLast));
  });
});

describe('a body in chunks of a byte', () => {
  const small = body([{ labels: [['__name__', 'up']], samples: [[1, 1000]] }]);

  test('is read like any other while they are few', async (t) => {
    const { open, delivery } = await listen(t);
    const raw = await open();
    raw.write(CHUNKED + inBytes(small));
    assert.equal((await raw.waitForAnswers(1)).status, 204);
    assert.equal(delivery.records.length, 1);
  });

  test('is 400 and the end of the connection when they are thousands, wanted or not', async (t) => {
    const { open, delivery } = await listen(t);
    const chunks = inBytes(Buffer.alloc(12_000, small));
    const raw = await open();
    raw.write(CHUNKED + chunks);
    await raw.waitForEnd();
    const [answer] = raw.answers;
    assert.deepEqual([answer?.status, answer?.isLast], [400, true]);
    assert.match(String(answer?.body), /chunks of less than 16 bytes on the average \(2001 chunks so far/);
    const unwanted = await open();
    unwanted.write(CHUNKED.replace('snappy', 'gzip') + chunks);
    await unwanted.waitForEnd();
    assert.deepEqual([unwanted.answers[0]?.status, unwanted.answers[0]?.isLast], [415, true]);
    assert.deepEqual(delivery.records, []);
  });

  test('is not read on while its sender waits for the end', async (t) => {
    const { server, open } = await listen(t);
    const sockets: Socket[] = [];
    server.app.server.on('connection', (socket) => sockets.push(socket));
    const raw = await open();
    raw.write(CHUNKED + inBytes(Buffer.alloc(100_000, small)));
    await raw.waitForEnd();
    const [socket] = sockets;
    // Node reads 64 KiB at once.
    assert.ok(socket!.bytesRead <= 128 * 1024, String(socket!.bytesRead));
  });

  test('costs nothing more once it is known, and the next connection is read as ever', async (t) => {
    const { server, open } = await listen(t);
    let pieces = 0;
    server.app.server.once('request', (request) => {
      const { push } = request;
      request.push = (piece: unknown) => {
        if (piece !== null) pieces++;
        return push.call(request, piece);
      };
    });
    const raw = await open();
    raw.write(CHUNKED + inBytes(Buffer.alloc(9000, small)));
    await raw.waitForEnd();
    assert.equal(pieces, 2001);
    for (let i = 0; i < 3; i++) {
      const next = await open();
      next.write(CHUNKED + inBytes(small));
      assert.equal((await next.waitForAnswers(1)).status, 204);
    }
  });

  test('is none of that when most of them hold something', async (t) => {
    const { open } = await listen(t);
    const raw = await open();
    raw.write(`${CHUNKED}${`10\r\n${'x'.repeat(16)}\r\n`.repeat(12_000)}0\r\n\r\n`);
    const answer = await raw.waitForAnswers(1);
    // No snappy, but a body, read to its end.
    assert.deepEqual([answer.status, answer.isLast], [400, false]);
  });
});
