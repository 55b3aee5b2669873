/** The write pipeline as the adapter has it, with a delivery that keeps the records of one request. */

import { Buffer } from 'node:buffer';
import type { Delivery, DroppedRecords, RequestRecords } from '../../../src/contracts.ts';
import { AdapterError } from '../../../src/errors.ts';
import { ByteWriter } from '../../../src/lib/byte-writer.ts';
import { type Contents, ONE_FLOAT } from '../../../src/lib/contents.ts';
import { Metrics } from '../../../src/metrics.ts';
import { type WriteOutcome, WritePipeline } from '../../../src/pipeline.ts';
import { destinations } from '../../../src/record/destination.ts';
import { JsonFormat } from '../../../src/record/json.ts';
import { LIMITS, RULES } from './oracle-rules.ts';

export const MAX_DECODED_BYTES = 1024 * 1024;
export const TOPIC = 'metrics';
export const METADATA_TOPIC = 'metadata';

export interface Captured {
  readonly topic: string;
  readonly hash: number;
  readonly timestampMs: number;
  readonly text: string;
  readonly key: string | undefined;
  readonly contents: Contents;
  /** The series as it came, where the view of it has one. */
  readonly original: Buffer | undefined;
}

/** Keeps what the last request committed. */
class CapturingDelivery implements Delivery {
  readonly ready = true;
  readonly state = 'ready';
  committed: Captured[] = [];
  /** Requests that were begun and neither committed nor rolled back. */
  underWay = 0;
  /** Topics that are said to be unknown once. */
  readonly unknown = new Set<string>();
  /** Of the series that is written next. */
  original: Buffer | undefined;
  readonly #writer = new ByteWriter();

  start(): void {}
  async stop(): Promise<void> {}

  async learn(topics: ReadonlySet<string>): Promise<void> {
    for (const topic of topics) this.unknown.delete(topic);
  }

  open(): RequestRecords {
    const pending: Captured[] = [];
    const unknownTopics = new Set<string>();
    this.underWay++;
    return {
      unknownTopics,
      series: (topic, hash, key) => {
        if (this.unknown.has(topic)) unknownTopics.add(topic);
        const { original } = this;
        this.original = undefined;
        let begun: Omit<Captured, 'text'>;
        return {
          begin: (timestampMs: number, contents = ONE_FLOAT) => {
            begun = { topic, hash, timestampMs, key: key && latin1(key), contents, original };
            this.#writer.truncate();
            return this.#writer;
          },
          end: () => pending.push({ ...begun, text: this.#writer.text() }),
        };
      },
      commit: async (): Promise<DroppedRecords> => {
        this.underWay--;
        this.committed = pending;
        return new Map();
      },
      rollback: () => {
        this.underWay--;
      },
    };
  }
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/** What the pipeline made of a request. */
export interface Seen {
  readonly outcome?: WriteOutcome;
  /** What it was refused with; anything but an AdapterError is a fault. */
  readonly error?: unknown;
  readonly records: readonly Captured[];
}

export class CapturingPipeline {
  readonly metrics = new Metrics();
  readonly #delivery = new CapturingDelivery();
  readonly #destinationOf = destinations({ key: 'none', partitionBy: 'series' });
  readonly #pipeline = new WritePipeline({
    format: new JsonFormat(),
    delivery: this.#delivery,
    router: undefined,
    destinationOf: (series) => {
      this.#delivery.original = series.original && Buffer.from(series.original);
      return this.#destinationOf(series);
    },
    instruments: this.metrics.instruments,
    topic: TOPIC,
    metadataTopic: METADATA_TOPIC,
    maxDecodedBytes: MAX_DECODED_BYTES,
    limits: LIMITS,
    rules: RULES,
  });

  /** `isNewTopic`: the topic has to be learnt first. */
  async write(body: Buffer[], version: 'v1' | 'v2', isNewTopic: boolean): Promise<Seen> {
    const delivery = this.#delivery;
    delivery.committed = [];
    if (isNewTopic) delivery.unknown.add(TOPIC);
    const seen = await this.#pipeline.write({ body, version }).then(
      (outcome) => ({ outcome, records: delivery.committed }),
      (error: unknown) => ({ error, records: delivery.committed }),
    );
    delivery.unknown.clear();
    if (delivery.underWay !== 0) throw new Error('a request was neither committed nor rolled back');
    return seen;
  }
}

export function codeOf(error: unknown): string {
  return error instanceof AdapterError && error.status < 500 ? error.code : `a fault: ${String(error)}`;
}
