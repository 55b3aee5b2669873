/** One native histogram as it stands in a request, in memory that is used again. */

import type { BucketsView, HistogramView } from '../contracts.ts';
import { addInt64, type Int64 } from '../lib/int64.ts';

/** One side of a histogram. */
export class Buckets implements BucketsView {
  readonly spans: number[] = [];
  /** As sent for an integer histogram: the first count, then differences. */
  readonly deltas: Int64[] = [];
  /** As sent for a float histogram. */
  readonly floats: number[] = [];
  counts: Int64[] = [];

  reset(): void {
    this.spans.length = 0;
    this.deltas.length = 0;
    this.floats.length = 0;
  }

  /** Makes `counts` of what was sent; int64 sums wrap, as those of Prometheus do. */
  settle(isFloat: boolean): void {
    if (isFloat) {
      this.counts = this.floats;
      return;
    }
    const counts = new Array<Int64>(this.deltas.length);
    let count: Int64 = 0;
    for (let i = 0; i < counts.length; i++) {
      count = addInt64(count, this.deltas[i]!);
      counts[i] = count;
    }
    this.counts = counts;
  }
}

/** What is kept of a histogram while its series is current. */
export class Histogram implements HistogramView {
  isFloat = false;
  count: Int64 = 0;
  sum = 0;
  sumLow = 0;
  sumHigh = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount: Int64 = 0;
  /** The oneof as sent: each member unsets the other; which one is meant says the kind of `count`. */
  zeroInt: Int64 = 0;
  zeroFloat = 0;
  readonly positive = new Buckets();
  readonly negative = new Buckets();
  readonly customValues: number[] = [];
  resetHint = 0;
  timestampMs = 0;
  startTimestampMs = 0;
  /** Spans, buckets and bounds seen; those above the limit are not kept. */
  parts = 0;
  /** Whether it or a span of it came with anything that the message does not have. */
  hasUnknown = false;

  reset(): void {
    this.isFloat = false;
    this.count = 0;
    this.sum = 0;
    this.sumLow = 0;
    this.sumHigh = 0;
    this.schema = 0;
    this.zeroThreshold = 0;
    this.zeroInt = 0;
    this.zeroFloat = 0;
    this.positive.reset();
    this.negative.reset();
    this.customValues.length = 0;
    this.resetHint = 0;
    this.timestampMs = 0;
    this.startTimestampMs = 0;
    this.parts = 0;
    this.hasUnknown = false;
  }
}
