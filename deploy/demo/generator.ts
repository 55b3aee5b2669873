/** A sender that treats its connections as Prometheus does: keeps them, uses the latest first, closes none by itself. */

import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Type } from 'protobufjs';
import { compress } from 'snappyjs';
import { loadProto } from '../../src/lib/proto-fields.ts';
import { type Sender, SHARDS } from './sender.ts';

const seriesPerRequest = 50;
/** All connections are needed at once when all shards send at once, as after a scrape. */
const tickMs = 100;
const headers = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
  'user-agent': 'kafka-adapter-demo',
};

/** The series of one shard, each with the sample of now. */
function makeBody(writeRequest: Type, shard: number): Uint8Array {
  const timestamp = Date.now();
  const timeseries = Array.from({ length: seriesPerRequest }, (_, series) => ({
    labels: [
      { name: '__name__', value: 'demo_value' },
      { name: 'series', value: String(series) },
      { name: 'shard', value: String(shard) },
    ],
    samples: [{ value: Math.random(), timestamp }],
  }));
  return compress(writeRequest.encode({ timeseries }).finish());
}

export class Generator implements Sender {
  readonly name = 'the generator';
  readonly description =
    `a generator with ${SHARDS} kept-alive connections (there is no Prometheus on the PATH)`;
  readonly #message = loadProto('prometheus/remote_write_v1.proto').lookupType('prometheus.WriteRequest');
  readonly #writeUrl: string;
  readonly #agent = new Agent({
    keepAlive: true,
    scheduling: 'lifo',
    maxSockets: SHARDS,
    maxFreeSockets: SHARDS,
  });
  readonly #ended = new AbortController();
  #repeats = 0;

  private constructor(writeUrl: string) {
    this.#writeUrl = writeUrl;
  }

  static start(writeUrl: string): Generator {
    const generator = new Generator(writeUrl);
    for (let shard = 0; shard < SHARDS; shard += 1) void generator.#send(shard);
    return generator;
  }

  async repeats(): Promise<number> {
    return this.#repeats;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    this.#agent.destroy();
  }

  /** One request after the other; one that was not accepted is sent again. */
  async #send(shard: number): Promise<void> {
    const { signal } = this.#ended;
    let body = makeBody(this.#message, shard);
    while (!signal.aborted) {
      const isAccepted = await this.#post(body);
      if (isAccepted) body = makeBody(this.#message, shard);
      else this.#repeats += seriesPerRequest;
      await delay(tickMs - (performance.now() % tickMs), undefined, { signal }).catch(() => {});
    }
  }

  /** False for any other answer and for a connection that failed. */
  #post(body: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      const post = request(this.#writeUrl, { method: 'POST', headers, agent: this.#agent }, (answer) => {
        answer.resume().on('close', () => resolve(answer.complete && answer.statusCode === 204));
      });
      post.on('error', () => resolve(false));
      post.end(body);
    });
  }
}
