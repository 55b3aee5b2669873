/** Honest senders of a soak: each sends what was not acknowledged again before the next, and knows what was. */

import type { Buffer } from 'node:buffer';
import { Agent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { body, HEADERS } from '../../support/write-request.ts';
import { type Secure, secureCall } from './secure-call.ts';

export const SERIES = 5;
const PAUSE_MS = 100;
const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 1000;

export interface SendersParts {
  readonly count: number;
  /** Asked at each request: users are exchanged while the senders send. */
  readonly secure: () => Secure;
}

export class Senders {
  readonly #parts: SendersParts;
  readonly #ended: Promise<unknown>;
  #isLeaving = false;
  /** Milliseconds; the time of the first sample of each series. */
  readonly firstMs = Date.now();
  /** By sender, how many requests were acknowledged: one after the other, none is left out. */
  readonly acknowledged: number[];
  /** Attempts by status or by the code of the failed connection. */
  readonly outcomes: Record<string, number> = {};
  /** What no sender should ever see. */
  readonly faults: string[] = [];

  constructor(parts: SendersParts) {
    this.#parts = parts;
    this.acknowledged = Array.from({ length: parts.count }, () => 0);
    this.#ended = Promise.all(this.acknowledged.map((_, sender) => this.#send(sender)));
  }

  get total(): number {
    return this.acknowledged.reduce((sum, count) => sum + count, 0);
  }

  /** Resolves once each has the answer to its last request. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.#ended;
  }

  async #send(sender: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#isLeaving) {
      const payload = this.#payload(sender, this.acknowledged[sender]!);
      if (!(await this.#deliver(agent, payload))) break;
      this.acknowledged[sender]!++;
      await pause(PAUSE_MS);
    }
    agent.destroy();
  }

  #payload(sender: number, round: number): Buffer {
    return body(
      Array.from({ length: SERIES }, (_, part) => ({
        labels: [
          ['__name__', 'soak'],
          ['part', String(part)],
          ['sender', String(sender)],
        ],
        samples: [[round, this.firstMs + round]],
      })),
    );
  }

  /** False for what a repeat would not mend. */
  async #deliver(agent: Agent, payload: Buffer): Promise<boolean> {
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
      const { status, problem, text } = await secureCall(this.#parts.secure(), {
        path: '/api/v1/write',
        headers: HEADERS,
        body: payload,
        agent,
      });
      const outcome = problem ?? String(status);
      this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
      if (status === 204) return true;
      if (status !== undefined && status !== 503) {
        this.faults.push(`a sender was answered ${status}: ${text}`);
        return false;
      }
      await pause(backoffMs);
    }
  }
}
