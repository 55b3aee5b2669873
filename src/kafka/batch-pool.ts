/** Memory of batches, used again once Kafka has them. */

import { RecordBatch } from './record-batch.ts';

const FIRST_CAPACITY = 64 * 1024;
/** What may lie idle in all; batches of a few dozen partitions at full size. */
const KEPT_BYTES = 32 * 1024 * 1024;

export class BatchPool {
  readonly #free: RecordBatch[] = [];
  #freeBytes = 0;

  take(): RecordBatch {
    const batch = this.#free.pop();
    if (!batch) return new RecordBatch(FIRST_CAPACITY);
    this.#freeBytes -= batch.writer.bytes.length;
    return batch;
  }

  /** Nobody may hold on to the batch: not a request, not a socket that still has to write it. */
  give(batch: RecordBatch): void {
    const { length } = batch.writer.bytes;
    if (this.#freeBytes + length > KEPT_BYTES) return;
    batch.clear();
    this.#freeBytes += length;
    this.#free.push(batch);
  }
}
