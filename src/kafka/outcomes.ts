/** What becomes of a batch by the broker's answer: acknowledged, sent again, made anew, or given up. */

import { AdapterError, type DropReason } from '../errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Instruments } from '../metrics.ts';
import { ownerOf, redistribute } from './batch-records.ts';
import type { Partition } from './partition.ts';
import type { PartitionAnswer } from './produce-protocol.ts';
import { mayBeAppended, nameOf, TOPIC_AUTHORIZATION_FAILED, verdictOf } from './protocol-errors.ts';
import type { RecordBatch } from './record-batch.ts';
import { topicRefusal } from './refusals.ts';

/** How long a partition rests after an error that a repeat may cure. */
const REST_MS = 100;

export interface OutcomeParts {
  readonly instruments: Instruments;
  readonly logger: Logger;
  readonly newBatch: () => RecordBatch;
  readonly recycle: (batch: RecordBatch) => void;
  /** Bytes left the queue, acknowledged or given up. */
  readonly onGone: (bytes: number) => void;
  readonly refreshMetadata: () => void;
  /** The epochs of a producer id are used up. */
  readonly renewProducerId: () => void;
  /** As access control lists name this client. */
  readonly user: () => string;
}

export class Outcomes {
  readonly #parts: OutcomeParts;
  /** Topics that refuse, with the error code that was told of. */
  readonly #refusing = new Map<string, number>();

  constructor(parts: OutcomeParts) {
    this.#parts = parts;
  }

  /** Acts on the broker's answer for the batch under way on `partition`. */
  settle(partition: Partition, batch: RecordBatch, answer: PartitionAnswer): void {
    partition.underWay = undefined;
    if (batch.stamp && mayBeAppended(answer.errorCode)) batch.stamp.mayBeAppended = true;
    switch (verdictOf(answer.errorCode)) {
      case 'ok':
      case 'duplicate':
        this.#acknowledge(partition, batch);
        return;
      case 'retry':
        this.sendAgain(partition, batch, nameOf(answer.errorCode));
        return;
      case 'epoch':
        this.#sendInNewEpoch(partition, batch, answer);
        return;
      case 'split':
        this.#split(partition, batch);
        return;
      case 'drop':
        this.#dropRefused(partition, batch, answer);
        return;
      case 'refused':
        this.#takeBackStamp(partition, batch);
        this.giveUp(batch, this.#refusal(partition, answer), 'refused');
    }
  }

  #acknowledge(partition: Partition, batch: RecordBatch): void {
    const { instruments } = this.#parts;
    instruments.kafkaRecordsProduced.inc({ topic: partition.topic }, batch.count);
    instruments.kafkaProducedBytes.inc({ topic: partition.topic }, batch.length);
    instruments.kafkaBatchBytes.observe(batch.length);
    instruments.kafkaLastAck.set(Date.now() / 1000);
    this.#refusing.delete(partition.topic);
    const { shares, recordBytes } = batch;
    this.#parts.recycle(batch);
    this.#parts.onGone(recordBytes);
    for (const { request } of shares) request.acknowledge();
  }

  /** Nothing was said of the batch: nobody knows whether it was appended. It goes again, wherever its leader is then. */
  unanswered(partition: Partition, batch: RecordBatch, problem: string): void {
    if (batch.stamp) batch.stamp.mayBeAppended = true;
    this.sendAgain(partition, batch, problem);
  }

  /** The same batch once more: with its sequence the broker knows it if it was appended already. */
  sendAgain(partition: Partition, batch: RecordBatch, problem: string): void {
    partition.underWay = undefined;
    partition.waiting.unshift(batch);
    partition.notBeforeMs = performance.now() + REST_MS;
    this.#parts.instruments.kafkaRetries.inc();
    this.#parts.logger.debug(
      { topic: partition.topic, partition: partition.index, problem },
      'sending a batch again',
    );
    this.#parts.refreshMetadata();
  }

  #sendInNewEpoch(partition: Partition, batch: RecordBatch, answer: PartitionAnswer): void {
    const problem = nameOf(answer.errorCode);
    this.#parts.logger.warn(
      { topic: partition.topic, partition: partition.index, problem },
      'new producer epoch',
    );
    batch.stamp = undefined;
    this.beginEpoch(partition);
    this.sendAgain(partition, batch, problem);
  }

  /**
   * The batch goes a different way. Should an earlier attempt have been appended, its sequence is not free: the broker
   * would take the next batch for a repetition of it, and acknowledge what it throws away.
   */
  #takeBackStamp(partition: Partition, batch: RecordBatch): void {
    if (!batch.stamp?.mayBeAppended) {
      partition.takeBackStamp(batch);
      return;
    }
    batch.stamp = undefined;
    this.beginEpoch(partition);
  }

  beginEpoch(partition: Partition): void {
    this.#parts.instruments.kafkaEpochChanges.inc();
    if (!partition.nextEpoch()) this.#parts.renewProducerId();
  }

  /** Too large for the topic: two halves, or nothing when it is one record. */
  #split(partition: Partition, batch: RecordBatch): void {
    this.#takeBackStamp(partition, batch);
    if (batch.count === 1) {
      this.#drop(batch, [0], 'record_too_large');
      this.#replace(
        partition,
        batch,
        redistribute(batch, () => undefined),
      );
      return;
    }
    const halves = [this.#parts.newBatch(), this.#parts.newBatch()];
    const middle = batch.count >> 1;
    this.#replace(
      partition,
      batch,
      redistribute(batch, (place) => halves[place < middle ? 0 : 1]),
    );
  }

  /** The broker names the records it refuses, or none when it means all. */
  #dropRefused(partition: Partition, batch: RecordBatch, answer: PartitionAnswer): void {
    this.#takeBackStamp(partition, batch);
    const all = Array.from({ length: batch.count }, (_, place) => place);
    const refused = new Set(answer.refusedRecords.length > 0 ? answer.refusedRecords : all);
    this.#drop(batch, refused, 'record_refused');
    this.#parts.logger.error(
      {
        topic: partition.topic,
        records: refused.size,
        problem: nameOf(answer.errorCode),
        detail: answer.errorMessage,
      },
      'records dropped: the broker refuses them for good',
    );
    const rest = this.#parts.newBatch();
    this.#replace(
      partition,
      batch,
      redistribute(batch, (place) => (refused.has(place) ? undefined : rest)),
    );
  }

  #drop(batch: RecordBatch, places: Iterable<number>, reason: DropReason): void {
    for (const place of places) ownerOf(batch, place).drop(reason, batch.contentsOf(place));
  }

  /** Puts `made` where `batch` was. */
  #replace(partition: Partition, batch: RecordBatch, made: readonly RecordBatch[]): void {
    const bytes = made.reduce((sum, { recordBytes }) => sum + recordBytes, 0);
    this.#parts.onGone(batch.recordBytes - bytes);
    partition.waiting.unshift(...made);
    this.#parts.recycle(batch);
  }

  /** Answers every request that has records in the batch with `error`; its memory may still be in use. */
  giveUp(batch: RecordBatch, error: AdapterError, reason: 'timeout' | 'refused' | 'unavailable'): void {
    const { shares, recordBytes } = batch;
    this.#parts.onGone(recordBytes);
    // A request has records in many batches, and is one request.
    const failed = shares.filter(({ request }) => request.fail(error)).length;
    this.#parts.instruments.kafkaProduceFailures.inc({ reason }, failed);
  }

  #refusal({ topic }: Partition, { errorCode, errorMessage }: PartitionAnswer): AdapterError {
    const error = nameOf(errorCode);
    const detail = errorMessage === '' ? '' : ` (${errorMessage})`;
    const problem =
      errorCode === TOPIC_AUTHORIZATION_FAILED
        ? topicRefusal(['Write'], { user: this.#parts.user(), topic, error: `${error}${detail}` })
        : `Kafka refuses records for topic ${topic}: ${error}${detail}`;
    if (this.#refusing.get(topic) !== errorCode)
      this.#parts.logger.error(
        { topic, problem },
        'Kafka refuses records, their senders are told to try again',
      );
    this.#refusing.set(topic, errorCode);
    return new AdapterError('kafka_refused', problem);
  }
}
