/** Which topics are written to. To ask for one that was deleted may make it again, so those out of use are let go. */

import type { Partition } from './partition.ts';

const UNUSED_MS = 5 * 60_000;

export class TopicUse {
  /** In milliseconds that only grow. */
  readonly #now: () => number;
  readonly #usedMs = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Somebody is about to write to it. */
  note(topic: string): void {
    this.#usedMs.set(topic, this.#now());
  }

  /**
   * Lets go of the topics that it returns: nothing waits for them, and nothing was written to them for a while. The one
   * that was written to last stays, for it is the one that is configured, however seldom it is written to.
   */
  release(partitionsOf: (topic: string) => readonly Partition[]): string[] {
    const nowMs = this.#now();
    let lastMs = 0;
    for (const [topic, usedMs] of this.#usedMs) {
      const isInUse = isUsed(partitionsOf(topic));
      if (isInUse) this.#usedMs.set(topic, nowMs);
      lastMs = Math.max(lastMs, isInUse ? nowMs : usedMs);
    }
    const unused = [...this.#usedMs]
      .filter(([, usedMs]) => usedMs < lastMs && nowMs - usedMs >= UNUSED_MS)
      .map(([topic]) => topic);
    for (const topic of unused) this.#usedMs.delete(topic);
    return unused;
  }
}

function isUsed(partitions: readonly Partition[]): boolean {
  let isAnyUsed = false;
  // Each of them is asked, since that is where the next time begins.
  for (const partition of partitions) isAnyUsed = partition.takeUse() || isAnyUsed;
  return isAnyUsed;
}
