/** Attacks on the TLS side, and certificates and passwords that are exchanged under load. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { hashSync } from 'bcryptjs';
import { metricValue, startAdapter } from '../support/adapter.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { GoClient } from '../support/go-client.ts';
import { openRaw } from '../support/raw-connection.ts';
import { HEADERS } from '../support/write-request.ts';
import { uniqueRequest } from './load.ts';

const WHOAMI = 'GET /-/whoami HTTP/1.1\r\nHost: adapter\r\nConnection: close\r\n\r\n';

interface SecureAdapter {
  readonly port: number;
  readonly metric: (line: string) => Promise<number>;
  readonly reload: () => void;
}

interface Setting {
  readonly own: Certificate;
  /** Of `tls_server_config`, besides the certificate. */
  readonly web?: object;
  /** What operators come with to read the metrics. */
  readonly as?: ConnectionOptions;
}

async function start(t: TestContext, { own, web = {}, as = {} }: Setting): Promise<SecureAdapter> {
  const file = join(mkdtempSync(join(tmpdir(), 'kafka-adapter-web-')), 'web.yml');
  t.after(() => rmSync(join(file, '..'), { recursive: true, force: true }));
  const section = { cert_file: own.certFile, key_file: own.keyFile, ...web };
  writeFileSync(file, JSON.stringify({ tls_server_config: section }));
  const flags = ['--dry-run', `--web.config-file=${file}`, '--http.headers-timeout=2s'];
  const adapter = await startAdapter(t, { brokers: '', topic: 'metrics', flags });
  const metric = async (line: string): Promise<number> => {
    const page = await ask(adapter.port, { ...as, ca: own.ca }, WHOAMI.replace('/-/whoami', '/metrics'));
    return metricValue(page, `kafka_adapter_${line}`) ?? Number.NaN;
  };
  return { port: adapter.port, metric, reload: () => adapter.process.signal('SIGHUP') };
}

/** All that comes until the end; '' when the other side ended it before. */
function ask(port: number, how: ConnectionOptions, text = WHOAMI): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ...how });
    socket.setEncoding('latin1').on('data', (piece: string) => {
      received += piece;
    });
    socket.on('error', () => {}).once('close', () => resolve(received));
    socket.once('secureConnect', () => socket.write(text));
  });
}

test('plain text, stalled handshakes, old versions and renegotiation end, are counted, and disturb nobody', async (t) => {
  const own = makeCertificate(t);
  if (!own) return;
  const { port, metric } = await start(t, { own });
  const refused = (): Promise<number> => metric('connections_refused_total{reason="tls_handshake"}');
  const plain = await openRaw(t, port);
  plain.write(WHOAMI);
  await plain.waitForEnd();
  assert.deepEqual(plain.answers, []);
  await eventually(async () => (await refused()) === 1, { what: 'the plain text is counted' });
  const old = {
    ca: own.ca,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  } as const;
  assert.equal(await ask(port, old), '');
  await eventually(async () => (await refused()) === 2, { what: 'the old version is counted' });
  // The beginning of a ClientHello, and then nothing.
  const stalled = await Promise.all(Array.from({ length: 20 }, () => openRaw(t, port)));
  for (const raw of stalled) raw.write('\x16\x03\x01\x02\x00\x01');
  assert.match(await ask(port, { ca: own.ca }), /^HTTP\/1.1 200 /);
  await Promise.all(stalled.map((raw) => raw.waitForEnd()));
  await eventually(async () => (await refused()) === 22, { what: 'the stalled ones are counted' });
  await new Promise<void>((resolve) => {
    const socket = connectTls({ port, ca: own.ca, servername: 'localhost', maxVersion: 'TLSv1.2' });
    const again = (): void => {
      if (!socket.destroyed && !socket.renegotiate({}, (error) => error === null && again()))
        socket.destroy();
    };
    socket.on('error', () => socket.destroy()).once('close', () => resolve());
    socket.once('secureConnect', again);
  });
  assert.match(await ask(port, { ca: own.ca }), /^HTTP\/1.1 200 /);
});

test('clients that are gone in the middle of a body, without a word below TLS, are forgotten within seconds', async (t) => {
  const own = makeCertificate(t);
  if (!own) return;
  const { port, metric } = await start(t, { own });
  const head = Object.entries({ Host: 'a', ...HEADERS, 'Content-Length': '5000' });
  const text = `POST /receive HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\nhalf`;
  const vanish = async (afterMs: number): Promise<void> => {
    const below = connect(port, '127.0.0.1').on('error', () => {});
    const secure = connectTls({ socket: below, ca: own.ca, servername: 'localhost' }).on('error', () => {});
    secure.once('secureConnect', () => secure.write(text));
    await pause(afterMs);
    if (below.connecting) below.destroy();
    else below.resetAndDestroy();
  };
  // In the handshake, before the first byte is read, just after, and later.
  for (let round = 0; round < 40; round++)
    await Promise.all(Array.from({ length: 10 }, (_, i) => vanish(5 * i + (round % 5))));
  await eventually(async () => (await metric('http_requests_in_flight')) === 1, {
    what: 'only the one that asks is under way',
    withinMs: 15_000,
  });
  assert.equal(await metric('connections'), 0);
});

test('a client without the right certificate has nothing executed, not even with a session from before', async (t) => {
  const [own, right, wrong] = [makeCertificate(t), makeCertificate(t), makeCertificate(t)];
  if (!own || !right || !wrong) return;
  const caFile = join(mkdtempSync(join(tmpdir(), 'kafka-adapter-ca-')), 'ca.pem');
  t.after(() => rmSync(join(caFile, '..'), { recursive: true, force: true }));
  copyFileSync(right.certFile, caFile);
  const as = ({ certFile, keyFile }: Certificate): ConnectionOptions => ({
    ca: own.ca,
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
  });
  const web = { client_auth_type: 'RequireAndVerifyClientCert', client_ca_file: caFile };
  const { port, metric, reload } = await start(t, { own, web, as: as(right) });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    assert.equal(await ask(port, { ...as(wrong), maxVersion }), '');
    assert.equal(await ask(port, { ca: own.ca, maxVersion }), '');
    assert.match(await ask(port, { ...as(right), maxVersion }), /^HTTP\/1.1 200 /);
  }
  assert.equal(await metric('connections_refused_total{reason="client_certificate"}'), 4);
  let session: Buffer | undefined;
  await new Promise<void>((resolve) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ...as(right) });
    socket.on('session', (given) => {
      session = given;
    });
    socket.once('secureConnect', () => socket.write(WHOAMI)).resume();
    socket.once('close', () => resolve());
  });
  assert.ok(session, 'the server gives sessions');
  assert.match(await ask(port, { ...as(right), session }), /^HTTP\/1.1 200 /);
  // From now on another authority counts.
  copyFileSync(wrong.certFile, `${caFile}.new`);
  renameSync(`${caFile}.new`, caFile);
  reload();
  await eventually(async () => (await ask(port, as(wrong))) !== '', {
    what: 'the other authority is in force',
  });
  assert.equal(await ask(port, { ...as(right), session }), '', 'the session of before is worth nothing');
});

test('certificate and users are exchanged under load without one failed request', async (t) => {
  const [first, second] = [makeCertificate(t), makeCertificate(t)];
  if (!first || !second) return;
  const usersFile = first.webConfigFile;
  const replace = (file: string, text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const section = { cert_file: first.certFile, key_file: first.keyFile };
  const web = (users: Record<string, string>): string =>
    JSON.stringify({ tls_server_config: section, basic_auth_users: users });
  const [one, two] = [hashSync('one', 8), hashSync('two', 8)];
  replace(usersFile, web({ one }));
  const flags = [
    '--dry-run',
    `--web.config-file=${usersFile}`,
    '--http.protected=write',
    '--connection.max-age=1s',
  ];
  const adapter = await startAdapter(t, { brokers: '', topic: 'metrics', flags });
  const both = `${first.ca}\n${second.ca}`;
  const client = new GoClient({ port: adapter.port, ca: both });
  t.after(() => client.close());
  let user = 'one';
  const write = async (): Promise<number | string | undefined> => {
    const authorization = `Basic ${Buffer.from(`${user}:${user}`).toString('base64')}`;
    const body = uniqueRequest(0, Date.now()).payload;
    const { answer, error } = await client.send({
      path: '/api/v1/write',
      headers: { ...HEADERS, authorization },
      body,
    });
    return answer?.status ?? error;
  };
  const outcomes: (number | string | undefined)[] = [];
  let isOver = false;
  const senders = Array.from({ length: 20 }, async () => {
    while (!isOver) {
      outcomes.push(await write());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  const served = async (ca: string): Promise<boolean> => (await ask(adapter.port, { ca })) !== '';
  const inForce = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    await eventually(isSo, { what });
    await eventually(() => outcomes.length > 100, { what: 'requests are sent' });
  };
  replace(first.certFile, readFileSync(second.certFile, 'utf8'));
  replace(first.keyFile, readFileSync(second.keyFile, 'utf8'));
  await inForce('the second certificate is shown', () => served(second.ca));
  // Both users first, so that nobody is without.
  replace(usersFile, web({ one, two }));
  const reloads = (): number =>
    adapter.logged('info').filter(({ msg }) => /in force/.test(String(msg))).length;
  const before = reloads();
  await inForce('both users are known', async () => reloads() > before);
  user = 'two';
  replace(usersFile, web({ two }));
  const beforeLast = reloads();
  await inForce('the first user is gone', async () => reloads() > beforeLast);
  const sent = outcomes.length;
  await eventually(() => outcomes.length > sent + 100, { what: 'a hundred requests more' });
  isOver = true;
  await Promise.all(senders);
  assert.deepEqual(
    outcomes.filter((outcome) => outcome !== 204),
    [],
  );
  assert.ok(!(await served(first.ca)), 'the first certificate is not shown any more');
  user = 'one';
  assert.equal(await write(), 401);
  t.diagnostic(`${outcomes.length} requests over ${client.connections.length} connections`);
});
