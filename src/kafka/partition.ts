/** One partition: the batch that is open for records, those that wait, and the one under way. */

import type { RecordSink } from '../contracts.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import { type Contents, ONE_FLOAT } from '../lib/contents.ts';
import { type Epochs, MAX_EPOCH } from './epochs.ts';
import type { Mark, ProducerStamp, RecordBatch } from './record-batch.ts';

const MAX_SEQUENCE = 0x7fffffff;

/** What the partitions of a producer have in common. */
export interface PartitionLimits {
  /** Bytes; the option `kafka.max_batch_size`. */
  readonly maxBatchBytes: number;
  /** The option `kafka.max_batch_records`; Infinity for no bound. */
  readonly maxBatchRecords: number;
  readonly newBatch: () => RecordBatch;
  /** Gives the memory of a batch back. */
  readonly recycle: (batch: RecordBatch) => void;
  readonly epochs: Epochs;
}

/** A batch that the request being written has records in, and where it stood before. */
export interface Touched {
  readonly partition: Partition;
  readonly batch: RecordBatch;
  readonly mark: Mark;
}

/** Who is writing: asked before each record, told of each batch it touches and of each record that fits none. */
export interface Writing {
  /** Throws when no more may be written. */
  admit(): void;
  readonly recordTimeMs: (sampleMs: number) => number;
  /** As they end each record, their number first. */
  readonly headers: Uint8Array;
  touch(touched: Touched): void;
  tooLarge(contents: Contents, bytes: number): void;
  /** So many bytes more are in the batches. */
  wrote(bytes: number): void;
}

export class Partition implements RecordSink {
  readonly topic: string;
  readonly index: number;
  /** Node id of the broker that leads it; -1 when none does. */
  leader = -1;
  /** Batches that are full, oldest first; a batch to be sent again is in front. */
  readonly waiting: RecordBatch[] = [];
  underWay: RecordBatch | undefined;
  /** `performance.now()` before which nothing is sent, after an error that asks for patience. */
  notBeforeMs = 0;
  readonly #limits: PartitionLimits;
  /** Only while it holds records: memory that waits for some is in the pool, which has a bound. */
  #open: RecordBatch | undefined;
  #writing: Writing | undefined;
  #touched: RecordBatch | undefined;
  #producerId = -1n;
  #epoch = 0;
  #sequence = 0;
  /** Of the record begun last. */
  #timestampMs = 0;
  #key: Uint8Array | undefined;
  #contents: Contents | undefined;
  #wasTaken = false;

  constructor(topic: string, index: number, limits: PartitionLimits) {
    this.topic = topic;
    this.index = index;
    this.#limits = limits;
  }

  /** Readies the partition for records of `writing` with that key. */
  writeFor(writing: Writing, key: Uint8Array | undefined): RecordSink {
    this.#writing = writing;
    this.#key = key;
    return this;
  }

  begin(timestampMs: number, contents?: Contents): ByteWriter {
    this.#writing!.admit();
    const { maxBatchBytes, maxBatchRecords } = this.#limits;
    const open = this.#open;
    if (open && (open.length >= maxBatchBytes || open.count >= maxBatchRecords)) this.#closeOpen();
    const batch = this.#touch();
    this.#timestampMs = this.#writing!.recordTimeMs(timestampMs);
    this.#contents = contents;
    return batch.begin(this.#timestampMs, contents, this.#key);
  }

  end(): void {
    const batch = this.#open!;
    batch.end(this.#writing!.headers);
    this.#writing!.wrote(batch.length - batch.lastRecordStart);
    if (batch.length > this.#limits.maxBatchBytes) this.#moveLastRecord(batch);
  }

  /** The open batch, which the request has its mark in. */
  #touch(): RecordBatch {
    this.#open ??= this.#limits.newBatch();
    if (this.#touched !== this.#open) {
      this.#touched = this.#open;
      this.#writing!.touch({ partition: this, batch: this.#open, mark: this.#open.mark() });
    }
    return this.#open;
  }

  /** The record did not fit any more: it goes to a batch of its own, or nowhere when it fits none. */
  #moveLastRecord(batch: RecordBatch): void {
    const value = batch.lastValue();
    const bytes = batch.length - batch.lastRecordStart;
    this.#writing!.wrote(-bytes);
    const isAlone = batch.count === 1;
    batch.dropLast();
    // Whoever sends a record of many megabytes to each partition would have all of them keep as much.
    batch.writer.trim();
    if (isAlone) {
      this.#writing!.tooLarge(this.#contents ?? ONE_FLOAT, bytes);
      return;
    }
    this.#closeOpen();
    this.#touch().begin(this.#timestampMs, this.#contents, this.#key).copy(value, 0, value.length);
    this.end();
  }

  #closeOpen(): void {
    if (this.#open) this.waiting.push(this.#open);
    this.#open = undefined;
  }

  /** The request is written or rolled back: the next one marks its own place. */
  endWriting(): void {
    this.#touched = undefined;
    this.#writing = undefined;
    if (this.#open?.count === 0) {
      this.#limits.recycle(this.#open);
      this.#open = undefined;
    }
  }

  get hasRecords(): boolean {
    return this.waiting.length > 0 || (this.#open?.count ?? 0) > 0;
  }

  /** Takes the next batch to send, and stamps it unless it was sent before. */
  take(producerId: bigint): RecordBatch | undefined {
    this.#skipEmpty();
    if (this.waiting.length === 0 && (this.#open?.count ?? 0) > 0) this.#closeOpen();
    const batch = this.waiting.shift();
    if (!batch) return undefined;
    batch.stamp ??= this.#nextStamp(producerId, batch.count);
    this.underWay = batch;
    this.#wasTaken = true;
    return batch;
  }

  /** Whether records wait, are under way, or were taken since the last call. */
  takeUse(): boolean {
    const isUsed = this.#wasTaken || this.hasRecords || this.underWay !== undefined;
    this.#wasTaken = false;
    return isUsed;
  }

  /** A request that was rolled back may have left full batches without a record. */
  #skipEmpty(): void {
    while (this.waiting.length > 0 && this.waiting[0]!.count === 0)
      this.#limits.recycle(this.waiting.shift()!);
  }

  #nextStamp(producerId: bigint, count: number): ProducerStamp {
    if (this.#producerId !== producerId) {
      this.#producerId = producerId;
      this.#epoch = this.#limits.epochs.firstOf(producerId);
      this.#sequence = 0;
    }
    const stamp = { producerId, epoch: this.#epoch, sequence: this.#sequence };
    // Sequences wrap to 0 after the largest int32 (DefaultRecordBatch.incrementSequence).
    const room = MAX_SEQUENCE - this.#sequence;
    this.#sequence = count > room ? count - room - 1 : this.#sequence + count;
    return stamp;
  }

  /** The batch under way was not appended and goes a different way: its sequence is free again. */
  takeBackStamp(batch: RecordBatch): void {
    if (batch.stamp) this.#sequence = batch.stamp.sequence;
    batch.stamp = undefined;
  }

  /**
   * Begins a new epoch: what an older one has sent and nobody knows of is fenced off by the broker, and sequences
   * begin at 0. False when epochs are used up and it takes a new producer id.
   */
  nextEpoch(): boolean {
    this.#sequence = 0;
    this.#epoch++;
    return this.#epoch <= MAX_EPOCH;
  }

  /** Drops batches whose time is up; returns them. */
  expire(nowMs: number): RecordBatch[] {
    const expired: RecordBatch[] = [];
    this.#skipEmpty();
    while (this.waiting.length > 0 && this.waiting[0]!.deadlineMs <= nowMs) {
      expired.push(this.waiting.shift()!);
      this.#skipEmpty();
    }
    if (this.waiting.length === 0 && this.#open && this.#open.deadlineMs <= nowMs) {
      expired.push(this.#open);
      this.#open = undefined;
    }
    return expired;
  }

  /** Lets the partition go: returns what waited or was under way, whose answer is nobody's business any more. */
  leave(): RecordBatch[] {
    const left = [this.underWay, ...this.waiting, this.#open].filter((batch) => batch !== undefined);
    this.underWay = undefined;
    this.waiting.length = 0;
    this.#open = undefined;
    this.#limits.epochs.leave(this.#producerId, this.#epoch);
    return left.filter(({ count }) => count > 0);
  }
}
