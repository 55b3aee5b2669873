/** The launcher from its first line to its end: whatever ends it, nothing is left running and nothing left lying. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, nextFreePort } from '../../deploy/local/ports.ts';
import { urlOf } from '../../deploy/local/served.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

const script = join(import.meta.dirname, 'launch-fake.ts');
const noWay = { LAUNCH_WAYS: 'none' };

/** A launcher with a folder for temporary files of its own, which must be empty in the end. */
async function launch(t: TestContext, environment: NodeJS.ProcessEnv = {}, args: string[] = []) {
  const temporary = await mkdtemp(join(tmpdir(), 'launcher-test-'));
  t.after(() => rm(temporary, { recursive: true, force: true }));
  const port = await freePort();
  const launcher = startProcess(t, {
    args: [script, ...args],
    isGroup: true,
    environment: {
      KAFKA_BROKERS: undefined,
      KAFKA_BROKER_LIST: undefined,
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
      HTTP_LISTEN_ADDRESS: `127.0.0.1:${port}`,
      TMPDIR: temporary,
      ...environment,
    },
  });
  return { launcher, temporary, port };
}

interface Facts {
  pid: number;
  args: string[];
  KAFKA_BROKERS?: string;
  SHUTDOWN_DRAIN_DELAY?: string;
}

async function adapterFacts(launcher: TestProcess): Promise<Facts> {
  const [, facts] = await launcher.waitFor(/fake adapter: (\{.*\})/, 120_000);
  return JSON.parse(facts ?? '') as Facts;
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const result = await once(socket, 'connect').then(
    () => false,
    () => true,
  );
  socket.destroy();
  return result;
}

/** An orphan gives no event to wait for. */
async function waitUntil(what: string, check: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; performance.now() < end; await delay(50)) {
    if (await check()) return;
  }
  assert.fail(`not within 30 s: ${what}`);
}

function brokerPort(facts: Facts): number {
  return Number(facts.KAFKA_BROKERS?.split(':')[1]);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`it starts Kafka, then the adapter, shows the banner, and ends all at ${signal}`, async (t) => {
    const { launcher, temporary, port } = await launch(t, { FAKE_EXIT_STATUS: '7' });
    const facts = await adapterFacts(launcher);
    await launcher.waitFor(/Ctrl-C ends everything/);
    assert.match(facts.KAFKA_BROKERS ?? '', /^127\.0\.0\.1:\d+$/);
    assert.equal(facts.SHUTDOWN_DRAIN_DELAY, '0s');
    assert.ok(launcher.stdout.includes(`- url: http://127.0.0.1:${port}/api/v1/write`));
    assert.ok(launcher.stdout.includes(`--kafka.brokers=${facts.KAFKA_BROKERS}`));
    assert.equal(await isRefused(brokerPort(facts)), false);
    // A terminal signals the whole group, and npm passes the same signal on once more.
    launcher.signalGroup(signal);
    launcher.signal(signal);
    assert.deepEqual(await launcher.waitForExit(), { code: 7, signal: null });
    assert.equal(launcher.output.match(/fake adapter: SIGTERM/g)?.length, 1);
    assert.equal(await isRefused(brokerPort(facts)), true);
    assert.deepEqual(await readdir(temporary), []);
  });
}

test('killed outright, it takes the adapter, Kafka and their files with it', async (t) => {
  const { launcher, temporary, port } = await launch(t);
  const facts = await adapterFacts(launcher);
  assert.equal((await readdir(temporary)).length, 1);
  launcher.signal('SIGKILL');
  await waitUntil('Kafka is gone', () => isRefused(brokerPort(facts)));
  await waitUntil('the adapter is gone', () => isRefused(port));
  await waitUntil('no file is left', async () => (await readdir(temporary)).length === 0);
});

test('stopped while Kafka starts, it leaves nothing', async (t) => {
  const { launcher, temporary } = await launch(t);
  await launcher.waitFor(/Starting Kafka/, 120_000);
  await waitUntil('the folder of Kafka', async () => (await readdir(temporary)).length > 0);
  launcher.signal('SIGTERM');
  assert.deepEqual(await launcher.waitForExit(), { code: 143, signal: null });
  assert.deepEqual(await readdir(temporary), []);
  assert.ok(!launcher.output.includes('fake adapter'));
});

test('when its Kafka dies it says so and ends with status 1', async (t) => {
  const { launcher, temporary } = await launch(t);
  await adapterFacts(launcher);
  const [, pid] = await launcher.waitFor(/Kafka runs as process (\d+)/);
  process.kill(Number(pid), 'SIGKILL');
  assert.deepEqual(await launcher.waitForExit(), { code: 1, signal: null });
  assert.match(launcher.stderr, /throw-away Kafka is gone \(ended by SIGKILL\)/);
  assert.deepEqual(await readdir(temporary), []);
});

test('when the adapter ends by itself all ends with its status', async (t) => {
  const { launcher, temporary } = await launch(t);
  const { pid } = await adapterFacts(launcher);
  process.kill(pid, 'SIGKILL');
  assert.deepEqual(await launcher.waitForExit(), { code: 137, signal: null });
  assert.deepEqual(await readdir(temporary), []);
});

test('without any way to a Kafka the adapter runs dry, and that is said', async (t) => {
  const { launcher } = await launch(t, noWay, ['--kafka.topic=some']);
  assert.deepEqual((await adapterFacts(launcher)).args, ['--kafka.topic=some', '--dry-run']);
  await launcher.waitFor(/Ctrl-C ends everything/);
  assert.match(launcher.stderr, /DELIVERS THEM NOWHERE.+taken away by the test.+KAFKA_BROKERS=host:port/s);
  assert.match(launcher.stdout, /DELIVERED NOWHERE/);
  assert.equal((await launcher.stop()).code, 0);
});

test('the status page is said to be at the address of operators where there is one', async (t) => {
  const { launcher, port } = await launch(t, noWay, ['--http.admin-listen-address=127.0.0.1:9999']);
  await launcher.waitFor(/Ctrl-C ends everything/);
  const lines = [`  adapter      http://127.0.0.1:${port}`, '  status page  http://127.0.0.1:9999', ''];
  assert.ok(launcher.stdout.includes(lines.join('\n')), launcher.stdout);
  await launcher.stop();
  const free = await launch(t, noWay, ['--http.admin-listen-address=127.0.0.1:0']);
  await free.launcher.waitFor(/Ctrl-C ends everything/);
  assert.doesNotMatch(free.launcher.stdout, /status page/);
  await free.launcher.stop();
});

test('with brokers given it runs the adapter and nothing else, says where it is, and ends with its status', async (t) => {
  const { launcher, port } = await launch(t, { KAFKA_BROKERS: 'kafka.example:9092', FAKE_EXIT_STATUS: '3' });
  const facts = await adapterFacts(launcher);
  assert.equal(facts.KAFKA_BROKERS, 'kafka.example:9092');
  assert.equal(facts.SHUTDOWN_DRAIN_DELAY, undefined);
  await launcher.waitFor(/once more ends it at once/);
  // Not the launcher, which ends with its terminal.
  assert.ok(launcher.stdout.includes(`(kill -HUP ${facts.pid} reads the configuration again)`));
  assert.match(
    launcher.stdout,
    /kafka-adapter is running\.\n\n {2}Kafka {8}kafka\.example:9092, topic metrics\n/,
  );
  assert.ok(launcher.stdout.includes(`- url: http://127.0.0.1:${port}/api/v1/write`));
  assert.deepEqual(await launcher.stop(), { code: 3, signal: null });
  assert.equal(launcher.stderr, '');
});

test('a command of the adapter is run with the brokers that are given', async (t) => {
  const { launcher } = await launch(t, { KAFKA_BROKERS: 'kafka.example:9092' }, ['check-kafka']);
  const facts = await adapterFacts(launcher);
  assert.deepEqual([facts.args, facts.KAFKA_BROKERS], [['check-kafka'], 'kafka.example:9092']);
  await launcher.stop();
  assert.doesNotMatch(launcher.stdout, /is running/);
});

test('one more Ctrl-C ends an adapter that does not leave', async (t) => {
  const { launcher, port } = await launch(t, { ...noWay, FAKE_IGNORES_SIGTERM: '1' });
  await launcher.waitFor(/Ctrl-C ends everything/);
  launcher.signal('SIGINT');
  await launcher.waitFor(/fake adapter: SIGTERM/);
  assert.equal(await isRefused(port), false);
  await waitUntil('the end', async () => {
    launcher.signal('SIGINT');
    return launcher.status !== undefined;
  });
  assert.deepEqual(launcher.status, { code: 137, signal: null });
  assert.equal(await isRefused(port), true);
});

test('an address that another program has is not announced as ours', async (t) => {
  const other = createHttpServer((_request, response) => response.end('ready\n'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const { launcher } = await launch(t, { ...noWay, HTTP_LISTEN_ADDRESS: `127.0.0.1:${port}` });
  assert.notEqual((await launcher.waitForExit()).code, 0);
  assert.match(launcher.stderr, /EADDRINUSE/);
  assert.doesNotMatch(launcher.stdout, /is running/);
  const own = { KAFKA_BROKERS: 'kafka.example:9092', HTTP_LISTEN_ADDRESS: `127.0.0.1:${port}` };
  const second = await launch(t, own);
  assert.notEqual((await second.launcher.waitForExit()).code, 0);
  assert.doesNotMatch(second.launcher.stdout, /is running/);
});

test('a taken port is passed over for the next free one', async (t) => {
  const server = createServer();
  server.listen(0);
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.ok((await nextFreePort(port)) > port);
  assert.notEqual(await freePort(port), port);
});

test('an adapter that listens on every interface is reached at 127.0.0.1', () => {
  assert.equal(urlOf(':8080'), 'http://127.0.0.1:8080');
  assert.equal(urlOf('0.0.0.0:80'), 'http://127.0.0.1:80');
  assert.equal(urlOf(':8080', 'https'), 'https://127.0.0.1:8080');
  assert.equal(urlOf('[::1]:8080'), 'http://[::1]:8080');
  assert.equal(urlOf('host.example:8080'), 'http://host.example:8080');
});
