/** One kept-alive connection of the load generator: writes ready bytes, waits for the answer, connects again. */

import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { type Answer, AnswerReader } from './answer.ts';

/** Prometheus gives up after 30 s; what takes longer than this is hung. */
const ANSWER_WITHIN_MS = 60_000;
const RECEIVE_BYTES = 16 * 1024;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What became of a request: an answer, or the word for what went wrong with the connection. */
export type Outcome = Answer | { readonly failure: string };

export class Connection {
  readonly #address: Address;
  readonly #reader = new AnswerReader();
  /** One memory for all that this connection receives. */
  readonly #received = Buffer.allocUnsafe(RECEIVE_BYTES);
  #socket: Socket | undefined;
  #settle: ((outcome: Outcome) => void) | undefined;

  constructor(address: Address) {
    this.#address = address;
  }

  /** Sends one whole request. `settle` is called exactly once, not before this returns. */
  exchange(request: Buffer, settle: (outcome: Outcome) => void): void {
    this.#settle = settle;
    this.#socket ??= this.#connect();
    this.#socket.write(request);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect(): Socket {
    const socket = connect({
      ...this.#address,
      noDelay: true,
      onread: {
        buffer: this.#received,
        callback: (count) => {
          if (this.#socket === socket) this.#read(count);
          return true;
        },
      },
    });
    this.#reader.reset();
    socket.setTimeout(ANSWER_WITHIN_MS, () => this.#lose(socket, 'no answer'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(socket, error.code ?? error.message));
    socket.on('close', () => this.#lose(socket, 'closed'));
    return socket;
  }

  #read(count: number): void {
    const answer = this.#reader.push(this.#received.subarray(0, count));
    if (!answer) return;
    if (answer.isLast) this.close();
    this.#finish(answer);
  }

  #lose(socket: Socket, failure: string): void {
    socket.destroy();
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#finish({ failure });
  }

  #finish(outcome: Outcome): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}
