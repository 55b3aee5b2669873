/** Every way into a real broker works end to end: TLS, client certificates, passwords, tokens; and stays open. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { allow, forbid } from '../support/access-control.ts';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { Authority, hasOpenssl, type IssuedCertificate } from '../support/authority.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, readTopic, uniqueTopic } from '../support/kafka.ts';
import { startProcess } from '../support/process.ts';
import {
  type ListenerName,
  PASSWORD,
  SESSION_MS,
  type SecureKafka,
  startSecureKafka,
  USER,
} from '../support/secure-kafka.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { CLIENT_ID, CLIENT_SECRET, startTokenServer, unsecuredToken } from '../support/token-server.ts';
import { body } from '../support/write-request.ts';
import { send, startProducer } from './real-producer.ts';
import { securityOf } from './security.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const KEY_PASSWORD = '0pen-the-key';
const WRITERS = 4;

describe('a broker is written to', { skip: !hasOpenssl() }, () => {
  let authority: Authority;
  let kafka: SecureKafka;
  let proxy: TcpProxy;
  let folder: string;
  let client: IssuedCertificate;
  let tls: string[];

  before(async () => {
    authority = new Authority();
    folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-security-'));
    client = authority.issue({ name: 'first' });
    tls = ['--kafka.tls.enabled', `--kafka.tls.ca-file=${authority.caFile}`];
    kafka = await startSecureKafka(authority, {
      MUTUAL: async (port) => {
        proxy = await TcpProxy.start(port);
        return proxy.port;
      },
    });
  });
  after(async () => {
    await kafka?.node.close();
    await proxy?.close();
    authority.remove();
    rmSync(folder, { recursive: true });
  });

  const certificate = ({ certFile, keyFile }: IssuedCertificate): string[] => [
    `--kafka.tls.cert-file=${certFile}`,
    `--kafka.tls.key-file=${keyFile}`,
  ];
  const login = (mechanism: string): string[] => [
    `--kafka.sasl.mechanism=${mechanism}`,
    `--kafka.sasl.username=${USER}`,
    `--kafka.sasl.password=${PASSWORD}`,
  ];

  async function start(
    t: TestContext,
    broker: string,
    flags: readonly string[],
  ): Promise<{ adapter: RunningAdapter; topic: string }> {
    const topic = await createTopic(kafka.brokers);
    const adapter = await startAdapter(t, { brokers: broker, topic, flags: ['--log.level=debug', ...flags] });
    await adapter.waitReady();
    return { adapter, topic };
  }

  const at = (listener: ListenerName, host = '127.0.0.1'): string => `${host}:${kafka.portOf(listener)}`;

  /** One sample, acknowledged; its place in the topic. */
  async function write(adapter: RunningAdapter, value: number): Promise<void> {
    const samples = [[value, Date.now()]] as const;
    const answer = await adapter.write(body([{ labels: [['__name__', 'up']], samples }]));
    assert.equal(answer.status, 204, answer.text);
  }

  function assertDiscreet(log: string): void {
    assert.match(log, /Kafka reached/, 'there is a log at all');
    for (const secret of [PASSWORD, KEY_PASSWORD, CLIENT_SECRET, 'Bearer'])
      assert.ok(!log.includes(secret), `the log shows ${secret}`);
  }

  const ways: Record<string, () => { broker: string; flags: string[] }> = {
    'over TLS': () => ({ broker: at('TLS'), flags: tls }),
    'over TLS by its name': () => ({ broker: at('TLS', 'localhost'), flags: tls }),
    'over TLS with a certificate for another name, once kafka.tls.server_name says which': () => ({
      broker: at('NAMED'),
      flags: [...tls, '--kafka.tls.server-name=kafka.example.com'],
    }),
    'with a client certificate': () => ({ broker: at('MUTUAL'), flags: [...tls, ...certificate(client)] }),
    'with a client certificate whose key has a password': () => ({
      broker: at('MUTUAL'),
      flags: [
        ...tls,
        ...certificate(authority.issue({ name: 'locked', keyPassword: KEY_PASSWORD })),
        `--kafka.tls.key-password=${KEY_PASSWORD}`,
      ],
    }),
    'by plain': () => ({ broker: at('PLAIN'), flags: login('plain') }),
    'by scram-sha-256 over TLS': () => ({ broker: at('SCRAM'), flags: [...tls, ...login('scram-sha-256')] }),
    'by scram-sha-512 over TLS': () => ({ broker: at('SCRAM'), flags: [...tls, ...login('scram-sha-512')] }),
    'by a token of a file, with extensions': () => {
      const file = join(folder, 'token');
      writeFileSync(file, unsecuredToken(300));
      const flags = ['--kafka.sasl.mechanism=oauthbearer', `--kafka.sasl.oauth.token-file=${file}`];
      return {
        broker: at('TOKEN'),
        flags: [...flags, '--kafka.sasl.oauth.extensions=logicalCluster=lkc-1,identityPoolId=pool-1'],
      };
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    test(name, async (t) => {
      const { broker, flags } = way();
      const topic = await createTopic(kafka.brokers);
      const { producer, lines } = await startProducer(t, broker, { topic, ...securityOf(flags) });
      await send(producer, topic, [{ hash: 0, timestampMs: Date.now(), value: name }]);
      const records = await readTopic(kafka.brokers, topic);
      assert.deepEqual(
        records.map(({ value }) => String(value)),
        [name],
      );
      assertDiscreet(JSON.stringify(lines));
    });
  }

  test('to a topic that is created over the same login, and what arrives there is shown by tail', async (t) => {
    const topic = uniqueTopic();
    const flags = [...tls, ...login('scram-sha-512')];
    const creation = { partitions: 1, replicationFactor: 1 };
    const { producer } = await startProducer(t, at('SCRAM'), { topic, creation, ...securityOf(flags) });
    const value = JSON.stringify({ hello: 'tail' });
    const write = () => send(producer, topic, [{ hash: 0, timestampMs: Date.now(), value }]);
    await write();
    const args = [program, 'tail', `--kafka.brokers=${at('SCRAM')}`, `--kafka.topic=${topic}`, ...flags];
    const tail = startProcess(t, { args });
    await tail.waitFor(/waiting for records/);
    const shown = tail.waitFor(/"hello"/);
    let isShown = false;
    void shown.then(() => {
      isShown = true;
    });
    // Its place in the topic is chosen a moment after it says that it waits.
    while (!isShown) await Promise.all([write(), pause(100)]);
    assert.deepEqual(await tail.stop(), { code: 0, signal: null });
    assertDiscreet(`${tail.output} Kafka reached`);
  });

  test('not by tail with a wrong password: it ends with 1 and says so', async (t) => {
    const wrong = login('plain').with(2, '--kafka.sasl.password=guess');
    const tail = startProcess(t, { args: [program, 'tail', `--kafka.brokers=${at('PLAIN')}`, ...wrong] });
    assert.deepEqual(await tail.waitForExit(), { code: 1, signal: null });
    assert.match(tail.stderr, /cannot read from Kafka/);
    assert.match(tail.stderr, /refuses the login of adapter by plain: Authentication failed/);
  });

  test('for longer than a login lasts, without losing the connection: by password and by token', async (t) => {
    const server = await startTokenServer(t);
    server.lifeSeconds = SESSION_MS / 1000;
    const token = [
      '--kafka.sasl.mechanism=oauthbearer',
      `--kafka.sasl.oauth.token-url=${server.url}`,
      `--kafka.sasl.oauth.client-id=${CLIENT_ID}`,
      `--kafka.sasl.oauth.client-secret=${CLIENT_SECRET}`,
    ];
    const running = await Promise.all([start(t, at('SHORT'), login('plain')), start(t, at('TOKEN'), token)]);
    const endMs = performance.now() + SESSION_MS + 1500;
    let count = 0;
    while (performance.now() < endMs) {
      await Promise.all(running.map(({ adapter }) => write(adapter, count)));
      count++;
      await pause(200);
    }
    for (const { adapter, topic } of running) {
      assert.equal((await readTopic(kafka.brokers, topic)).length, count);
      assert.equal(await adapter.metric('kafka_adapter_kafka_retries_total'), 0);
      assertDiscreet(adapter.process.output);
    }
    assert.ok(server.asked.length > 1, 'a token that ends is replaced');
  });

  test('while its client certificate is replaced under load: no request fails, the new one is used', async (t) => {
    const certFile = join(folder, 'live-cert.pem');
    const keyFile = join(folder, 'live-key.pem');
    const put = (issued: IssuedCertificate): void => {
      copyFileSync(issued.certFile, certFile);
      copyFileSync(issued.keyFile, keyFile);
    };
    put(client);
    const flags = [...tls, ...certificate({ certFile, keyFile, pemFile: '' })];
    const { adapter, topic } = await start(t, `127.0.0.1:${proxy.port}`, flags);
    const statuses = new Map<number, number>();
    const load = new AbortController();
    const writers = Array.from({ length: WRITERS }, async () => {
      while (!load.signal.aborted) {
        const { status } = await adapter.write(
          body([{ labels: [['__name__', 'up']], samples: [[1, Date.now()]] }]),
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    const reconnect = async (): Promise<void> => {
      const accepted = proxy.accepted;
      proxy.reset();
      proxy.heal();
      await eventually(() => proxy.accepted > accepted, { what: 'a new connection' });
      const written = statuses.get(204) ?? 0;
      await eventually(() => (statuses.get(204) ?? 0) > written + WRITERS, { what: 'requests after it' });
    };
    await allow(kafka.brokers, { topic, user: 'User:CN=first', operation: 'WRITE' });
    await reconnect();
    await allow(kafka.brokers, { topic, user: 'User:CN=second', operation: 'WRITE' });
    put(authority.issue({ name: 'second' }));
    // Connections live on with the certificate they began with, so both have to be allowed for a moment.
    await reconnect();
    await forbid(kafka.brokers, { topic, user: 'User:CN=first', operation: 'WRITE' });
    await reconnect();
    writeFileSync(certFile, 'spoilt');
    await reconnect();
    await reconnect();
    load.abort();
    await Promise.all(writers);
    assert.deepEqual([...statuses.keys()], [204]);
    const about = [...adapter.logged('info'), ...adapter.logged('warn')].filter(({ msg }) =>
      String(msg).startsWith('the TLS files'),
    );
    assert.deepEqual(
      about.map(({ msg }) => msg),
      [
        'the TLS files for Kafka have changed and were read again',
        'the TLS files for Kafka have changed and cannot be used, the old ones stay in use',
      ],
    );
    assert.match(String(about[1]!['problem']), /^kafka\.tls\.cert_file .*live-cert\.pem is no certificate/);
  });
});
