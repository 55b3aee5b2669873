/** Each wrong setting of a connection has its clear sentence within seconds, in the log and in the state, until it works. */

import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { freePort } from '../../deploy/local/ports.ts';
import { AdapterError } from '../../src/errors.ts';
import { explain } from '../../src/kafka/explain.ts';
import { PROBLEMS, type ProblemCode } from '../../src/kafka/problems.ts';
import { newContact } from '../../src/kafka/sockets.ts';
import { Authority, hasOpenssl } from '../support/authority.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic } from '../support/kafka.ts';
import {
  type ListenerName,
  PASSWORD,
  type SecureKafka,
  startSecureKafka,
  USER,
} from '../support/secure-kafka.ts';
import { CLIENT_ID, startTokenServer, type TokenServer, unsecuredToken } from '../support/token-server.ts';
import { type GreetingBroker, startGreetingBroker } from './greeting-broker.ts';
import { makeProducer, type RunningProducer, send } from './real-producer.ts';
import { securityOf } from './security.ts';

const WITHIN_MS = 10_000;
const WRONG = 'wr0ng-passw0rd';

/** No broker with a key of an elliptic curve can use it. */
const RSA_ONLY = 'ECDHE-RSA-AES128-GCM-SHA256';

function pemOf(authority: Authority): { cert: Buffer; key: Buffer } {
  const { certFile, keyFile } = authority.issue({ name: 'server', alternatives: 'IP:127.0.0.1' });
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

interface Wrong {
  readonly broker: string;
  readonly flags?: readonly string[];
  /** What the sentence holds beside the cure. */
  readonly says: string;
}

describe('a connection that fails', { skip: !hasOpenssl() }, () => {
  let authority: Authority;
  let stranger: Authority;
  let kafka: SecureKafka;
  let folder: string;
  let http: TcpServer;
  let chatty: TcpServer;
  let oldFashioned: TlsServer;
  let hanging: GreetingBroker;
  let tokens: TokenServer;
  const cleanUps: (() => unknown)[] = [];
  let closedPort: number;
  let tls: string[];

  before(async () => {
    [authority, stranger] = [new Authority(), new Authority('somebody else')];
    folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-problems-'));
    tls = ['--kafka.tls.enabled', `--kafka.tls.ca-file=${authority.caFile}`];
    http = createServer((_request, response) => response.end('hello'));
    chatty = createTcpServer((socket) => {
      socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.9\r\n');
    });
    oldFashioned = createTlsServer({ ...pemOf(authority), maxVersion: 'TLSv1.2', ciphers: RSA_ONLY });
    for (const server of [http, chatty, oldFashioned]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    hanging = await startGreetingBroker({ after: (cleanUp) => cleanUps.push(cleanUp) });
    tokens = await startTokenServer({ after: (cleanUp) => cleanUps.push(cleanUp) });
    closedPort = await freePort();
    kafka = await startSecureKafka(authority);
  });
  after(async () => {
    await kafka?.node.close();
    for (const server of [http, chatty, oldFashioned]) server?.close();
    for (const cleanUp of cleanUps) cleanUp();
    for (const made of [authority, stranger]) made?.remove();
    rmSync(folder, { recursive: true });
  });

  const at = (listener: ListenerName): string => `127.0.0.1:${kafka.portOf(listener)}`;
  const portOf = (server: TcpServer): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const login = (mechanism: string, password = WRONG): string[] => [
    `--kafka.sasl.mechanism=${mechanism}`,
    `--kafka.sasl.username=${USER}`,
    `--kafka.sasl.password=${password}`,
  ];
  const tokenFile = (content: string): string[] => {
    const file = join(folder, 'token');
    writeFileSync(file, content);
    return ['--kafka.sasl.mechanism=oauthbearer', `--kafka.sasl.oauth.token-file=${file}`];
  };

  /** A producer that has said for the first time why it cannot. */
  async function fail(t: TestContext, { broker, flags = [] }: Omit<Wrong, 'says'>): Promise<RunningProducer> {
    const running = makeProducer(t, broker, { topic: 'any', produceTimeoutMs: 1000, ...securityOf(flags) });
    running.producer.start();
    await eventually(() => !running.producer.state.includes('not tried yet'), {
      what: 'a first try',
      withinMs: WITHIN_MS,
    });
    return running;
  }

  /** All of the table but `unreachable`: every address of 127.0.0.0/8 answers. */
  const cases: Record<Exclude<ProblemCode, 'unreachable'>, Record<string, () => Wrong>> = {
    tls_file: {
      'a file that is not there': () => ({
        broker: at('TLS'),
        flags: ['--kafka.tls.enabled', '--kafka.tls.ca-file=/nowhere.pem'],
        says: 'kafka.tls.ca_file /nowhere.pem cannot be read (ENOENT)',
      }),
    },
    token: {
      'a token URL that refuses the client': () => ({
        broker: at('TOKEN'),
        flags: [
          '--kafka.sasl.mechanism=oauthbearer',
          `--kafka.sasl.oauth.token-url=${tokens.url}`,
          `--kafka.sasl.oauth.client-id=${CLIENT_ID}`,
          `--kafka.sasl.oauth.client-secret=${WRONG}`,
        ],
        says: `${tokens.url} gives no token: status 401 (invalid_client: not with <secret>)`,
      }),
    },
    token_refused: {
      'a token that has ended': () => ({
        broker: at('TOKEN'),
        flags: tokenFile(unsecuredToken(-60)),
        says: '{"status":"invalid_token"}',
      }),
    },
    name_unresolved: {
      'a name that nobody knows': () => ({ broker: 'kafka.invalid:9092', says: 'cannot be resolved (E' }),
    },
    port_closed: {
      'a port where nobody listens': () => ({ broker: `127.0.0.1:${closedPort}`, says: 'ECONNREFUSED' }),
    },
    authority_unknown: {
      'no authority, but those of Node': () => ({
        broker: at('TLS'),
        flags: ['--kafka.tls.enabled'],
        says: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      }),
      'another authority': () => ({
        broker: at('TLS'),
        flags: ['--kafka.tls.enabled', `--kafka.tls.ca-file=${stranger.caFile}`],
        says: 'of an authority that is not trusted here',
      }),
    },
    certificate_expired: {
      'a broker whose certificate has expired': () => ({
        broker: at('EXPIRED'),
        flags: tls,
        says: 'CERT_HAS_EXPIRED',
      }),
    },
    name_mismatch: {
      'a broker whose certificate has another name': () => ({
        broker: at('NAMED'),
        flags: tls,
        says: 'for DNS:kafka.example.com, not for 127.0.0.1',
      }),
    },
    client_certificate_missing: {
      'no client certificate where one is wanted': () => ({
        broker: at('MUTUAL'),
        flags: tls,
        says: 'wants a client certificate',
      }),
    },
    client_certificate_refused: {
      'a client certificate of another authority': () => {
        const { certFile, keyFile } = stranger.issue({ name: 'adapter' });
        const files = [`--kafka.tls.cert-file=${certFile}`, `--kafka.tls.key-file=${keyFile}`];
        return { broker: at('MUTUAL'), flags: [...tls, ...files], says: 'refuses the client certificate' };
      },
    },
    tls_version: {
      'ciphers that this side does not have': () => ({
        broker: portOf(oldFashioned),
        flags: tls,
        says: 'ALERT_HANDSHAKE_FAILURE',
      }),
    },
    no_tls: {
      'TLS to a listener without': () => ({ broker: kafka.brokers, flags: tls, says: 'ECONNRESET' }),
      'TLS to a port of HTTP': () => ({ broker: portOf(http), flags: tls, says: 'WRONG_VERSION_NUMBER' }),
    },
    http: {
      'a port of HTTP': () => ({ broker: portOf(http), says: 'answers in HTTP (HTTP/1.1 400 Bad)' }),
    },
    wants_tls: {
      'no TLS to a listener with': () => ({ broker: at('TLS'), says: 'speaks TLS on this port' }),
      'no TLS to a listener with TLS and login': () => ({
        broker: at('SCRAM'),
        flags: login('scram-sha-512', PASSWORD),
        says: 'speaks TLS on this port',
      }),
    },
    no_kafka: {
      'a port of something else': () => ({ broker: portOf(chatty), says: 'answers "SSH-2.0-OpenSSH_"' }),
    },
    mechanism_unsupported: {
      'a mechanism that the broker does not offer': () => ({
        broker: at('PLAIN'),
        flags: login('scram-sha-256', PASSWORD),
        says: 'does not take the login scram-sha-256 on this port, but PLAIN',
      }),
    },
    login_unwanted: {
      'a login where none is taken': () => ({
        broker: kafka.brokers,
        flags: login('plain', PASSWORD),
        says: 'ILLEGAL_SASL_STATE',
      }),
    },
    login_refused: {
      'a wrong password of PLAIN': () => ({
        broker: at('PLAIN'),
        flags: login('plain'),
        says: `login of ${USER} by plain: Authentication failed: Invalid username or password`,
      }),
      'a wrong password of SCRAM': () => ({
        broker: at('SCRAM'),
        flags: [...tls, ...login('scram-sha-512')],
        says: 'invalid credentials with SASL mechanism SCRAM-SHA-512',
      }),
    },
    silent: {
      'a broker that greets and hangs': () => ({
        broker: hanging.address,
        says: 'does not answer in time: Request Metadata',
      }),
    },
    login_missing: {
      'no login where one is wanted': () => ({
        broker: at('PLAIN'),
        says: 'as a listener with a login does',
      }),
    },
  };

  for (const [code, wrongs] of Object.entries(cases)) {
    for (const [name, wrong] of Object.entries(wrongs)) {
      test(`for ${name} says so and what to do`, async (t) => {
        const given = wrong();
        const { producer, lines } = await fail(t, given);
        const { state } = producer;
        const { cure } = PROBLEMS[code as ProblemCode];
        assert.ok(state.startsWith(`waiting for Kafka at ${given.broker}: ${given.broker} `), state);
        assert.ok(state.includes(given.says), state);
        assert.ok(state.endsWith(`; ${cure}`), state);
        const [warning] = lines.filter(({ level }) => level === 'warn');
        assert.ok(state.endsWith(String(warning?.fields['problem'])), JSON.stringify(warning));
        assert.equal(producer.ready, false);
        for (const secret of [WRONG, PASSWORD]) assert.ok(!JSON.stringify([state, lines]).includes(secret));
      });
    }
  }

  test('for want of a way there says so', () => {
    const [host, error] = ['10.0.0.1:9092', Object.assign(new Error('no way'), { code: 'EHOSTUNREACH' })];
    const contact = { ...newContact(), error };
    const options = { brokers: [], clientId: 'a', produceTimeoutMs: 1, ...securityOf([]) };
    const { message } = explain(error, { broker: host, contact, options, user: 'User:ANONYMOUS' });
    assert.equal(message, `${host} cannot be reached (EHOSTUNREACH); ${PROBLEMS.unreachable.cure}`);
  });

  test('answers requests with 503 and the same sentence', async (t) => {
    const { producer } = await fail(t, { broker: at('PLAIN'), flags: login('plain') });
    await assert.rejects(send(producer, 'any', [{ hash: 0, timestampMs: 1, value: 'a' }]), (error) => {
      assert.ok(error instanceof AdapterError);
      assert.deepEqual([error.code, error.status], ['kafka_unavailable', 503]);
      assert.match(error.message, /refuses the login of adapter by plain/);
      return true;
    });
  });

  test('for an address that brokers give and that is of no use here names it and advertised.listeners', async (t) => {
    const { producer } = await fail(t, { broker: at('ASTRAY') });
    assert.equal(
      producer.state,
      `waiting for Kafka at ${at('ASTRAY')}: Kafka at ${at('ASTRAY')} answers, but the address by which it names ` +
        `broker 1 is of no use here: ${kafka.nowhere} refuses the connection, nothing listens there (ECONNREFUSED); ` +
        'set advertised.listeners of the broker to an address that this machine reaches',
    );
  });

  test('is said while it fails, once in the log, and is made by itself once the setting is right', async (t) => {
    const caFile = join(folder, 'live-ca.pem');
    copyFileSync(stranger.caFile, caFile);
    const topic = await createTopic(kafka.brokers);
    const flags = [
      '--kafka.tls.enabled',
      `--kafka.tls.ca-file=${caFile}`,
      ...login('scram-sha-256', PASSWORD),
    ];
    const running = makeProducer(t, at('SCRAM'), { topic, ...securityOf(flags) });
    const { producer, lines } = running;
    producer.start();
    const failures = (): number =>
      lines.filter(({ fields }) => /not trusted here/.test(String(fields['problem']))).length;
    await eventually(() => failures() > 0, { what: 'it is said', withinMs: WITHIN_MS });
    assert.match(producer.state, /not trusted here/);
    copyFileSync(authority.caFile, caFile);
    await eventually(() => producer.ready, { what: 'it is ready', withinMs: WITHIN_MS });
    assert.equal(failures(), 1, 'the same line is not logged at each try');
    await send(producer, topic, [{ hash: 0, timestampMs: Date.now(), value: 'a' }]);
  });
});
