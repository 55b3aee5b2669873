/** The adapter as a receiver at the other end of a real socket, every header of its answers to be seen. */

import { Buffer } from 'node:buffer';
import type { ParsedAnswer } from './answer-parser.ts';
import type { TestHooks } from './process.ts';
import { openRaw, type RawConnection } from './raw-connection.ts';
import { type FakeDelivery, type TestServerOptions, testServer } from './server.ts';

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  /** Beside Host and the length; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array;
  /** In pieces of that many bytes, without announcing the length. */
  readonly chunkBytes?: number;
}

/** A record of the format `json`. */
export interface JsonRecord {
  readonly labels: Readonly<Record<string, string>>;
  readonly name: string;
  readonly timestamp: string;
  readonly value?: string;
  readonly stale?: true;
  readonly histogram?: Readonly<Record<string, unknown>>;
  readonly exemplars?: readonly object[];
  readonly start_timestamp?: string;
  readonly type?: string;
  readonly unit?: string;
  readonly help?: string;
}

/** Samples, histograms, exemplars as an answer tells them; undefined where it does not. */
export type Written = readonly (string | undefined)[];

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function startReceiver(test: TestHooks, options: TestServerOptions = {}): Promise<Receiver> {
  const { server, delivery } = testServer(options);
  const { port } = await server.listen();
  test.after(() => server.close(1000));
  return new Receiver(test, port, delivery);
}

export class Receiver {
  readonly #test: TestHooks;
  readonly port: number;
  readonly delivery: FakeDelivery;

  constructor(test: TestHooks, port: number, delivery: FakeDelivery) {
    this.#test = test;
    this.port = port;
    this.delivery = delivery;
  }

  /** The values of the records that were acknowledged, parsed. */
  get records(): JsonRecord[] {
    return this.delivery.records.map(({ value }) => JSON.parse(value) as JsonRecord);
  }

  open(): Promise<RawConnection> {
    return openRaw(this.#test, this.port);
  }

  /** One exchange on a connection of its own. */
  async send(sent: Sent): Promise<ParsedAnswer> {
    const connection = await this.open();
    connection.write(requestText(sent));
    return connection.waitForAnswers(1);
  }
}

/** A request as it goes over the wire, as latin1. */
export function requestText(sent: Sent): string {
  const { method = 'POST', path = '/api/v1/write', headers = {}, body = Buffer.alloc(0), chunkBytes } = sent;
  const all = {
    Host: 'adapter',
    ...(chunkBytes === undefined
      ? { 'Content-Length': String(body.length) }
      : { 'Transfer-Encoding': 'chunked' }),
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  const text = Buffer.from(body).toString('latin1');
  const content = chunkBytes === undefined ? text : inChunks(text, chunkBytes);
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${content}`;
}

function inChunks(text: string, chunkBytes: number): string {
  let chunks = '';
  for (let at = 0; at < text.length; at += chunkBytes) {
    const chunk = text.slice(at, at + chunkBytes);
    chunks += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${chunks}0\r\n\r\n`;
}

/** What the answer says is written. */
export function writtenOf({ headers }: ParsedAnswer): Written {
  return ['samples', 'histograms', 'exemplars'].map(
    (kind) => headers[`x-prometheus-remote-write-${kind}-written`],
  );
}

/** Of an answer to a sender of 1.0, and to one whose message is not known. */
export const NOT_TOLD: Written = [undefined, undefined, undefined];
