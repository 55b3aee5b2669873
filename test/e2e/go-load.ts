/** Senders with the connection habits of Prometheus, every sample of them unique, and what became of each request. */

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { type Exchange, GoClient, type GoTarget } from '../support/go-client.ts';
import { readTopic } from '../support/kafka.ts';
import { countSamples, duplicates, parseRecords, type SampleRecord } from '../support/records.ts';
import { HEADERS } from '../support/write-request.ts';
import { uniqueRequest } from './load.ts';

export interface GoLoadOptions {
  /** Processes that share nothing: each has connections of its own. */
  readonly pools?: number;
  /** Requests that each of them has under way, like the shards of a queue. */
  readonly shards?: number;
  /** Between an answer and the next request; by sender, for load that is uneven. */
  readonly pauseMs?: number | ((sender: number) => number);
}

export interface Sent {
  /** Keys of the samples it carried, as `sampleKey` makes them. */
  readonly samples: readonly string[];
  readonly exchange: Exchange;
}

export class GoLoad {
  readonly clients: readonly GoClient[];
  readonly sent: Sent[] = [];
  readonly #pauseMs: (sender: number) => number;
  readonly #ended: Promise<unknown>;
  #isLeaving = false;

  constructor(target: GoTarget, { pools = 1, shards = 1, pauseMs = 0 }: GoLoadOptions = {}) {
    this.#pauseMs = typeof pauseMs === 'number' ? () => pauseMs : pauseMs;
    this.clients = Array.from({ length: pools }, () => new GoClient(target));
    const senders = this.clients.flatMap((client) => Array.from({ length: shards }, () => client));
    this.#ended = Promise.all(senders.map((client, sender) => this.#send(client, sender)));
  }

  /** All but 204: the status with the text, or the code of the failed connection. */
  get failures(): string[] {
    return this.sent.flatMap(({ exchange: { answer, error } }) => {
      if (error !== undefined || !answer) return error ?? 'no answer';
      return answer.status === 204 ? [] : `${answer.status} ${answer.body}`;
    });
  }

  get acknowledged(): Sent[] {
    return this.sent.filter(({ exchange }) => exchange.answer?.status === 204);
  }

  /** How many connections were ended by an answer. */
  get closedByAnswer(): number {
    return this.clients.reduce((sum, client) => sum + client.closedByAnswer, 0);
  }

  /** When connections were opened, as `performance.now()`. */
  get openedMs(): number[] {
    return this.clients.flatMap(({ connections }) => connections.map(({ openedMs }) => openedMs));
  }

  /** Resolves after that many further requests. */
  async waitForSent(count: number, withinMs = 60_000): Promise<void> {
    const wanted = this.sent.length + count;
    await eventually(() => this.sent.length >= wanted, { what: `${count} further requests`, withinMs });
  }

  /** Lets each sender end after the request it is at; then ends their connections. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.#ended;
    for (const client of this.clients) client.close();
  }

  async #send(client: GoClient, sender: number): Promise<void> {
    const firstMs = Date.now();
    for (let round = 0; !this.#isLeaving; round++) {
      const { payload, samples } = uniqueRequest(sender, firstMs + round);
      const request = { path: '/api/v1/write', headers: HEADERS, body: payload };
      this.sent.push({ samples, exchange: await client.send(request) });
      // Whatever is answered at once must not keep this process from reading the other answers.
      await pause(this.#pauseMs(sender));
    }
  }
}

/** Where records went. */
export interface Place {
  readonly brokers: string;
  readonly topic: string;
}

/** All samples of the topic. */
export async function readSamples({ brokers, topic }: Place): Promise<SampleRecord[]> {
  return parseRecords(await readTopic(brokers, topic));
}

/** Reads the topic: all that was acknowledged is there, and nothing is there twice. Gives the number of records. */
export async function assertOnceInKafka(load: GoLoad, place: Place): Promise<number> {
  const samples = await readSamples(place);
  const counts = countSamples(samples);
  const missing = load.acknowledged.flatMap((sent) => sent.samples.filter((key) => !counts.has(key)));
  const repeated = duplicates(samples);
  assert.deepEqual(missing.slice(0, 5), [], `${missing.length} acknowledged samples are not in the topic`);
  assert.deepEqual(repeated.slice(0, 5), [], `${repeated.length} samples are there more than once`);
  return samples.length;
}
