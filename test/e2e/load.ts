/** Senders that write without a pause, each over one kept-alive connection, every sample of them unique. */

import type { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { type HttpAnswer, oneConnection, type RunningAdapter } from '../support/adapter.ts';
import { sampleKey, seriesOf } from '../support/records.ts';
import { body } from '../support/write-request.ts';

const SERIES_PER_REQUEST = 5;

/** What became of one request. */
export interface Outcome {
  /** Keys of the samples it carried, as `sampleKey` makes them. */
  readonly samples: readonly string[];
  /** `performance.now()` when it was begun. */
  readonly begunMs: number;
  readonly answer?: HttpAnswer;
  /** The code of the failed connection, such as ECONNREFUSED. */
  readonly failure?: string;
}

/** A request of several series with one sample each, and the keys under which Kafka must hold them. */
export function uniqueRequest(sender: number, timestampMs: number): { payload: Buffer; samples: string[] } {
  const sets = Array.from({ length: SERIES_PER_REQUEST }, (_, part) => ({
    __name__: 'load',
    part: String(part),
    sender: String(sender),
  }));
  const payload = body(
    sets.map((labels) => ({ labels: Object.entries(labels), samples: [[1, timestampMs]] })),
  );
  return { payload, samples: sets.map((labels) => sampleKey({ series: seriesOf(labels), timestampMs })) };
}

/** Senders have numbers of their own, so that those of two loads stay apart. */
let nextSender = 0;

export class Load {
  readonly outcomes: Outcome[] = [];
  readonly #adapter: RunningAdapter;
  #leaving = false;
  /** Resolves when every sender has left or met a failed connection. */
  readonly ended: Promise<void>;

  constructor(adapter: RunningAdapter, senders: number) {
    this.#adapter = adapter;
    const first = nextSender;
    nextSender += senders;
    const all = Array.from({ length: senders }, (_, index) => this.#send(first + index));
    this.ended = Promise.all(all).then(() => {});
  }

  get acknowledged(): Outcome[] {
    return this.outcomes.filter(({ answer }) => answer?.status === 204);
  }

  get failures(): string[] {
    return this.outcomes.flatMap(({ failure }) => failure ?? []);
  }

  /** Lets each sender end after the request it is at, as a balancer does once a probe has failed. */
  leave(): Promise<void> {
    this.#leaving = true;
    return this.ended;
  }

  async #send(sender: number): Promise<void> {
    const agent = oneConnection();
    const firstMs = Date.now();
    for (let round = 0; !this.#leaving; round++) {
      const { payload, samples } = uniqueRequest(sender, firstMs + round);
      const begunMs = performance.now();
      try {
        const answer = await this.#adapter.write(payload, { agent });
        this.outcomes.push({ samples, begunMs, answer });
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        this.outcomes.push({ samples, begunMs, failure: code ?? message });
        break;
      }
    }
    agent.destroy();
  }
}

/** A bare connection that has sent `text` and nothing else; `closed` gives all it was sent until its end. */
export function connectRaw(port: number, text: string): Promise<{ socket: Socket; closed: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = new Socket();
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    const closed = new Promise<string>((ended) => socket.once('close', () => ended(received)));
    socket.once('error', reject);
    socket.connect(port, '127.0.0.1', () => {
      // A reset at the end is one of the ways to be closed.
      socket.off('error', reject).on('error', () => {});
      socket.write(text, () => resolve({ socket, closed }));
    });
  });
}

/** Whether the port still accepts connections. */
export async function isListening(port: number): Promise<boolean> {
  try {
    const { socket } = await connectRaw(port, '');
    socket.destroy();
    return true;
  } catch {
    return false;
  }
}
