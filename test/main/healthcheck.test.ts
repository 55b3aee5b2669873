/** `kafka-adapter healthcheck` as a container platform runs it, beside a replica with the same configuration. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/local/ports.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Running {
  readonly adapter: TestProcess;
  readonly port: number;
  readonly flags: readonly string[];
}

async function startReplica(t: TestContext, more: readonly string[] = []): Promise<Running> {
  const port = await freePort();
  const flags = [`--http.listen-address=127.0.0.1:${port}`, ...more];
  const adapter = startProcess(t, {
    args: [main, '--dry-run', '--shutdown.drain-delay=60s', ...flags],
    environment: { KAFKA_BROKERS: undefined },
  });
  await adapter.waitFor(/"msg":"listening"/);
  return { adapter, port, flags };
}

interface Verdict {
  readonly code: number | null;
  readonly line: string;
}

async function check(t: TestContext, args: readonly string[], environment = {}): Promise<Verdict> {
  const checking = startProcess(t, {
    args: [main, 'healthcheck', ...args],
    environment: { KAFKA_BROKERS: undefined, ...environment },
  });
  const { code } = await checking.waitForExit();
  assert.equal(checking.stderr, '');
  return { code, line: checking.stdout };
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-healthcheck-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('healthcheck says that all is well, and ends with 0,', () => {
  test('of a replica that lives and is ready, by flags and by variables', async (t) => {
    const { port, flags } = await startReplica(t);
    assert.deepEqual(await check(t, flags), { code: 0, line: `healthy: 127.0.0.1:${port}\n` });
    const environment = { HTTP_LISTEN_ADDRESS: `:${port}` };
    assert.deepEqual(await check(t, ['ready'], environment), { code: 0, line: `ready: 127.0.0.1:${port}\n` });
  });

  test('of both addresses, when operators have one of their own', async (t) => {
    const admin = await freePort();
    const { port, flags } = await startReplica(t, [`--http.admin-listen-address=127.0.0.1:${admin}`]);
    const line = `healthy: 127.0.0.1:${port}, 127.0.0.1:${admin}\n`;
    assert.deepEqual(await check(t, flags), { code: 0, line });
  });

  test('over TLS, whatever name the certificate has', async (t) => {
    const certificate = makeCertificate(t);
    if (certificate === undefined) return;
    const { flags } = await startReplica(t, [`--web.config-file=${certificate.webConfigFile}`]);
    assert.equal((await check(t, ['ready', ...flags])).code, 0);
  });

  test('over TLS that wants certificates, when it takes the own one of the server', async (t) => {
    const certificate = makeCertificate(t);
    if (certificate === undefined) return;
    const { certFile: cert_file, keyFile: key_file, webConfigFile } = certificate;
    const strict = { cert_file, key_file, client_auth_type: 'RequireAnyClientCert' };
    writeFileSync(webConfigFile, JSON.stringify({ tls_server_config: strict }));
    const { flags } = await startReplica(t, [`--web.config-file=${webConfigFile}`]);
    assert.equal((await check(t, flags)).code, 0);
  });

  test('of a replica that stays with what it has, while its files have become wrong', async (t) => {
    const certificate = makeCertificate(t);
    if (certificate === undefined) return;
    const file = join(temporaryFolder(t), 'config.yml');
    const port = await freePort();
    const sound = `http: {listen_address: '127.0.0.1:${port}'}\n`;
    writeFileSync(file, sound);
    const flags = [`--config.file=${file}`, `--web.config-file=${certificate.webConfigFile}`];
    const adapter = startProcess(t, {
      args: [main, '--dry-run', ...flags],
      environment: { KAFKA_BROKERS: undefined },
    });
    await adapter.waitFor(/"msg":"listening"/);
    writeFileSync(file, `${sound}kafka: {topik: x}\n`);
    writeFileSync(certificate.webConfigFile, 'tls_server_config: [');
    assert.deepEqual(await check(t, flags), { code: 0, line: `healthy: 127.0.0.1:${port}\n` });
  });

  test('of a replica that drains, which lives but is not ready', async (t) => {
    const { adapter, flags } = await startReplica(t, ['--ready.draining-status=200']);
    adapter.signal('SIGTERM');
    await adapter.waitFor(/"msg":"draining"/);
    assert.equal((await check(t, flags)).code, 0);
    const { code, line } = await check(t, ['ready', ...flags]);
    assert.equal(code, 1);
    assert.match(line, /^not ready: http:\S+\/-\/ready is answered with 200 "draining"\n$/);
  });
});

describe('healthcheck says in one line what is wrong, and ends with 1,', () => {
  test('when Kafka has not been reached and readiness is asked for', async (t) => {
    const port = await freePort();
    const flags = [
      `--http.listen-address=127.0.0.1:${port}`,
      `--kafka.brokers=127.0.0.1:${await freePort()}`,
    ];
    const adapter = startProcess(t, { args: [main, ...flags] });
    await adapter.waitFor(/"msg":"listening"/);
    assert.equal((await check(t, flags)).code, 0);
    const { code, line } = await check(t, ['ready', ...flags]);
    assert.equal(code, 1);
    assert.match(line, /^not ready: .* is answered with 503 "starting: .*"\n$/);
  });

  test('when nobody listens', async (t) => {
    const flags = [`--http.listen-address=127.0.0.1:${await freePort()}`];
    const { code, line } = await check(t, flags);
    assert.equal(code, 1);
    assert.match(line, /^not healthy: http:\/\/127\.0\.0\.1:\d+\/-\/healthy: nobody listens\n$/);
  });

  test('when no TLS is spoken where there should be', async (t) => {
    const { port } = await startReplica(t);
    const other = [`--http.listen-address=127.0.0.1:${port}`];
    const certificate = makeCertificate(t);
    if (certificate === undefined) return;
    const { code, line } = await check(t, [...other, `--web.config-file=${certificate.webConfigFile}`]);
    assert.equal(code, 1);
    assert.match(line, /^not healthy: https:\S+ no TLS is spoken there\n$/);
  });

  test('when a stopped process takes the connection and never answers', async (t) => {
    const { adapter, flags } = await startReplica(t);
    adapter.signal('SIGSTOP');
    t.after(() => adapter.signal('SIGCONT'));
    const { code, line } = await check(t, flags);
    assert.equal(code, 1);
    assert.match(line, /no answer within 3000 ms\n$/);
  });

  test('when TLS wants a certificate that the one of the server is not', async (t) => {
    const [certificate, authority] = [makeCertificate(t), makeCertificate(t)];
    if (certificate === undefined || authority === undefined) return;
    const { certFile: cert_file, keyFile: key_file, webConfigFile } = certificate;
    const clients = { client_auth_type: 'RequireAndVerifyClientCert', client_ca_file: authority.certFile };
    writeFileSync(webConfigFile, JSON.stringify({ tls_server_config: { cert_file, key_file, ...clients } }));
    const { flags } = await startReplica(t, [`--web.config-file=${webConfigFile}`]);
    const { code, line } = await check(t, flags);
    assert.equal(code, 1);
    assert.match(line, /clients need a certificate/);
  });

  test('when the port is a free one', async (t) => {
    const { code, line } = await check(t, ['--http.listen-address=:0']);
    assert.equal(code, 1);
    assert.match(line, /port to listen on is 0/);
  });

  test('when a flag of its own is wrong', async (t) => {
    const { code, line } = await check(t, ['--http.listen-adress=:8080', '--http.admin-listen-address=x']);
    assert.equal(code, 1);
    assert.match(line, /^not healthy: .*did you mean `--http\.listen-address`.*; .*x.*\n$/);
  });
});

test('healthcheck loads no server and no Kafka client: it runs every few seconds, within the limits of the replica', async (t) => {
  const { flags } = await startReplica(t);
  const folder = temporaryFolder(t);
  assert.equal((await check(t, flags, { NODE_V8_COVERAGE: folder })).code, 0);
  const [report = ''] = readdirSync(folder);
  const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as { result: { url: string }[] };
  const loaded = result.map(({ url }) => url);
  assert.ok(
    loaded.some((url) => url.endsWith('/src/healthcheck.ts')),
    loaded.join('\n'),
  );
  const heavy = loaded.filter((url) =>
    /node_modules\/(fastify|kafkajs|pino|prom-client|protobufjs|avsc)\//.test(url),
  );
  assert.deepEqual(heavy, []);
});
