/** HAProxy and nginx take the shipped configurations, spread a load by them, and let a replica leave in peace. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { freePort } from '../../deploy/local/ports.ts';
import { GoLoad } from '../e2e/go-load.ts';
import { findBalancer, RunningHaproxy, temporaryDirectory } from '../support/balancers.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/process.ts';
import { type Replicas, startReplicas } from '../support/replicas.ts';
import { changed, shipped, shippedPath, withMembers } from './shipped.ts';

const CONNECTIONS = 12;
const WRITES = 'kafka_adapter_http_requests_total{handler="write",code="204"}';
/** What a connection that ends under a request looks like; a sender repeats the request. */
const CUT = /^(ECONNRESET|EPIPE|EOF)$/;

function checked(command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

/** Three replicas whose connections live for a second, and that leave within two. */
function three(t: TestContext): Promise<Replicas> {
  const flags = ['--dry-run', '--connection.max-age=1s', '--ready.draining-status=404'];
  return startReplicas(t, 3, { brokers: '', topic: 'metrics', drainDelay: '2s', flags });
}

/** Puts load on that port until each replica has its share, and goes on while the first one leaves. */
async function spreadAndDrain(t: TestContext, replicas: Replicas, port: number): Promise<GoLoad> {
  const load = new GoLoad({ port }, { pools: CONNECTIONS, pauseMs: 25 });
  t.after(() => load.leave());
  await load.waitForSent(30 * CONNECTIONS);
  const writes = await replicas.each(WRITES);
  const total = writes.reduce((sum, count) => sum + count, 0);
  t.diagnostic(`written by replica: ${writes.join(', ')}`);
  for (const count of writes) assert.ok(count > 0.15 * total, `${writes}`);
  replicas.all[0]!.process.signal('SIGTERM');
  return load;
}

async function drained(t: TestContext, replicas: Replicas, load: GoLoad): Promise<void> {
  const { code } = await replicas.all[0]!.process.waitForExit();
  assert.equal(code, 0);
  await load.waitForSent(10 * CONNECTIONS);
  await load.leave();
  t.diagnostic(`${load.sent.length} requests, failed: ${load.failures.join(', ') || 'none'}`);
}

describe('deploy/balancers/haproxy.cfg', () => {
  test('is a valid configuration', (t) => {
    const command = findBalancer(t, 'haproxy');
    if (command !== undefined) checked(command, ['-c', '-f', shippedPath('balancers/haproxy.cfg')]);
  });

  test('spreads connections, and a replica that drains leaves without one failed request', async (t) => {
    const command = findBalancer(t, 'haproxy');
    if (command === undefined) return;
    const replicas = await three(t);
    const { members } = replicas;
    const directory = await temporaryDirectory(t, 'shipped-haproxy');
    const statsSocket = join(directory, 'stats');
    const port = await freePort();
    const text = changed(withMembers(shipped('balancers/haproxy.cfg'), members), [
      ['bind :8080', `bind 127.0.0.1:${port}`],
      ['/run/haproxy/admin.sock', statsSocket],
      // Only for the sake of time.
      ['inter 5s', 'inter 200ms'],
    ]);
    const file = join(directory, 'haproxy.cfg');
    await writeFile(file, text);
    const process = startProcess(t, { command, args: ['-db', '-f', file] });
    const haproxy = new RunningHaproxy({ process, port, statsSocket, members });
    const isEach = async (wanted: RegExp): Promise<boolean> => {
      assert.equal(process.status, undefined, process.output);
      const stats = await haproxy.stats().catch(() => []);
      return stats.length === 3 && stats.every(({ status }) => wanted.test(status));
    };
    await eventually(() => isEach(/^UP$/), { what: 'HAProxy has checked all three' });
    const load = await spreadAndDrain(t, replicas, port);
    await eventually(async () => /NOLB/.test((await haproxy.stats())[0]!.status), { what: 'NOLB' });
    await drained(t, replicas, load);
    assert.deepEqual(load.failures, []);
  });
});

describe('deploy/balancers/nginx-stream.conf', () => {
  test('is a valid configuration', async (t) => {
    const command = findBalancer(t, 'nginx');
    if (command === undefined) return;
    const directory = await temporaryDirectory(t, 'shipped-nginx');
    const file = shippedPath('balancers/nginx-stream.conf');
    checked(command, ['-t', '-c', file, '-e', 'stderr', '-g', `pid ${directory}/nginx.pid;`]);
  });

  test('spreads connections, and the others take over from a replica that has left', async (t) => {
    const command = findBalancer(t, 'nginx');
    if (command === undefined) return;
    const replicas = await three(t);
    const directory = await temporaryDirectory(t, 'shipped-nginx');
    const port = await freePort();
    const text = changed(withMembers(shipped('balancers/nginx-stream.conf'), replicas.members), [
      ['listen 8080', `listen 127.0.0.1:${port}`],
    ]);
    const file = join(directory, 'nginx.conf');
    await writeFile(file, text);
    const own = `daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr warn;`;
    const nginx = startProcess(t, { command, args: ['-c', file, '-e', 'stderr', '-g', own] });
    const connects = async (): Promise<boolean> => {
      assert.equal(nginx.status, undefined, nginx.output);
      const socket = connect(port, '127.0.0.1');
      return once(socket, 'connect').then(
        () => Boolean(socket.destroy()),
        () => false,
      );
    };
    await eventually(connects, { what: 'nginx listens' });
    const load = await spreadAndDrain(t, replicas, port);
    await drained(t, replicas, load);
    // It asks nobody for readiness, so a connection may be opened in the instant in which the port is closed.
    for (const failure of load.failures) assert.match(failure, CUT);
    assert.ok(load.failures.length <= CONNECTIONS, `${load.failures.length} requests had to be repeated`);
  });
});
