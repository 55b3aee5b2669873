/** What goes wrong in a soak, each again and again: brokers, clients, bodies, configurations, certificates, passwords. */

import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { hostileBodies, type Random } from '../../e2e/hostile-bodies.ts';
import type { FaultCluster } from '../../support/fault-cluster.ts';
import { HEADERS } from '../../support/write-request.ts';
import type { Keys } from './keys.ts';
import { type Secure, secureCall } from './secure-call.ts';

export interface FaultParts {
  readonly cluster: FaultCluster;
  readonly topic: string;
  readonly secure: () => Secure;
  readonly keys: Keys;
  readonly configFile: string;
  readonly random: Random;
  /** Makes the adapter read its configuration again. */
  readonly hangUp: () => void;
}

/** Notes what should never be seen. */
type Report = (fault: string) => void;

interface FaultKind {
  /** Between the end of one and the beginning of the next. */
  readonly everyMs: number;
  /** `round` from 0. */
  happen(parts: FaultParts, round: number, report: Report): Promise<void>;
}

/** One broker after the other ends, in order or killed, and comes back; never two at once. */
const brokers: FaultKind = {
  everyMs: 8000,
  async happen({ cluster, topic }, round) {
    const node = cluster.nodes[round % cluster.nodes.length]!;
    await node.stop(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    await node.start();
    await cluster.waitWhole(topic);
  },
};

/** Go away in the middle: of the handshake, the headers, the body, or before the answer. */
const vanishing: FaultKind = {
  everyMs: 60,
  async happen({ secure, random }) {
    const { port, ca, authorization } = secure();
    const head = `POST /api/v1/write HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n`;
    const whole = `${head}${headLines()}Content-Length: 5000\r\n\r\n`;
    const texts = [
      '',
      head,
      whole,
      `${whole}${'x'.repeat(2000)}`,
      `${whole}${'x'.repeat(5000)}`,
      '\0\0\r\n\r\n',
    ];
    const text = texts[random(texts.length)]!;
    const bare = connect(port, '127.0.0.1').on('error', () => {});
    if (random(4) === 0) bare.write(random(2) === 0 ? '\x16\x03\x01\x02\x00\x01' : 'GET / HTTP/1.1\r\n\r\n');
    else
      connectTls({ socket: bare, ca, servername: 'localhost' }, function (this: TLSSocket) {
        this.write(text);
      }).on('error', () => {});
    await pause(5 + random(60));
    if (random(2) === 0 && !bare.connecting) bare.resetAndDestroy();
    else bare.destroy();
  },
};

function headLines(): string {
  return Object.entries(HEADERS)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

/** Bodies that are refused; what survives its damage is written, and waits for Kafka like all others. */
const malformed: FaultKind = {
  everyMs: 50,
  async happen({ secure, random }, _round, report) {
    for (const { kind, bytes } of hostileBodies(random, 1 + random(15))) {
      const answer = await secureCall(secure(), { path: '/receive', headers: HEADERS, body: bytes });
      const { status, problem = '', text } = answer;
      // One that a restart of the brokers or an exchange of users overtakes.
      const isExpected = status === undefined || [204, 400, 503].includes(status);
      if (!isExpected || problem === 'hung') report(`${kind}: ${status ?? problem} ${text}`);
      await pause(20);
    }
  },
};

/** Good ones in turn, and every third one that is refused. */
const reloads: FaultKind = {
  everyMs: 3000,
  async happen({ configFile, hangUp }, round) {
    const age = round % 3 === 2 ? '"soon"' : `${4 + (round % 2)}s`;
    replace(configFile, `connection: {max_age: ${age}}\n`);
    hangUp();
  },
};

const certificates: FaultKind = {
  everyMs: 9000,
  async happen({ keys }, round) {
    keys.useCertificate(round % 2 === 0 ? 'second' : 'first');
  },
};

/** The next user is known before anybody comes as such, and the last one only gone when nobody does. */
const users: FaultKind = {
  everyMs: 7000,
  async happen({ keys }) {
    await keys.exchangeUsers();
  },
};

const pages: FaultKind = {
  everyMs: 300,
  async happen({ secure }, round, report) {
    const path = ['/metrics', '/', '/api/v1/status', '/-/ready', '/-/whoami'][round % 5]!;
    const { status, problem } = await secureCall(secure(), { path });
    if (status !== 200) report(`${path}: ${status ?? problem}`);
  },
};

const KINDS = { brokers, vanishing, malformed, reloads, certificates, users, pages };

export class Faults {
  readonly #ended: Promise<unknown>;
  #isOver = false;
  /** How often each has happened. */
  readonly counts: Record<string, number> = {};
  readonly faults: string[] = [];

  constructor(parts: FaultParts) {
    this.#ended = Promise.all(Object.entries(KINDS).map(([name, kind]) => this.#repeat(name, kind, parts)));
  }

  /** Lets each come to its end. */
  async leave(): Promise<void> {
    this.#isOver = true;
    await this.#ended;
  }

  async #repeat(name: string, kind: FaultKind, parts: FaultParts): Promise<void> {
    for (let round = 0; !this.#isOver; round++) {
      for (let waitedMs = 0; waitedMs < kind.everyMs && !this.#isOver; waitedMs += 20)
        await pause(Math.min(20, kind.everyMs));
      if (this.#isOver) return;
      const report = (fault: unknown): void => void this.faults.push(`${name}: ${fault}`);
      await kind.happen(parts, round, report).catch(report);
      this.counts[name] = (this.counts[name] ?? 0) + 1;
    }
  }
}

/** In one step, as whoever renews a file should do it. */
export function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
