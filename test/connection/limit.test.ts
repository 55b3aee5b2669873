/** How many connections there may be. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { ConnectionLimits, Door } from '../../src/connection/limit.ts';
import { eventually } from '../support/eventually.ts';
import { type TestServer, testServer } from '../support/server.ts';

const REQUEST = 'GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n';

async function listening(
  t: TestContext,
  limits: Partial<ConnectionLimits>,
  door: Door = 'main',
): Promise<TestServer & { port: number }> {
  const started = testServer({ connection: { limits: { total: 0, perPeer: 0, admin: 0, ...limits } }, door });
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
    const { port, metric } = await listening(t, { total: 2 });
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
    const { port, metric } = await listening(t, { perPeer: 1 });
    await ask(t, port, '127.0.0.1');
    assert.equal((await ask(t, port, '127.0.0.1')).answer, '');
    assert.match((await ask(t, port, '127.0.0.2')).answer, /^HTTP\/1\.1 200/);
    assert.equal(await metric('kafka_adapter_connections_refused_total{reason="limit_per_peer"}'), 1);
  });

  test('on the address of operators are held to a limit of their own, and to none of those of senders', async (t) => {
    const { port, metric } = await listening(t, { total: 1, perPeer: 1, admin: 2 }, 'admin');
    await ask(t, port, '127.0.0.1');
    assert.match((await ask(t, port, '127.0.0.1')).answer, /^HTTP\/1\.1 200/);
    assert.equal((await ask(t, port, '127.0.0.2')).answer, '');
    assert.equal(await metric('kafka_adapter_connections_refused_total{reason="admin_limit"}'), 1);
  });
});
