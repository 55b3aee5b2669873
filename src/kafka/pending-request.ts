/** One request that waits for the batches it has records in. */

import type { DroppedRecords } from '../contracts.ts';
import type { AdapterError, DropReason } from '../errors.ts';
import { type Contents, NOTHING, plus } from '../lib/contents.ts';

export class PendingRequest {
  readonly done: Promise<DroppedRecords>;
  readonly #dropped: Map<DropReason, Contents>;
  #resolve: (dropped: DroppedRecords) => void = () => {};
  #reject: (error: AdapterError) => void = () => {};
  #waitingFor: number;
  #isLost = false;

  /** `batches` is how many acknowledgements it takes; `dropped` are records left out already. */
  constructor(batches: number, dropped: Map<DropReason, Contents>) {
    this.#waitingFor = batches;
    this.#dropped = dropped;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (batches === 0) this.#resolve(dropped);
  }

  /** One of its batches was cut in two, so there is one more to wait for. */
  waitForOneMore(): void {
    this.#waitingFor++;
  }

  /** One of its batches is acknowledged, or nothing is left in it. */
  acknowledge(): void {
    this.#waitingFor--;
    if (this.#waitingFor === 0) this.#resolve(this.#dropped);
  }

  /** A record of it will never be in Kafka; the others may. */
  drop(reason: DropReason, contents: Contents): void {
    this.#dropped.set(reason, plus(this.#dropped.get(reason) ?? NOTHING, contents));
  }

  /** One of its batches is lost; the first such error is the answer. False for those that follow. */
  fail(error: AdapterError): boolean {
    if (this.#isLost) return false;
    this.#isLost = true;
    this.#reject(error);
    return true;
  }
}
