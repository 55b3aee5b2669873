/** What a sample costs this replica, over the last minute or so, once it has been running for another. */

import { Rate } from '../lib/rate.ts';

const SPAN = { spanMs: 60_000, leastMs: 10_000 };
/** Until the code of a process that has just started is compiled, its samples cost far more. */
const WARM_UP_MS = 60_000;
/** Below this share of a core it cannot be told from what the process costs anyway. */
const TELLING_CPU = 0.1;

/** Totals since any moment before the first look. */
export interface Spent {
  readonly cpuSeconds: number;
  readonly samples: number;
}

export class Cost {
  #startedMs: number | undefined;
  #first: Spent | undefined;
  #cpu = new Rate(SPAN, 0);
  #samples = new Rate(SPAN, 0);

  /** Every second or so. */
  note({ cpuSeconds, samples }: Spent, nowMs: number): void {
    this.#startedMs ??= nowMs;
    if (nowMs - this.#startedMs < WARM_UP_MS) return;
    if (!this.#first) {
      this.#first = { cpuSeconds, samples };
      this.#cpu = new Rate(SPAN, nowMs);
      this.#samples = new Rate(SPAN, nowMs);
    }
    this.#cpu.note(cpuSeconds - this.#first.cpuSeconds, nowMs);
    this.#samples.note(samples - this.#first.samples, nowMs);
  }

  /** 0 while this replica is too new or too idle to tell. */
  get samplesPerCpuSecond(): number {
    const cpu = this.#cpu.perSecond;
    return cpu < TELLING_CPU ? 0 : this.#samples.perSecond / cpu;
  }
}
