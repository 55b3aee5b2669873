/** The doctor's HTTP client: it knows which of its connections carried a request, and how each of them ended. */

import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readWhoami, type Whoami } from './whoami.ts';

/** What is examined: one address, whatever else the name resolves to. */
export interface Target {
  /** Ends with a slash or a path that a proxy wants in front of /-/whoami. */
  readonly url: URL;
  /** What the name resolves to; the first one is examined. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** PEM; undefined for the authorities that Node knows. */
  readonly ca: string | undefined;
  /** Any certificate will do. */
  readonly insecure: boolean;
}

/** One request that was answered as a replica answers. */
export interface Answer {
  /** Counts the connections of this run, whoever opened them. */
  readonly connection: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Since the start of the run, when the answer was there. */
  readonly atMs: number;
  /** The answer carries `Connection: close`. */
  readonly isLast: boolean;
  readonly whoami: Whoami;
}

export interface Failure {
  readonly atMs: number;
  /** `ECONNRESET`, or what came instead of a replica's answer. */
  readonly problem: string;
}

export type Exchange = Answer | Failure;

/** How a connection ended that nobody used. */
export interface Ending {
  /** Since the last request was sent over it. */
  readonly afterMs: number;
  readonly isReset: boolean;
}

/** Keeps one connection and opens the next one when it has ended, as a shard of Prometheus does. */
export interface Client {
  ask(): Promise<Exchange>;
  /** The end of the present connection; undefined when it has not ended in that time. */
  ending(withinMs: number): Promise<Ending | undefined>;
  close(): void;
}

export interface ClientOptions {
  /** The address to connect from; the system's choice when left out. */
  readonly localAddress?: string;
  readonly answerWithinMs?: number;
}

export interface Prober {
  readonly target: Target;
  client(options?: ClientOptions): Client;
}

const ANSWER_WITHIN_MS = 10_000;
const MAX_ANSWER_CHARACTERS = 64 * 1024;

interface OpenConnection {
  readonly number: number;
  readonly socket: Socket;
  usedMs: number;
  readonly ended: Promise<{ readonly atMs: number; readonly isReset: boolean }>;
}

export function createProber(target: Target): Prober {
  const startedMs = performance.now();
  let connections = 0;
  const client = ({ localAddress, answerWithinMs = ANSWER_WITHIN_MS }: ClientOptions = {}): Client => {
    let current: OpenConnection | undefined;
    const connection = (): OpenConnection => {
      if (!current?.socket.writable) current = track(connectTo(target, localAddress), ++connections);
      return current;
    };
    return {
      ask: async () => {
        const used = connection();
        const { socket, number } = used;
        // From here on: an answer that is noticed late must not make the silence after it look short.
        used.usedMs = performance.now();
        const answer = await exchange(target, { socket, signal: AbortSignal.timeout(answerWithinMs) });
        const atMs = performance.now() - startedMs;
        if ('problem' in answer) {
          socket.destroy();
          return { atMs, ...answer };
        }
        return { connection: number, atMs, ...answer };
      },
      ending: (withinMs) => endingOf(current, withinMs),
      close: () => current?.socket.destroy(),
    };
  };
  return { target, client };
}

function connectTo(target: Target, localAddress: string | undefined): Socket {
  const options = { ...addressOptions(target), localAddress };
  return target.url.protocol === 'https:' ? connectTls(options) : connect(options);
}

interface Sending {
  readonly socket: Socket;
  readonly signal: AbortSignal;
}

/**
 * One request over this very socket. Without an agent: that of Node closes idle connections by itself, and hides how
 * others do it.
 */
function exchange(
  { url }: Target,
  { socket, signal }: Sending,
): Promise<Omit<Answer, 'connection' | 'atMs'> | Omit<Failure, 'atMs'>> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve({ problem: problemOf(error) });
    const sent = request({
      createConnection: () => socket,
      path: `${url.pathname.replace(/\/$/, '')}/-/whoami`,
      headers: {
        host: url.host,
        accept: 'application/json',
        connection: 'keep-alive',
        'user-agent': 'kafka-adapter-doctor',
      },
      auth: credentialsOf(url),
      signal,
    });
    sent.on('error', fail);
    sent.on('response', (response) => {
      const { localAddress = '', localPort = 0 } = socket;
      const isLast = response.headers.connection?.toLowerCase() === 'close';
      readText(response).then((text) => {
        const whoami = readWhoami(response.statusCode ?? 0, text);
        resolve(
          typeof whoami === 'string' ? { problem: whoami } : { localAddress, localPort, isLast, whoami },
        );
      }, fail);
    });
    sent.end();
  });
}

/** Whether the server would speak HTTP/2 with who asks for it; undefined when that cannot be learned. */
export function offersHttp2(target: Target): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connectTls({ ...addressOptions(target), ALPNProtocols: ['h2', 'http/1.1'] });
    const finish = (offered: boolean | undefined): void => {
      socket.destroy();
      resolve(offered);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, () => finish(undefined));
    socket.on('error', () => finish(undefined));
    socket.on('secureConnect', () => finish(socket.alpnProtocol === 'h2'));
  });
}

function addressOptions({ url, addresses, port, ca, insecure }: Target) {
  const name = hostnameOf(url);
  // A server name has to be a name.
  const servername = name === addresses[0] ? '' : name;
  return { host: addresses[0], port, servername, ca, rejectUnauthorized: !insecure };
}

function credentialsOf({ username, password }: URL): string | undefined {
  return username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

/** Without the brackets of an IPv6 address. */
export function hostnameOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function track(socket: Socket, number: number): OpenConnection {
  let isReset = false;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    isReset = error.code === 'ECONNRESET';
  });
  const ended = new Promise<{ atMs: number; isReset: boolean }>((resolve) => {
    socket.once('close', () => resolve({ atMs: performance.now(), isReset }));
  });
  return { number, socket, usedMs: performance.now(), ended };
}

async function endingOf(
  connection: OpenConnection | undefined,
  withinMs: number,
): Promise<Ending | undefined> {
  if (connection === undefined) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), withinMs);
  });
  const end = await Promise.race([connection.ended, late]);
  clearTimeout(timer);
  return end && { afterMs: end.atMs - connection.usedMs, isReset: end.isReset };
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += piece;
    if (text.length > MAX_ANSWER_CHARACTERS) throw new Error('the answer does not end');
  }
  return text;
}

function problemOf(error: NodeJS.ErrnoException): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  return error.code ?? error.message;
}
