/** How many connections there may be. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type TestServer, testServer } from '../support/server.ts';

const REQUEST = 'GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n';

async function listening(
  t: TestContext,
  limits: { total: number; perPeer: number },
): Promise<TestServer & { port: number }> {
  const started = testServer({ connection: { limits } });
  const { port } = await started.server.listen();
  t.after(() => started.server.close(1000));
  return { ...started, port };
}

/** Resolves to the answer's first bytes, or '' when the connection is ended without one. */
async function ask(
  t: TestContext,
  port: number,
  localAddress: string,
): Promise<{ socket: Socket; answer: string }> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(REQUEST);
  const answer = await Promise.race([
    once(socket, 'data').then(([bytes]) => String(bytes)),
    once(socket, 'close').then(() => ''),
  ]);
  return { socket, answer };
}

describe('connections over the limit', () => {
  test('in all are ended at once and counted; one that goes makes room', async (t) => {
    const { port, metric } = await listening(t, { total: 2, perPeer: 0 });
    const first = await ask(t, port, '127.0.0.1');
    await ask(t, port, '127.0.0.2');
    assert.equal((await ask(t, port, '127.0.0.3')).answer, '');
    assert.equal(await metric('kafka_adapter_connections_refused_total{reason="limit"}'), 1);
    first.socket.destroy();
    await eventually(async () => (await ask(t, port, '127.0.0.3')).answer.startsWith('HTTP/1.1 200'), {
      what: 'there is room again',
    });
  });

  test('from one address leave other addresses alone', async (t) => {
    const { port, metric } = await listening(t, { total: 0, perPeer: 1 });
    await ask(t, port, '127.0.0.1');
    assert.equal((await ask(t, port, '127.0.0.1')).answer, '');
    assert.match((await ask(t, port, '127.0.0.2')).answer, /^HTTP\/1\.1 200/);
    assert.equal(await metric('kafka_adapter_connections_refused_total{reason="limit_per_peer"}'), 1);
  });
});
