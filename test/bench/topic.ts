/** Watches how many records have arrived in a topic. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { kafkaClient } from '../support/kafka.ts';
import type { TestHooks } from '../support/process.ts';

const LOOK_EVERY_MS = 100;
/** A topic that did not grow for so long has what will come; a producer's retry may take its time. */
const QUIET_MS = 2000;
const LONGEST_MS = 120_000;

export class TopicCounter {
  readonly #admin: Admin;
  readonly #topic: string;

  private constructor(admin: Admin, topic: string) {
    this.#admin = admin;
    this.#topic = topic;
  }

  static async open(hooks: TestHooks, { brokers, topic }: { brokers: string; topic: string }) {
    const admin = kafkaClient(brokers).admin();
    await admin.connect();
    hooks.after(() => admin.disconnect());
    return new TopicCounter(admin, topic);
  }

  /** Records ever written: end offsets, which stay when old records are removed. */
  async written(): Promise<number> {
    const offsets = await this.#admin.fetchTopicOffsets(this.#topic);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  }

  /** Waits until nothing more arrives, calling `onGrowth` at each look that found more. Gives the count. */
  async settle(onGrowth: () => void = () => {}): Promise<number> {
    const startMs = performance.now();
    let quietSinceMs = startMs;
    let count = -1;
    while (performance.now() - quietSinceMs < QUIET_MS) {
      const now = await this.written();
      if (now !== count) {
        // The first look only tells where it stands.
        if (count >= 0) {
          quietSinceMs = performance.now();
          onGrowth();
        }
        count = now;
      }
      if (performance.now() - startMs > LONGEST_MS) throw new Error(`${this.#topic} never stops growing`);
      await pause(LOOK_EVERY_MS);
    }
    return count;
  }
}
