/** What attackers do, each as often as it is let: by name, over how many connections, and one turn of it. */

import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { BOMBS } from '../../support/bombs.ts';
import { HEADERS } from '../../support/write-request.ts';
import { type Address, Connection, type Outcome } from '../connection.ts';

export interface Attack {
  /** How many at the same time. */
  readonly lanes: number;
  /** Called again and again by each lane; resolves with the word for what became of it. */
  readonly turn: Turn;
}

export type Turn = (address: Address) => Promise<string>;

const IDLE = 10_000;
const IDLE_AT_ONCE = 500;
const DRIP_MS = 100;
const lines = Object.entries({ Host: 'adapter', ...HEADERS }).map(([name, value]) => `${name}: ${value}`);
const WRITE = `POST /api/v1/write HTTP/1.1\r\n${lines.join('\r\n')}\r\n`;
const METRICS = 'GET /metrics HTTP/1.1\r\nHost: adapter\r\n\r\n';

/** Resolves at the event, or when the connection has ended, however it did. */
function event(socket: Socket, name: 'connect' | 'drain'): Promise<void> {
  return new Promise((resolve) => socket.once(name, () => resolve()).once('close', () => resolve()));
}

/** Opens a connection, tolerates every end of it, and notes the status of the first answer. */
async function opened(address: Address): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(address).on('error', () => {});
  let first = '';
  socket.on('data', (bytes: Buffer) => {
    if (first.length < 12) first += bytes.toString('latin1', 0, 12);
  });
  const ended = new Promise<string>((resolve) =>
    socket.once('close', () => resolve(first.slice(9, 12) || 'ended')),
  );
  await event(socket, 'connect');
  return { socket, ended };
}

/** Sends the text and waits until the other side ends the connection. */
function until(text: string): Turn {
  return async (address) => {
    const { socket, ended } = await opened(address);
    socket.write(text, 'latin1');
    return ended;
  };
}

/** Sends a byte of a header now and then. */
const drip: Turn = async (address) => {
  const { socket, ended } = await opened(address);
  socket.write(`${WRITE}X-Endless: `);
  const dripping = setInterval(() => socket.write('x'), DRIP_MS);
  return ended.finally(() => clearInterval(dripping));
};

/** Opens ten thousand, some at a time, and waits until all are ended. */
const manyIdle: Turn = async (address) => {
  const all: Promise<string>[] = [];
  while (all.length < IDLE) {
    const some = await Promise.all(Array.from({ length: IDLE_AT_ONCE }, () => opened(address)));
    all.push(...some.map(({ ended }) => ended));
  }
  return (await Promise.all(all))[0]!;
};

/** A body in chunks of one byte. */
const smallChunks: Turn = async (address) => {
  const { socket, ended } = await opened(address);
  socket.write(`${WRITE}Transfer-Encoding: chunked\r\n\r\n`);
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(20_000));
  for (let i = 0; i < 40 && !socket.destroyed; i++) if (!socket.write(chunks)) await event(socket, 'drain');
  socket.end('0\r\n\r\n');
  return ended;
};

/** Comes and goes: a connection for each request. */
const reconnecting: Turn = until('GET /-/whoami HTTP/1.1\r\nHost: adapter\r\nConnection: close\r\n\r\n');

/** One body after the other over one connection, as fast as they are answered. */
function bodies(make: () => Uint8Array): Turn {
  let bytes: Buffer | undefined;
  let connection: Connection | undefined;
  let to: Address | undefined;
  return async (address) => {
    if (!bytes) {
      const made = make();
      bytes = Buffer.concat([Buffer.from(`${WRITE}Content-Length: ${made.length}\r\n\r\n`), made]);
    }
    if (!connection || to !== address) connection = new Connection(address);
    to = address;
    const outcome = await new Promise<Outcome>((settle) => connection!.exchange(bytes!, settle));
    if ('status' in outcome) return String(outcome.status);
    await pause(DRIP_MS);
    return outcome.failure;
  };
}

export const ATTACKS: Readonly<Record<string, Attack>> = {
  'header that stops': {
    lanes: 50,
    turn: until('POST /api/v1/write HTTP/1.1\r\nHost: adapter\r\nContent-Le'),
  },
  'header that drips': { lanes: 50, turn: drip },
  'header without end': { lanes: 10, turn: until(`${WRITE}X-Endless: ${'x'.repeat(17_000)}`) },
  'body that stops': { lanes: 50, turn: until(`${WRITE}Content-Length: 100\r\n\r\nhalf`) },
  'body of 2^53 bytes, announced': {
    lanes: 50,
    turn: until(`${WRITE}Content-Length: 9007199254740993\r\n\r\nx`),
  },
  'chunks of one byte': { lanes: 4, turn: smallChunks },
  '10 000 idle connections': { lanes: 1, turn: manyIdle },
  'a connection a request': { lanes: 4, turn: reconnecting },
  'two lengths': {
    lanes: 4,
    turn: until(`${WRITE}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc${METRICS}`),
  },
  'length and chunks': {
    lanes: 4,
    turn: until(`${WRITE}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${METRICS}`),
  },
  'thousands of requests at once': { lanes: 10, turn: until(METRICS.repeat(3000)) },
  ...Object.fromEntries(
    Object.entries(BOMBS).map(([name, make]) => [name, { lanes: 1, turn: bodies(make) }]),
  ),
};
