/** A bare connection for tests that decide about every byte: what they write, and the answers that come. */

import type { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AnswerParser, type ParsedAnswer } from './answer-parser.ts';
import type { TestHooks } from './process.ts';
import { HEADERS } from './write-request.ts';

const WITHIN_MS = 30_000;

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
  /** Told of everything that comes. */
  readonly #waiting = new Set<() => void>();
  readonly answers: ParsedAnswer[] = [];
  /** Whether the other side has ended it, by an end or a reset. */
  isEnded = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const ended = (): void => {
      const last = this.#parser.end();
      if (last) this.answers.push(last);
      this.isEnded = true;
      this.#tell();
    };
    socket.on('data', (bytes) => {
      this.answers.push(...this.#parser.push(bytes));
      this.#tell();
    });
    socket.on('error', () => {}).once('close', ended);
  }

  /** Bytes as latin1, in one packet if they fit. */
  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Resolves when that many answers have come since the opening; gives the last of them. */
  async waitForAnswers(count: number): Promise<ParsedAnswer> {
    await this.#until(() => this.answers.length >= count || this.isEnded, `answer number ${count}`);
    const answer = this.answers[count - 1];
    if (!answer) throw new Error(`the connection ended after ${this.answers.length} answers`);
    return answer;
  }

  /** Answers such as 100 Continue that have come. */
  get interim(): number {
    return this.#parser.interim;
  }

  /** Resolves when 100 Continue has come. */
  async waitForContinue(): Promise<void> {
    await this.#until(() => this.#parser.interim > 0, '100 Continue');
  }

  /** Resolves when the other side has ended it. */
  async waitForEnd(withinMs = WITHIN_MS): Promise<void> {
    await this.#until(() => this.isEnded, 'the other side ends the connection', withinMs);
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  #until(isSo: () => boolean, what: string, withinMs = WITHIN_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const look = (): void => {
        if (isSo()) finish(resolve);
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`not within ${withinMs} ms: ${what}`))),
        withinMs,
      );
      this.#waiting.add(look);
      look();
    });
  }

  /** Ends it from this side. */
  end(): void {
    this.#socket.destroy();
  }
}
