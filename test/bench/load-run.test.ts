/** The load generator against servers that answer in every way an adapter may. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { AnswerReader } from './answer.ts';
import { Connection } from './connection.ts';
import type { LoadReport, LoadRun } from './load-plan.ts';
import { Load } from './load-run.ts';
import { Measurements, quantile } from './quantiles.ts';

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n';
const WITH_BODY = 'HTTP/1.1 400 Bad Request\r\ncontent-length: 5\r\n\r\nwrong';
const LATER = 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n';
const LAST = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';

describe('an answer', () => {
  for (const [text, expected] of [
    [NO_CONTENT, { status: 204, isLast: false, retryAfterMs: undefined }],
    [WITH_BODY, { status: 400, isLast: false, retryAfterMs: undefined }],
    [LATER, { status: 503, isLast: false, retryAfterMs: 1000 }],
    [LAST, { status: 200, isLast: true, retryAfterMs: undefined }],
  ] as const) {
    test(`${expected.status} is read wherever it is cut in two, and again on the same connection`, () => {
      const reader = new AnswerReader();
      const bytes = Buffer.from(text);
      for (let cut = 1; cut < bytes.length; cut++) {
        assert.equal(reader.push(bytes.subarray(0, cut)), undefined);
        assert.deepEqual(reader.push(bytes.subarray(cut)), expected);
      }
    });
  }

  test('without a length is refused', () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.throws(() => new AnswerReader().push(Buffer.from(chunked)), /without a length/);
  });
});

/** A server that gives each request the next of `answers`, the last one for ever; '' closes the connection. */
async function serve(
  context: TestContext,
  answers: readonly string[],
): Promise<{ port: number; seen: number[] }> {
  let requests = 0;
  const seen: number[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      seen.push(performance.now());
      const answer = answers[Math.min(requests++, answers.length - 1)]!;
      if (answer === '') socket.destroy();
      else if (answer === LAST) socket.end(answer);
      else socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

function load(port: number, run: LoadRun): Promise<LoadReport> {
  const connections = [new Connection({ host: '127.0.0.1', port })];
  const requests = [{ bytes: Buffer.from('request'), samples: 10 }];
  return new Load({ connections, requests }, run).run().finally(() => connections[0]!.close());
}

describe('a load', () => {
  test('counts by outcome, and samples by 2xx only', async (context) => {
    const { port } = await serve(context, [WITH_BODY, '', LAST, NO_CONTENT]);
    const report = await load(port, { seconds: 0.5 });
    assert.equal(report.outcomes['400'], 1);
    assert.equal(report.outcomes['200'], 1);
    assert.equal((report.outcomes['closed'] ?? 0) + (report.outcomes['ECONNRESET'] ?? 0), 1);
    assert.equal(report.acknowledgedRequests, report.requests - 2);
    assert.equal(report.acknowledgedSamples, report.acknowledgedRequests * 10);
    assert.equal(report.outcomes['204'], report.acknowledgedRequests - 1);
  });

  test('waits as long as a 503 asks for', async (context) => {
    const { port, seen } = await serve(context, [LATER, NO_CONTENT]);
    await load(port, { seconds: 1.3 });
    assert.ok(seen[1]! - seen[0]! >= 990, `${seen[1]! - seen[0]!} ms`);
  });

  test('by the clock sends exactly as many requests as are due', async (context) => {
    const { port } = await serve(context, [NO_CONTENT]);
    const report = await load(port, { seconds: 0.5, requestsPerSecond: 100 });
    assert.equal(report.requests, 50);
  });

  test('by the clock counts the wait behind a slow answer', async (context) => {
    const { port } = await serve(context, [LATER, NO_CONTENT]);
    const report = await load(port, { seconds: 0.5, requestsPerSecond: 20 });
    assert.equal(report.requests, 10);
    assert.ok(report.answerMs.max > 900, `${report.answerMs.max} ms`);
  });
});

test('a quantile is the smallest value that the share does not exceed', () => {
  const values = new Measurements();
  for (let i = 10_000; i > 0; i--) values.add(i);
  const sorted = values.sorted();
  assert.deepEqual(
    [0.5, 0.99, 0.999, 1].map((share) => quantile(sorted, share)),
    [5000, 9900, 9990, 10_000],
  );
});
