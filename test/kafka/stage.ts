/** The producer without a broker: partitions, appender and outcomes as KafkaProducer puts them together. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { DroppedRecords } from '../../src/contracts.ts';
import { Appender, type AppenderParts } from '../../src/kafka/appender.ts';
import { Epochs } from '../../src/kafka/epochs.ts';
import { Outcomes } from '../../src/kafka/outcomes.ts';
import { Partition, type PartitionLimits } from '../../src/kafka/partition.ts';
import type { PartitionAnswer } from '../../src/kafka/produce-protocol.ts';
import { RecordBatch } from '../../src/kafka/record-batch.ts';
import type { Contents } from '../../src/lib/contents.ts';
import { Metrics } from '../../src/metrics.ts';
import { readBatch, textsOf } from './batch-reader.ts';

export const PRODUCER_ID = 7n;
export const BASE_MS = 1_700_000_000_000;

export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps what it is told. */
export function keepingLogger() {
  const lines: LogLine[] = [];
  const keep =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields: fields as Record<string, unknown>, message });
    };
  const logger = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  return { logger, lines };
}

/** The value of one line of /metrics without the prefix, 0 when there is none. */
export async function metricOf(metrics: Metrics, line: string): Promise<number> {
  const lines = (await metrics.text()).split('\n');
  const found = lines.find((candidate) => candidate.startsWith(`kafka_adapter_${line} `));
  return found === undefined ? 0 : Number(found.split(' ').at(-1));
}

export interface StageOptions {
  readonly partitions?: number;
  readonly maxBatchBytes?: number;
  readonly maxBatchRecords?: number;
  readonly maxQueueBytes?: number;
  readonly timeoutMs?: number;
  readonly recordTime?: AppenderParts['recordTime'];
}

/** A record to write: to the partition of that index. */
export interface TestRecord {
  readonly partition?: number;
  readonly value: string;
  readonly timestampMs?: number;
  readonly key?: Uint8Array;
  /** What it holds; one float sample when left out. */
  readonly contents?: Contents;
}

export class Stage {
  readonly topic = 'metrics';
  readonly partitions: Partition[];
  readonly appender: Appender;
  readonly outcomes: Outcomes;
  readonly metrics = new Metrics();
  readonly log: LogLine[];
  readonly recycled: RecordBatch[] = [];
  readonly limits: PartitionLimits;
  commits = 0;
  metadataRefreshes = 0;
  renewals = 0;

  constructor(options: StageOptions = {}) {
    const { logger, lines } = keepingLogger();
    this.log = lines;
    const newBatch = (): RecordBatch => new RecordBatch(1024);
    const recycle = (batch: RecordBatch): void => void this.recycled.push(batch);
    const epochs = new Epochs(() => this.renewals++);
    const { maxBatchBytes = 1024 * 1024, maxBatchRecords = Number.POSITIVE_INFINITY } = options;
    this.limits = { maxBatchBytes, maxBatchRecords, newBatch, recycle, epochs };
    this.partitions = Array.from(
      { length: options.partitions ?? 1 },
      (_, index) => new Partition(this.topic, index, this.limits),
    );
    this.appender = new Appender({
      partitionsOf: (topic) => (topic === this.topic ? this.partitions : undefined),
      recordTime: options.recordTime ?? ((sampleMs) => sampleMs),
      newBatch,
      maxQueueBytes: options.maxQueueBytes ?? 1024 * 1024,
      timeoutMs: options.timeoutMs ?? 10_000,
      onCommit: () => this.commits++,
    });
    this.outcomes = new Outcomes({
      user: () => 'User:test',
      instruments: this.metrics.instruments,
      logger,
      newBatch,
      recycle,
      onGone: (bytes) => {
        this.appender.queuedBytes -= bytes;
      },
      refreshMetadata: () => this.metadataRefreshes++,
      renewProducerId: () => this.renewals++,
    });
  }

  get partition(): Partition {
    return this.partitions[0]!;
  }

  /** Opens a request and writes the records; it is still to be committed or rolled back. */
  write(...records: readonly (string | TestRecord)[]): Appender {
    const request = this.appender.open();
    for (const entry of records) {
      const record: TestRecord = typeof entry === 'string' ? { value: entry } : entry;
      const { value, partition = 0, timestampMs = BASE_MS, key, contents } = record;
      const sink = request.series(this.topic, partition, key);
      sink.begin(timestampMs, contents).copy(Buffer.from(value), 0, Buffer.byteLength(value));
      sink.end();
    }
    return request;
  }

  commit(...records: readonly (string | TestRecord)[]): Watched {
    return new Watched(this.write(...records).commit());
  }

  /** Takes the next batch of a partition, as sending does. */
  take(partition = 0): RecordBatch {
    const batch = this.partitions[partition]!.take(PRODUCER_ID);
    if (!batch) throw new Error(`nothing to take from partition ${partition}`);
    return batch;
  }

  /** Settles the batch under way by an answer of the broker. */
  answer(errorCode: number, more: Partial<PartitionAnswer> = {}): void {
    const partition = this.partitions[more.partition ?? 0]!;
    const answer = { topic: this.topic, partition: partition.index, refusedRecords: [], errorMessage: '' };
    this.outcomes.settle(partition, partition.underWay!, { ...answer, errorCode, ...more });
  }

  /** Takes and acknowledges what is left, batch by batch; gives the texts of each. */
  drain(partition = 0): string[][] {
    const taken: string[][] = [];
    while (this.partitions[partition]!.hasRecords) {
      const batch = this.partitions[partition]!.take(PRODUCER_ID);
      if (!batch) break;
      taken.push(contentOf(batch));
      this.answer(0, { partition });
    }
    return taken;
  }
}

/** The texts in a batch, which has to be well-formed. */
export function contentOf(batch: RecordBatch): string[] {
  return textsOf(readBatch(batch.seal(0)));
}

/** A promise of a request, and whether it is settled by now. */
export class Watched {
  readonly done: Promise<DroppedRecords>;
  state: 'waiting' | 'resolved' | 'rejected' = 'waiting';

  constructor(done: Promise<DroppedRecords>) {
    this.done = done;
    done.then(
      () => {
        this.state = 'resolved';
      },
      () => {
        this.state = 'rejected';
      },
    );
  }

  /** Its state once everything that is settled has been told. */
  async now(): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.state;
  }

  /** What was dropped of a request that has to be resolved by now. */
  async dropped(): Promise<Record<string, number>> {
    assert.equal(await this.now(), 'resolved');
    const counted = [...(await this.done)].map(([reason, contents]) => [reason, contents.float]);
    return Object.fromEntries(counted);
  }
}
