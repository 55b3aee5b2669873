/** Every limit reached at the same time: the process stays under the sum that the documentation works out of them. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { hashSync } from 'bcryptjs';
import { compress } from 'snappyjs';
import type { KafkaNode } from '../../deploy/local/kafka.ts';
import { call, metricValue, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, startKafka } from '../support/kafka.ts';
import { body, field, HEADERS } from '../support/write-request.ts';
import { requestV2, V2_HEADERS } from '../support/write-request-v2.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const LIMITS = { inflight: 64 * MIB, decoded: 16 * MIB, queue: 32 * MIB, unread: 4 * MIB, waiting: 100 };
const PAGE = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const USER = `Basic ${Buffer.from('sender:right').toString('base64')}`;
const FLAGS = [
  `--http.max-inflight-size=${LIMITS.inflight}`,
  '--http.max-body-size=8MiB',
  `--http.max-decoded-size=${LIMITS.decoded}`,
  `--kafka.max-queue-size=${LIMITS.queue}`,
  `--http.max-unread-size=${LIMITS.unread}`,
  `--http.queue-length=${LIMITS.waiting}`,
  '--http.queue-timeout=30s',
  '--http.headers-timeout=5m',
  '--http.request-timeout=5m',
  '--http.min-body-rate=0',
  '--kafka.produce-timeout=2m',
  '--http.admin-listen-address=127.0.0.1:0',
  '--connection.overload-high=0',
];

let kafka: KafkaNode;
before(async () => {
  kafka = await startKafka();
});
after(() => kafka.close());

class Attack {
  readonly #t: TestContext;
  readonly #adapter: RunningAdapter;
  readonly #certificate: Certificate | undefined;
  readonly #adminPort: number;

  constructor(
    t: TestContext,
    adapter: RunningAdapter,
    more: { certificate?: Certificate; adminPort: number },
  ) {
    this.#t = t;
    this.#adapter = adapter;
    this.#certificate = more.certificate;
    this.#adminPort = more.adminPort;
  }

  /** Open, or ended by the other side already. */
  async open(port = this.#adapter.port): Promise<Socket> {
    const ca = this.#certificate?.ca;
    const socket = ca ? connectTls({ port, ca, servername: 'localhost' }) : connect(port, '127.0.0.1');
    this.#t.after(() => socket.destroy());
    await once(
      socket.on('error', () => {}),
      ca ? 'secureConnect' : 'connect',
    ).catch(() => {});
    return socket;
  }

  /** That many connections that each send the same and read nothing. */
  async send(count: number, bytes: Buffer): Promise<void> {
    for (let sent = 0; sent < count; sent += 100) {
      const some = Array.from({ length: Math.min(100, count - sent) }, () => this.open());
      for (const socket of await Promise.all(some)) socket.pause().write(bytes);
      // The next hundred once these are looked at: the test and the adapter share the processors.
      await this.figure('kafka_adapter_connections');
    }
  }

  /** Operators whose pages are made and never read, up to the limit of them all. */
  async neverRead(): Promise<void> {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => this.open(this.#adminPort)));
    for (const socket of sockets) socket.pause();
    const isFull = async (): Promise<boolean> => {
      // What the network takes in is taken: the rest waits in the process.
      for (const socket of sockets) if (socket.writable) socket.write(PAGE.repeat(5));
      return (await this.figure('kafka_adapter_http_unread_bytes')) > LIMITS.unread * 0.8;
    };
    await eventually(isFull, { what: 'unread answers are at their limit' });
  }

  async #page(): Promise<string> {
    if (!this.#certificate) return (await call(`http://127.0.0.1:${this.#adminPort}/metrics`)).text;
    const { ca } = this.#certificate;
    const socket = connectTls({ port: this.#adminPort, ca, servername: 'localhost' });
    socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) text += piece;
    return text;
  }

  async figure(line: string): Promise<number> {
    return metricValue(await this.#page(), line) ?? Number.NaN;
  }

  async reached(line: string, least: number): Promise<void> {
    const what = `${line} is ${least}`;
    await eventually(async () => (await this.figure(line)) >= least, { what, withinMs: 60_000 });
  }
}

/** A request up to the end of its headers. */
function head(length: number, headers: Readonly<Record<string, string>> = HEADERS): string {
  const all = { Host: 'a', Authorization: USER, 'Content-Length': String(length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /api/v1/write HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function whole(bytes: Uint8Array, headers?: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([Buffer.from(head(bytes.length, headers)), bytes]);
}

/** Records of about a megabyte that no compression makes smaller. */
function records(): Buffer {
  const text = randomBytes(600).toString('base64');
  const sets = Array.from({ length: 1000 }, (_, i) => ({
    labels: [
      ['__name__', 'bound'],
      ['i', String(i)],
      ['text', text],
    ] as [string, string][],
    samples: [[1, Date.now()]] as [number, number][],
  }));
  return whole(body(sets));
}

/** Requests that swell to the limit, are looked at to their end, and mean nothing. */
function swelling(): Buffer[] {
  const symbols = Array.from({ length: 900_000 }, (_, i) => i.toString(36));
  return [
    whole(compress(Buffer.alloc(LIMITS.decoded - 100, field(1, '')))),
    whole(compress(requestV2({ symbols: ['', ...symbols], timeseries: [] })), V2_HEADERS),
  ];
}

async function drive(attack: Attack, connections: number): Promise<void> {
  for (const bytes of swelling()) await attack.send(2, bytes);
  kafka.pause();
  await attack.send(45, records());
  await attack.reached('kafka_adapter_kafka_queue_bytes', LIMITS.queue * 0.9);
  // Their rest never comes, and what they have announced is theirs.
  await attack.send(60, Buffer.concat([Buffer.from(head(MIB)), Buffer.alloc(MIB - 1)]));
  await attack.reached('kafka_adapter_http_inflight_bytes', LIMITS.inflight * 0.9);
  await attack.send(LIMITS.waiting, Buffer.concat([Buffer.from(head(8 * MIB)), Buffer.alloc(200 * KIB)]));
  await attack.reached('kafka_adapter_http_requests_waiting', LIMITS.waiting);
  await attack.neverRead();
  const open = await attack.figure('kafka_adapter_connections');
  const unfinished = `${head(0).slice(0, -2)}X: ${'x'.repeat(15_000)}`;
  await attack.send(connections - open + 50, Buffer.from(unfinished));
  await attack.reached('kafka_adapter_connections_refused_total{reason="limit"}', 1);
  await pause(3000);
}

describe('at all limits at once', { concurrency: 1 }, () => {
  for (const [name, connections] of [
    ['plain', 3000],
    ['TLS', 1000],
  ] as const) {
    test(`${name}, the process takes less than the sum`, async (t) => {
      const certificate = makeCertificate(t);
      if (!certificate) return;
      const section = { cert_file: certificate.certFile, key_file: certificate.keyFile };
      const users = { basic_auth_users: { sender: hashSync('right', 10) } };
      const web = name === 'TLS' ? { tls_server_config: section, ...users } : users;
      writeFileSync(certificate.webConfigFile, JSON.stringify(web));
      t.after(() => kafka.resume());
      const adapter = await startAdapter(t, {
        brokers: kafka.brokers,
        topic: await createTopic(kafka.brokers, { partitions: 6 }),
        flags: [
          ...FLAGS,
          `--connection.limit=${connections}`,
          `--web.config-file=${certificate.webConfigFile}`,
        ],
      });
      const [line] = await adapter.process.waitFor(/^\{.*"msg":"listening for operators".*\}$/m);
      const { port: adminPort } = JSON.parse(line) as { port: number };
      const attack = new Attack(t, adapter, {
        adminPort,
        ...(name === 'TLS' ? { certificate } : {}),
      });
      await attack.reached('kafka_adapter_kafka_ready', 1);
      await drive(attack, connections);
      const bound = await attack.figure('kafka_adapter_memory_bound_bytes');
      const peak = adapter.peakMemoryBytes() ?? 0;
      t.diagnostic(`peak ${Math.round(peak / MIB)} of ${Math.round(bound / MIB)} MiB`);
      assert.ok(peak < bound, `${peak} of ${bound} bytes`);
      assert.deepEqual(adapter.logged('error'), []);
      assert.equal(adapter.process.status, undefined, 'the process lives');
    });
  }
});
