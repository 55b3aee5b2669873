/** A running adapter takes another configuration, certificates, users and tokens, and no connection is lost by it. */

import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Status } from '../../src/status/status.ts';
import {
  type HttpAnswer,
  metricValue,
  oneConnection,
  type RunningAdapter,
  startAdapter,
} from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw } from '../support/raw-connection.ts';
import { HEADERS } from '../support/write-request.ts';
import { uniqueRequest } from './load.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kafka-adapter-reload-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(t: TestContext, flags: readonly string[]): Promise<RunningAdapter> {
  return startAdapter(t, { brokers: '', topic: 'metrics', flags: ['--dry-run', ...flags] });
}

/** In one step, as whoever renews a file should do it. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

describe('SIGHUP', () => {
  test('puts what can be changed in force, names what needs a restart, and keeps connections', async (t) => {
    const file = join(folder(t), 'config.yml');
    writeFileSync(file, 'connection: {max_age: 60s}\nreplica: {id: one}\n');
    const adapter = await start(t, [`--config.file=${file}`]);
    const agent = oneConnection();
    t.after(() => agent.destroy());
    assert.equal((await adapter.write(uniqueRequest(0, Date.now()).payload, { agent })).status, 204);
    const changes = ['connection: {max_age: 7m, idle_timeout: 33s}', 'http: {max_body_size: 1KiB}'];
    writeFileSync(file, [...changes, 'replica: {id: two}', ''].join('\n'));
    adapter.process.signal('SIGHUP');
    await eventually(async () => (await adapter.metric('kafka_adapter_connection_max_age_seconds')) === 420, {
      what: 'the age is 7 minutes',
    });
    const tooLarge = await adapter.write(new Uint8Array(2000), { agent });
    assert.equal(tooLarge.status, 413, 'on the connection from before');
    assert.equal(tooLarge.headers['keep-alive'], 'timeout=33');
    assert.match((await adapter.get('/-/whoami')).text, /^one /);
    const [waits] = adapter.logged('warn').filter(({ options }) => options !== undefined);
    assert.deepEqual(waits?.['options'], ['replica.id']);
    assert.equal(await adapter.metric('kafka_adapter_config_last_reload_successful'), 1);
  });

  test('warns as the start does', async (t) => {
    const file = join(folder(t), 'config.yml');
    writeFileSync(file, 'connection: {max_age: 60s}\n');
    const adapter = await start(t, [`--config.file=${file}`]);
    const isWarned = (): boolean => /connection\.max_age is 0/.test(JSON.stringify(adapter.logged('warn')));
    assert.equal(isWarned(), false);
    writeFileSync(file, 'connection: {max_age: 0s}\n');
    adapter.process.signal('SIGHUP');
    await eventually(isWarned, { what: 'the warning of an age of 0' });
  });

  test('keeps the old configuration when the new one has a problem, and says which', async (t) => {
    const file = join(folder(t), 'config.yml');
    writeFileSync(file, 'connection: {max_age: 60s}\n');
    const adapter = await start(t, [`--config.file=${file}`]);
    writeFileSync(file, 'connection: {max_age: 7m, idle_timeout: 1s}\n');
    adapter.process.signal('SIGHUP');
    await eventually(
      async () => (await adapter.metric('kafka_adapter_config_last_reload_successful')) === 0,
      {
        what: 'the reload is counted as failed',
      },
    );
    assert.equal(await adapter.metric('kafka_adapter_connection_max_age_seconds'), 60);
    assert.match(JSON.stringify(adapter.logged('error')), /idle_timeout: .*below the minimum of 5s/);
    const hints = async (): Promise<string> => {
      const { text } = await adapter.get('/api/v1/status');
      return (JSON.parse(text) as Status).hints.map((hint) => hint.text).join('\n');
    };
    assert.match(
      await hints(),
      /could not be read again since 20\d\d-\S+Z, .* stays in force: .*idle_timeout: .*below the minimum/,
    );
    writeFileSync(file, 'connection: {max_age: 7m}\n');
    adapter.process.signal('SIGHUP');
    await eventually(
      async () => (await adapter.metric('kafka_adapter_config_last_reload_successful')) === 1,
      {
        what: 'the next reload is counted as good',
      },
    );
    assert.doesNotMatch(await hints(), /could not be read again/);
  });
});

describe('tokens that change in their file', () => {
  test('are in force within seconds; the old ones are not any more', async (t) => {
    const file = join(folder(t), 'tokens');
    writeFileSync(file, 'first\n');
    const adapter = await start(t, [`--http.bearer-tokens-file=${file}`]);
    const write = (token: string): Promise<HttpAnswer> =>
      adapter.write(uniqueRequest(0, Date.now()).payload, {
        headers: { ...HEADERS, authorization: `Bearer ${token}` },
      });
    assert.deepEqual([(await write('first')).status, (await write('second')).status], [204, 401]);
    replace(file, 'second\nthird\n');
    await eventually(async () => (await write('second')).status === 204, { what: 'the second token passes' });
    assert.deepEqual([(await write('third')).status, (await write('first')).status], [204, 401]);
    replace(file, '\n');
    await eventually(() => /has no token/.test(JSON.stringify(adapter.logged('error'))), {
      what: 'an empty file is refused',
    });
    assert.equal((await write('second')).status, 204);
  });
});

describe('a file that cannot be looked at any more', () => {
  test('is a problem in the log, the last good one stays in force, and the process lives', async (t) => {
    const file = join(folder(t), 'tokens');
    writeFileSync(file, 'first\n');
    const adapter = await start(t, [`--http.bearer-tokens-file=${file}`]);
    symlinkSync(file, `${file}.new`);
    renameSync(`${file}.new`, file);
    await eventually(() => /cannot read .*ELOOP/.test(JSON.stringify(adapter.logged('error'))), {
      what: 'the log names the loop',
    });
    const headers = { ...HEADERS, authorization: 'Bearer first' };
    const answer = await adapter.write(uniqueRequest(0, Date.now()).payload, { headers });
    assert.equal(answer.status, 204, answer.text);
  });

  test('is tried again until it is of use, though nothing in it changes, and the metric says so', async (t) => {
    const [file, config] = [join(folder(t), 'tokens'), join(folder(t), 'config.yml')];
    writeFileSync(file, 'first\n');
    writeFileSync(config, '');
    const adapter = await start(t, [`--http.bearer-tokens-file=${file}`, `--config.file=${config}`]);
    const isGood = (): Promise<number> => adapter.metric('kafka_adapter_config_last_reload_successful');
    // Nobody is kept from the renewal of tokens by a configuration that cannot be used.
    writeFileSync(config, 'connection: {max_age: soon}\n');
    adapter.process.signal('SIGHUP');
    await eventually(async () => (await isGood()) === 0, { what: 'the configuration is refused' });
    const target = `${file}.target`;
    symlinkSync(target, `${file}.new`);
    renameSync(`${file}.new`, file);
    await eventually(() => /cannot read .*ENOENT/.test(JSON.stringify(adapter.logged('error'))), {
      what: 'the log names the missing file',
    });
    writeFileSync(target, 'second\n');
    const headers = { ...HEADERS, authorization: 'Bearer second' };
    const isIn = async (): Promise<boolean> =>
      (await adapter.write(uniqueRequest(0, Date.now()).payload, { headers })).status === 204;
    await eventually(isIn, { what: 'the second token passes' });
    assert.equal(await isGood(), 0, 'the configuration is still one that cannot be used');
    writeFileSync(config, '');
    adapter.process.signal('SIGHUP');
    await eventually(async () => (await isGood()) === 1, { what: 'all of it is good' });
    assert.equal(adapter.logged('error').filter(({ file: named }) => named === file).length, 1);
  });

  test('nor read as YAML by SIGHUP: the old users stay', async (t) => {
    const file = join(folder(t), 'web.yml');
    writeFileSync(file, '');
    const adapter = await start(t, [`--web.config-file=${file}`]);
    writeFileSync(file, 'basic_auth_users: *nobody\n');
    adapter.process.signal('SIGHUP');
    await eventually(() => /Unresolved alias/.test(JSON.stringify(adapter.logged('error'))), {
      what: 'the log names the alias',
    });
    assert.equal((await adapter.write(uniqueRequest(0, Date.now()).payload)).status, 204);
  });
});

describe('with http.admin_listen_address', () => {
  test('metrics, status and lifecycle are there alone, probes on both', async (t) => {
    const flags = ['--http.admin-listen-address=127.0.0.1:0', '--http.enable-lifecycle'];
    const adapter = await start(t, flags);
    const [line] = await adapter.process.waitFor(/^\{.*"msg":"listening for operators".*\}$/m);
    const admin = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
    const status = async (base: string, path: string): Promise<number> => (await fetch(base + path)).status;
    for (const path of ['/metrics', '/', '/api/v1/status', '/-/rebalance'])
      assert.equal(await status(adapter.url, path), 404, path);
    for (const path of ['/metrics', '/', '/api/v1/status', '/-/ready', '/-/healthy', '/-/whoami'])
      assert.equal(await status(admin, path), 200, path);
    for (const path of ['/-/ready', '/-/healthy', '/healthz', '/-/whoami'])
      assert.equal(await status(adapter.url, path), 200, path);
    assert.equal(await status(admin, '/api/v1/write'), 404);
    assert.equal((await fetch(`${admin}/-/reload`, { method: 'POST' })).status, 204);
    assert.deepEqual(await adapter.process.stop('SIGTERM', 15_000), { code: 0, signal: null });
  });

  test('operators get in though senders have used up connection.limit, and up to a limit of their own', async (t) => {
    const adapter = await start(t, [
      '--http.admin-listen-address=127.0.0.1:0',
      '--connection.limit=3',
      '--connection.admin-limit=2',
    ]);
    const [line] = await adapter.process.waitFor(/^\{.*"msg":"listening for operators".*\}$/m);
    const { port } = JSON.parse(line) as { port: number };
    await Promise.all(Array.from({ length: 3 }, () => openRaw(t, adapter.port)));
    const oneTooMany = await openRaw(t, adapter.port);
    await oneTooMany.waitForEnd();
    const operator = await openRaw(t, port);
    operator.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    const { status, body } = await operator.waitForAnswers(1);
    assert.equal(status, 200);
    assert.equal(metricValue(body.toString(), 'kafka_adapter_connections_refused_total{reason="limit"}'), 1);
    await openRaw(t, port);
    const third = await openRaw(t, port);
    await third.waitForEnd();
  });
});
