/** A client with the connection habits of Go's http.Transport under Prometheus, and a record of all it did. */

import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AnswerParser, type ParsedAnswer } from './answer-parser.ts';

/** `remote_timeout` of Prometheus. */
const ANSWER_WITHIN_MS = 30_000;
/** How long an answered request may take to leave this side entirely; then its connection is not used again. */
const SENT_WITHIN_MS = 50;

export interface GoTarget {
  readonly port: number;
  /** The certificate to trust, as PEM: speaks TLS. */
  readonly ca?: string | undefined;
}

export interface GoRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What became of one request. */
export interface Exchange {
  /** `performance.now()` */
  readonly begunMs: number;
  readonly endedMs: number;
  /** The number of the connection that carried it; none when it could not be opened. */
  readonly connection?: number;
  readonly answer?: ParsedAnswer;
  /** A code such as ECONNRESET, or EOF when the connection ended instead of an answer. */
  readonly error?: string;
}

/** What became of one connection. */
export interface Connection {
  /** From 0, in the order they were opened. */
  readonly number: number;
  readonly localPort: number;
  readonly openedMs: number;
  requests: number;
  closedMs?: number;
  /** answer: one said so. peer: the other side, while idle. client: this side. Else the code of the failure. */
  closedBy?: string;
}

/** Somebody who needs a connection: the first that is dialed or comes back is theirs. */
interface Want {
  readonly resolve: (line: Line) => void;
  readonly reject: (error: Error) => void;
  isServed: boolean;
}

/**
 * Connections are shared, the one used last is used first, and their number has no limit. When none is idle one is
 * dialed, and whoever waits takes what comes first, so a dialed one may stay unused. Only `Connection: close`, the
 * other side or a failure ends one: the header Keep-Alive means nothing. A request is never sent twice.
 */
export class GoClient {
  readonly exchanges: Exchange[] = [];
  readonly connections: Connection[] = [];
  readonly #target: GoTarget;
  readonly #lines = new Set<Line>();
  readonly #idle: Line[] = [];
  readonly #wants: Want[] = [];

  constructor(target: GoTarget) {
    this.#target = target;
  }

  /** One exchange, recorded. Never rejects. */
  async send(request: GoRequest): Promise<Exchange> {
    const begunMs = performance.now();
    const exchange = { begunMs, ...(await this.#attempt(encode(request))), endedMs: performance.now() };
    this.exchanges.push(exchange);
    return exchange;
  }

  /** Codes of the requests that were not answered. */
  get errors(): string[] {
    return this.exchanges.flatMap(({ error }) => error ?? []);
  }

  /** How many connections were ended by an answer. */
  get closedByAnswer(): number {
    return this.connections.filter(({ closedBy }) => closedBy === 'answer').length;
  }

  get open(): number {
    return this.#lines.size;
  }

  /** Ends all connections, those in use included. */
  close(): void {
    for (const line of this.#lines) line.end('client');
  }

  async #attempt(bytes: Buffer): Promise<Pick<Exchange, 'connection' | 'answer' | 'error'>> {
    let line: Line;
    try {
      line = await this.#take();
    } catch (error) {
      return { error: codeOf(error as Error) };
    }
    const connection = line.record.number;
    try {
      const answer = await line.exchange(bytes);
      line.whenReusable(() => this.#giveBack(line));
      return { connection, answer };
    } catch (error) {
      return { connection, error: codeOf(error as Error) };
    }
  }

  #take(): Promise<Line> {
    const line = this.#idle.pop();
    if (line) return Promise.resolve(line);
    return new Promise((resolve, reject) => {
      const want: Want = { resolve, reject, isServed: false };
      this.#wants.push(want);
      this.#dial(want);
    });
  }

  #dial(want: Want): void {
    const { port, ca } = this.#target;
    const host = '127.0.0.1';
    const socket =
      ca === undefined ? connect({ host, port }) : connectTls({ host, port, ca, servername: 'localhost' });
    socket.setNoDelay(true);
    const refuse = (error: Error): void => {
      if (!want.isServed) want.reject(error);
      want.isServed = true;
    };
    socket.once('error', refuse);
    socket.once(ca === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('error', refuse);
      this.#giveBack(this.#open(socket));
    });
  }

  #open(socket: Socket): Line {
    const record: Connection = {
      number: this.connections.length,
      localPort: socket.localPort ?? 0,
      openedMs: performance.now(),
      requests: 0,
    };
    this.connections.push(record);
    const line = new Line(socket, record, () => {
      this.#lines.delete(line);
      const place = this.#idle.indexOf(line);
      if (place >= 0) this.#idle.splice(place, 1);
    });
    this.#lines.add(line);
    return line;
  }

  /** To whoever has waited longest, else to those that are idle. */
  #giveBack(line: Line): void {
    for (let want = this.#wants.shift(); want; want = this.#wants.shift()) {
      if (want.isServed) continue;
      want.isServed = true;
      want.resolve(line);
      return;
    }
    this.#idle.push(line);
  }
}

/** One connection, with at most one request under way. */
class Line {
  readonly record: Connection;
  readonly #socket: Socket;
  readonly #parser = new AnswerParser();
  readonly #ended: () => void;
  #pending: { resolve: (answer: ParsedAnswer) => void; reject: (error: Error) => void } | undefined;
  #isSent = true;
  #onSent: (() => void) | undefined;

  constructor(socket: Socket, record: Connection, ended: () => void) {
    this.#socket = socket;
    this.record = record;
    this.#ended = ended;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('end', () => this.#readEnd());
    socket.on('error', (error) => this.end(codeOf(error), error));
    socket.on('close', () => this.end('peer', failure('EOF')));
  }

  /** Calls back, at once if it can, when the last request has been sent to its end; else this ends. */
  whenReusable(reuse: () => void): void {
    if (this.record.closedBy !== undefined) return;
    if (this.#isSent) {
      reuse();
      return;
    }
    const timer = setTimeout(() => this.end('client'), SENT_WITHIN_MS);
    this.#onSent = () => {
      clearTimeout(timer);
      if (this.record.closedBy === undefined) reuse();
    };
  }

  exchange(bytes: Buffer): Promise<ParsedAnswer> {
    this.record.requests++;
    this.#isSent = false;
    this.#onSent = undefined;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end('timeout', failure('timeout')), ANSWER_WITHIN_MS);
      const settle = <Value>(then: (value: Value) => void) => {
        return (value: Value): void => {
          clearTimeout(timer);
          this.#pending = undefined;
          then(value);
        };
      };
      this.#pending = { resolve: settle(resolve), reject: settle(reject) };
      this.#socket.write(bytes, (error) => {
        this.#isSent = !error;
        if (this.#isSent) this.#onSent?.();
      });
    });
  }

  /** Closes this side; who waits for an answer gets the error. Only the first call counts. */
  end(by: string, error: Error = failure('closed')): void {
    if (this.record.closedBy !== undefined) return;
    this.record.closedBy = by;
    this.record.closedMs = performance.now();
    if (this.#isSent) this.#socket.destroySoon();
    else this.#socket.destroy();
    this.#ended();
    this.#pending?.reject(error);
  }

  #read(bytes: Buffer): void {
    try {
      for (const answer of this.#parser.push(bytes)) this.#finish(answer);
      if (!this.#parser.isEmpty && !this.#pending) throw failure('unsolicited answer');
    } catch (error) {
      this.end(codeOf(error as Error), error as Error);
    }
  }

  #finish(answer: ParsedAnswer): void {
    const pending = this.#pending;
    if (!pending) throw failure('unsolicited answer');
    pending.resolve(answer);
    if (answer.isLast) this.end('answer');
  }

  #readEnd(): void {
    try {
      const answer = this.#pending && this.#parser.end();
      if (answer) this.#finish(answer);
    } catch (error) {
      this.end(codeOf(error as Error), error as Error);
    }
    this.end(this.#pending ? 'EOF' : 'peer', failure('EOF'));
  }
}

/** An error that is told apart by its code. */
function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

function encode({ method = 'POST', path, headers = {}, body }: GoRequest): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'User-Agent: Prometheus/3.16.0'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body) lines.push(`Content-Length: ${body.length}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return body ? Buffer.concat([head, body]) : head;
}
