/** Memory of batches, used again once Kafka has them. */

import { RecordBatch } from './record-batch.ts';

const FIRST_CAPACITY = 64 * 1024;
const KEPT_BATCHES = 64;
/** Batches that grew beyond this are left to the garbage collector. */
const KEPT_CAPACITY = 2 * 1024 * 1024;

export class BatchPool {
  readonly #free: RecordBatch[] = [];

  take(): RecordBatch {
    return this.#free.pop() ?? new RecordBatch(FIRST_CAPACITY);
  }

  /** Nobody may hold on to the batch: not a request, not a socket that still has to write it. */
  give(batch: RecordBatch): void {
    if (this.#free.length >= KEPT_BATCHES || batch.writer.bytes.length > KEPT_CAPACITY) return;
    batch.clear();
    this.#free.push(batch);
  }
}
