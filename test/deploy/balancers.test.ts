/** The balancers that other tests stand behind do what those tests take for granted. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { call, oneConnection } from '../support/adapter.ts';
import { findBalancer, type NginxMode, startHaproxy, startNginx } from '../support/balancers.ts';
import { eventually } from '../support/eventually.ts';

interface Backend {
  readonly address: string;
  /** The status of /-/ready. */
  readyStatus: number;
}

/** Answers with its own address, and the HTTP version and Connection header it saw. */
async function startBackend(test: TestContext): Promise<Backend> {
  const backend = { address: '', readyStatus: 200 };
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/-/ready' ? backend.readyStatus : 200;
    response.end(`${backend.address} ${request.httpVersion} ${request.headers.connection ?? ''}`);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  backend.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  test.after(() => server.close().closeAllConnections());
  return backend;
}

async function answerers(url: string, calls: number): Promise<string[]> {
  const answers: string[] = [];
  for (let count = 0; count < calls; count++) answers.push((await call(url)).text.split(' ')[0]!);
  return answers;
}

test('HAProxy gives connections in turn, and a member that is added gets its share', async (t) => {
  const command = findBalancer(t, 'haproxy');
  if (command === undefined) return;
  const [first, second, third] = [await startBackend(t), await startBackend(t), await startBackend(t)];
  const haproxy = await startHaproxy(t, { command, members: [first.address, second.address] });
  const before = Map.groupBy(await answerers(haproxy.url, 4), (address) => address);
  assert.equal(before.get(first.address)?.length, 2);
  assert.equal(before.get(second.address)?.length, 2);
  await haproxy.setMembers([second.address, third.address]);
  const after = Map.groupBy(await answerers(haproxy.url, 4), (address) => address);
  assert.equal(after.get(second.address)?.length, 2);
  assert.equal(after.get(third.address)?.length, 2);
  const stats = await haproxy.stats();
  assert.deepEqual(
    stats.map(({ address }) => address),
    [second.address, third.address],
  );
  assert.equal(stats[1]!.stot, 2);
});

test('HAProxy with source balancing sends a client to one member', async (t) => {
  const command = findBalancer(t, 'haproxy');
  if (command === undefined) return;
  const members = [(await startBackend(t)).address, (await startBackend(t)).address];
  const haproxy = await startHaproxy(t, { command, members, balance: 'source' });
  assert.equal(new Set(await answerers(haproxy.url, 6)).size, 1);
});

test('HAProxy gives nothing new to a member whose readiness says 404, and leaves it what it has', async (t) => {
  const command = findBalancer(t, 'haproxy');
  if (command === undefined) return;
  const [first, second] = [await startBackend(t), await startBackend(t)];
  const members = [first.address, second.address];
  const healthCheck = { intervalMs: 50, fall: 1, rise: 1 };
  const haproxy = await startHaproxy(t, { command, members, healthCheck });
  const status = async (address: string): Promise<string | undefined> =>
    (await haproxy.stats()).find((server) => server.address === address)?.status;
  const agent = oneConnection();
  t.after(() => agent.destroy());
  const kept = (await call(haproxy.url, { agent })).text.split(' ')[0];
  const leaving = kept === first.address ? first : second;
  leaving.readyStatus = 404;
  await eventually(async () => (await status(leaving.address))?.startsWith('NOLB'), { what: 'NOLB' });
  assert.ok(!(await answerers(haproxy.url, 4)).includes(leaving.address));
  assert.equal((await call(haproxy.url, { agent })).text.split(' ')[0], leaving.address);
  leaving.readyStatus = 503;
  await eventually(async () => (await status(leaving.address))?.startsWith('DOWN'), { what: 'DOWN' });
});

for (const [mode, seen] of Object.entries({
  stream: '1.1 keep-alive',
  http: '1.0 close',
  'http-keepalive': '1.1 ',
})) {
  test(`nginx in mode ${mode} passes requests on as "${seen}"`, async (t) => {
    const command = findBalancer(t, 'nginx');
    if (command === undefined) return;
    const { address } = await startBackend(t);
    const nginx = await startNginx(t, { command, mode: mode as NginxMode, members: [address] });
    const agent = oneConnection();
    t.after(() => agent.destroy());
    assert.equal((await call(nginx.url, { agent })).text, `${address} ${seen}`);
  });
}
