/** A bare connection for tests that decide about every byte: what they write, and the answers that come. */

import type { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AnswerParser, type ParsedAnswer } from './answer-parser.ts';
import { eventually } from './eventually.ts';
import type { TestHooks } from './process.ts';
import { HEADERS } from './write-request.ts';

/** A write request as it goes over the wire. */
export function writeBytes(body: Buffer, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: 'adapter', ...HEADERS, 'Content-Length': String(body.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${['POST /api/v1/write HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n${body.toString('latin1')}`;
}

/** Opens one to 127.0.0.1; it ends with the test. */
export async function openRaw(test: TestHooks, port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  test.after(() => socket.destroy());
  await once(socket, 'connect');
  return new RawConnection(socket);
}

export class RawConnection {
  readonly #socket: Socket;
  readonly #parser = new AnswerParser();
  readonly answers: ParsedAnswer[] = [];
  /** Whether the other side has ended it, by an end or a reset. */
  isEnded = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const ended = (): void => {
      const last = this.#parser.end();
      if (last) this.answers.push(last);
      this.isEnded = true;
    };
    socket.on('data', (bytes) => this.answers.push(...this.#parser.push(bytes)));
    socket.on('error', () => {}).once('close', ended);
  }

  /** Bytes as latin1, in one packet if they fit. */
  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Resolves when that many answers have come since the opening; gives the last of them. */
  async waitForAnswers(count: number): Promise<ParsedAnswer> {
    await eventually(() => this.answers.length >= count || this.isEnded, { what: `answer number ${count}` });
    const answer = this.answers[count - 1];
    if (!answer) throw new Error(`the connection ended after ${this.answers.length} answers`);
    return answer;
  }

  /** Resolves when the other side has ended it. */
  async waitForEnd(withinMs = 30_000): Promise<void> {
    await eventually(() => this.isEnded, { what: 'the other side ends the connection', withinMs });
  }

  /** Ends it from this side. */
  end(): void {
    this.#socket.destroy();
  }
}
