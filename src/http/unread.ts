/** Answers that are made and not yet taken: a bound on their bytes, at the cost of who lets them lie longest. */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from '../connection/connections.ts';
import type { Instruments } from '../metrics.ts';

/** What the headers of an answer take, about. */
const HEAD_BYTES = 300;

export interface UnreadParts {
  readonly connections: Connections;
  readonly instruments: Instruments;
  /** Bytes; the option `http.max_unread_size`. */
  readonly most: () => number;
}

interface Unread {
  readonly socket: Socket;
  readonly bytes: number;
}

export class UnreadAnswers {
  readonly #parts: UnreadParts;
  /** Oldest first. */
  readonly #unread = new Map<ServerResponse, Unread>();
  #bytes = 0;

  constructor(parts: UnreadParts) {
    this.#parts = parts;
  }

  /** Counts an answer until `remove`; may end the connections of older ones. `socket` since an answer in a queue has none. */
  add(answer: ServerResponse, socket: Socket, payload: unknown): void {
    // Its end has been told already: nobody would take it out again.
    if (socket.destroyed) return;
    const bytes = HEAD_BYTES + lengthOf(payload);
    this.#unread.set(answer, { socket, bytes });
    this.#count(bytes);
    for (const [oldest, unread] of this.#unread) {
      // Who has had no chance yet to take it stays.
      if (this.#bytes <= this.#parts.most() || oldest === answer) return;
      this.#end(unread.socket);
    }
  }

  /** With all its answers, which are told of their end a little later: nobody else is to go for them. */
  #end(socket: Socket): void {
    for (const [answer, unread] of this.#unread) if (unread.socket === socket) this.remove(answer);
    this.#parts.connections.ends(socket, 'unread_answer');
    socket.destroy();
  }

  /** It has been handed to the network, or its connection is gone. */
  remove(answer: ServerResponse): void {
    const bytes = this.#unread.get(answer)?.bytes;
    if (bytes === undefined) return;
    this.#unread.delete(answer);
    this.#count(-bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#parts.instruments.httpUnreadBytes.set(this.#bytes);
  }
}

/** Of texts about: what is not ASCII takes more. */
function lengthOf(payload: unknown): number {
  return typeof payload === 'string' || payload instanceof Uint8Array ? payload.length : 0;
}
