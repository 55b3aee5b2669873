/** Sockets to brokers: TLS with the files of this moment, and an eye on how far each connection comes. */

import type { Buffer } from 'node:buffer';
import { isIP, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import type { TlsFiles } from './tls-files.ts';

/** How far the newest connection to a broker came, for telling what is wrong with it. */
export interface Contact {
  stage: 'resolving' | 'connecting' | 'securing' | 'open' | 'answered' | 'greeted' | 'working';
  /** What ended it. */
  error: (Error & { code?: string }) | undefined;
  /** What came first, when that is no answer of Kafka. */
  strange: Buffer | undefined;
  /** What came last, up to the end of the login. */
  answer: Buffer | undefined;
}

export interface SocketSettings {
  /** Undefined without TLS. */
  readonly tls: TlsFiles | undefined;
  readonly serverName: string;
  readonly timeoutMs: number;
}

const KEEP_ALIVE_MS = 60_000;
/** No answer is longer. Read as a length, `HTTP` is 1.2 GB and a TLS alert 350 MB. */
const LONGEST_ANSWER_BYTES = 256 * 1024 * 1024;
const SHOWN_BYTES = 16;

export function newContact(): Contact {
  return { stage: 'resolving', error: undefined, strange: undefined, answer: undefined };
}

/** A factory as kafkajs takes it. What it makes is told by `contact`, which one connection at a time should use. */
export function socketFactory(settings: SocketSettings, contact: Contact = newContact()): ISocketFactory {
  return ({ host, port, onConnect }) => {
    Object.assign(contact, newContact(), isIP(host) ? { stage: 'connecting' } : {});
    try {
      const socket = openSocket(settings, { host, port, onConnect });
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      // The end of a batch would wait for the acknowledgement of its beginning: 40 ms, where that is delayed.
      socket.setNoDelay(true);
      watch(socket, contact, settings);
      return socket;
    } catch (error) {
      contact.error = error as Error;
      throw error;
    }
  };
}

function openSocket(
  { tls, serverName }: SocketSettings,
  { host, port, onConnect }: { host: string; port: number; onConnect: () => void },
): Socket {
  if (!tls) return netConnect({ host, port }, onConnect);
  const servername = serverName || (isIP(host) ? '' : host);
  const name = servername === '' ? {} : { servername };
  return tlsConnect({ host, port, ...name, secureContext: tls.context }, onConnect);
}

function watch(socket: Socket, contact: Contact, { tls, timeoutMs }: SocketSettings): void {
  const enter = (stage: Contact['stage']) => (): void => {
    contact.stage = stage;
  };
  const late = setTimeout(() => {
    socket.destroy(
      Object.assign(new Error(`no connection within ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' }),
    );
  }, timeoutMs);
  const inTime = (): void => clearTimeout(late);
  socket.once('lookup', (error) => {
    if (!error) contact.stage = 'connecting';
  });
  socket.once('connect', enter(tls ? 'securing' : 'open'));
  if (tls) socket.once('secureConnect', enter('open'));
  socket.once(tls ? 'secureConnect' : 'connect', inTime);
  socket.once('close', inTime);
  socket.once('error', (error) => {
    contact.error = error;
  });
  socket.on('data', (chunk: Buffer) => {
    // The first answer after the greeting, to whatever was asked, shows that the login was enough.
    if (contact.stage === 'greeted') contact.stage = 'working';
    if (contact.stage === 'answered') contact.answer = chunk;
    if (contact.stage !== 'open') return;
    contact.stage = 'answered';
    if (chunk.length < 4 || chunk.readUInt32BE(0) <= LONGEST_ANSWER_BYTES) return;
    contact.strange = chunk.subarray(0, SHOWN_BYTES);
    socket.destroy(new Error('this is no answer of Kafka'));
  });
}
