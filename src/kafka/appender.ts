/** Writes the records of one request to the open batches, with a mark to go back to. */

import type { DroppedRecords, RecordHeaders, RecordSink, RequestRecords } from '../contracts.ts';
import { AdapterError, type DropReason } from '../errors.ts';
import { type Contents, NOTHING, plus } from '../lib/contents.ts';
import { formatSize } from '../lib/units.ts';
import type { Partition, Touched, Writing } from './partition.ts';
import { PendingRequest } from './pending-request.ts';
import type { RecordBatch } from './record-batch.ts';
import { encodeHeaders } from './record-headers.ts';

/** Where records of a topic go that is not known yet: nowhere, since they are written again. */
const NOWHERE_BYTES = 1024;

export interface AppenderParts {
  /** The partitions of a topic, undefined while they are not known. */
  readonly partitionsOf: (topic: string) => readonly Partition[] | undefined;
  /** The time a record carries, from its sample's and the present. */
  readonly recordTime: (sampleMs: number, nowMs: number) => number;
  readonly newBatch: () => RecordBatch;
  /** Bytes; the option `kafka.max_queue_size`. */
  readonly maxQueueBytes: number;
  /** From handing over to giving up; the option `kafka.produce_timeout`. */
  readonly timeoutMs: number;
  /** Records are there to be sent. */
  readonly onCommit: () => void;
}

export class Appender implements RequestRecords, Writing {
  readonly #parts: AppenderParts;
  readonly #nowhere: RecordSink;
  readonly unknownTopics = new Set<string>();
  #touched: Touched[] = [];
  #dropped = new Map<DropReason, Contents>();
  #nowMs = 0;
  headers = encodeHeaders(undefined);
  #requestBytes = 0;
  /** Bytes of records that fitted no batch: nothing stays of them but the work, which is bounded as well. */
  #droppedBytes = 0;
  /** Bytes of all batches of records that Kafka has not acknowledged. */
  queuedBytes = 0;

  constructor(parts: AppenderParts) {
    this.#parts = parts;
    this.#nowhere = this.#forgetting(parts.newBatch());
  }

  /** Makes ready for the next request. */
  open(headers?: RecordHeaders): this {
    this.headers = encodeHeaders(headers);
    this.#touched = [];
    this.#dropped = new Map();
    this.unknownTopics.clear();
    this.#nowMs = Date.now();
    this.#requestBytes = 0;
    this.#droppedBytes = 0;
    return this;
  }

  recordTimeMs(sampleMs: number): number {
    return this.#parts.recordTime(sampleMs, this.#nowMs);
  }

  touch(touched: Touched): void {
    this.#touched.push(touched);
  }

  admit(): void {
    const bytes = this.#requestBytes + this.#droppedBytes;
    if (this.queuedBytes + bytes > this.#parts.maxQueueBytes) this.#refuse(bytes);
  }

  tooLarge(contents: Contents, bytes: number): void {
    this.#droppedBytes += bytes;
    this.#dropped.set('record_too_large', plus(this.#dropped.get('record_too_large') ?? NOTHING, contents));
  }

  wrote(bytes: number): void {
    this.#requestBytes += bytes;
  }

  series(topic: string, hash: number, key?: Uint8Array): RecordSink {
    const partitions = this.#parts.partitionsOf(topic);
    if (partitions === undefined) {
      this.unknownTopics.add(topic);
      return this.#nowhere;
    }
    return partitions[hash % partitions.length]!.writeFor(this, key);
  }

  /** Takes records within the same bounds, and forgets them. */
  #forgetting(batch: RecordBatch): RecordSink {
    return {
      begin: (timestampMs) => {
        this.admit();
        if (batch.length > NOWHERE_BYTES) batch.clear();
        return batch.begin(timestampMs);
      },
      end: () => {
        batch.end();
        this.wrote(batch.length - batch.lastRecordStart);
      },
    };
  }

  #refuse(requestBytes: number): never {
    const { maxQueueBytes } = this.#parts;
    const limit = formatSize(maxQueueBytes);
    if (requestBytes > maxQueueBytes) {
      // No repeat would ever fit.
      throw new AdapterError(
        'limit_exceeded',
        `the records of the request alone take more than kafka.max_queue_size (${limit})`,
      );
    }
    throw new AdapterError(
      'queue_full',
      `the records that wait for Kafka take kafka.max_queue_size (${limit})`,
    );
  }

  commit(): Promise<DroppedRecords> {
    const touched = this.#touched.filter(({ batch, mark }) => batch.count > mark.count);
    const request = new PendingRequest(touched.length, this.#dropped);
    const deadlineMs = performance.now() + this.#parts.timeoutMs;
    this.queuedBytes += this.#requestBytes;
    for (const { batch, mark } of touched) {
      batch.shares.push({ request, first: mark.count });
      batch.deadlineMs = Math.min(batch.deadlineMs, deadlineMs);
    }
    this.#end();
    if (touched.length > 0) this.#parts.onCommit();
    return request.done;
  }

  rollback(): void {
    for (const { batch, mark } of this.#touched) batch.rollback(mark);
    this.#end();
  }

  #end(): void {
    for (const { partition } of this.#touched) partition.endWriting();
    this.#touched = [];
  }
}
