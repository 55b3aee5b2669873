/** Native histograms as JSON: in the shape of Prometheus' HTTP API, with all that it leaves out beside it. */

import type { BucketsView, HistogramView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';
import { exponentialBound } from './histogram-bounds.ts';
import { LONGEST_QUOTED, NumberCache } from './number-cache.ts';
import { writeNumber } from './number-text.ts';
import { resetHintName } from './reset-hints.ts';

const CUSTOM_BUCKETS = -53;

/** What the first number of a bucket says of its bounds. */
const OPEN_LEFT = 0;
const OPEN_RIGHT = 1;
const OPEN_BOTH = 2;
const CLOSED_BOTH = 3;

const QUOTE = 0x22;
const COMMA = 0x2c;
const FIRST_BUCKET = new Snippet(',"buckets":[');
const RULES = [OPEN_LEFT, OPEN_RIGHT, OPEN_BOTH, CLOSED_BOTH].map((rule) => new Snippet(`[${rule},`));
const END_OF_BUCKET = new Snippet('],');

/** A bucket: its rule, two bounds and a count; then its count among those of its side. */
const MOST_BYTES_A_BUCKET = 4 * LONGEST_QUOTED + 16;
/** `[-2147483648,4294967295],` */
const MOST_BYTES_A_SPAN = 25;
const FIXED_BYTES = 600;

type Count = number | bigint;

/**
 * `{"count":"12","sum":"18.4","buckets":[[0,"1","2","7"]],"schema":0,"zero_threshold":"0.001","zero_count":"0",
 * "positive_spans":[[1,1]],"positive_counts":["7"]}`: numbers as strings, so that uint64, NaN and Inf are kept;
 * buckets without observations left out of `buckets`; `negative_*`, `custom_values`, `reset_hint` and `"float":true`
 * only where they apply.
 */
export class HistogramText {
  readonly #numbers = new NumberCache();
  /** Where the histogram that is being written goes. */
  #out = new ByteWriter();
  #hasBuckets = false;
  #zeroThreshold = 0;

  write(out: ByteWriter, histogram: HistogramView): void {
    const { positive, negative, customValues, resetHint, isFloat } = histogram;
    this.#out = out;
    out.reserve(mostBytes(histogram));
    out.ascii('{"count":');
    this.#quoted(histogram.count);
    out.ascii(',"sum":');
    this.#quoted(histogram.sum);
    this.#buckets(histogram);
    out.ascii(`,"schema":${histogram.schema},"zero_threshold":`);
    this.#numbers.write(out, histogram.zeroThreshold);
    out.ascii(',"zero_count":');
    this.#quoted(histogram.zeroCount);
    this.#side('positive', positive);
    this.#side('negative', negative);
    if (customValues.length > 0) {
      out.ascii(',"custom_values":[');
      for (const bound of customValues) {
        this.#numbers.write(out, bound);
        out.bytes[out.length++] = COMMA;
      }
      this.#endList();
    }
    if (resetHint !== 0) out.ascii(`,"reset_hint":"${resetHintName(resetHint)}"`);
    out.ascii(isFloat ? ',"float":true}' : '}');
  }

  #quoted(value: Count): void {
    const out = this.#out;
    out.bytes[out.length++] = QUOTE;
    if (typeof value === 'bigint') out.ascii(String(value));
    else writeNumber(out, value);
    out.bytes[out.length++] = QUOTE;
  }

  /** In the place of the last comma. */
  #endList(): void {
    this.#out.length--;
    this.#out.ascii(']');
  }

  #side(side: string, { spans, counts }: BucketsView): void {
    if (spans.length === 0) return;
    const out = this.#out;
    out.ascii(`,"${side}_spans":[`);
    for (let i = 0; i < spans.length; i += 2) out.ascii(`[${spans[i]},${spans[i + 1]}],`);
    this.#endList();
    out.ascii(`,"${side}_counts":[`);
    for (let i = 0; i < counts.length; i++) {
      this.#quoted(counts[i]!);
      out.bytes[out.length++] = COMMA;
    }
    if (counts.length > 0) this.#endList();
    else out.ascii(']');
  }

  /** From the lowest up. */
  #buckets(histogram: HistogramView): void {
    const { schema, zeroThreshold, zeroCount, positive, negative } = histogram;
    this.#hasBuckets = false;
    this.#zeroThreshold = zeroThreshold;
    if (schema === CUSTOM_BUCKETS) this.#customBuckets(histogram);
    else {
      this.#below(negative, schema);
      if (zeroCount > 0) {
        this.#begin(CLOSED_BOTH);
        this.#end(-zeroThreshold, zeroThreshold, zeroCount);
      }
      this.#above(positive, schema);
    }
    if (this.#hasBuckets) this.#endList();
  }

  #below({ spans, counts }: BucketsView, schema: number): void {
    let index = -1;
    for (let i = 0; i < spans.length; i++) index += spans[i]!;
    let place = counts.length;
    for (let i = spans.length - 2; i >= 0; i -= 2) {
      for (let left = spans[i + 1]!; left > 0; left--, index--) {
        const count = counts[--place]!;
        if (isEmpty(count)) continue;
        this.#exponential(-exponentialBound(index, schema), -exponentialBound(index - 1, schema), count);
      }
      index -= spans[i]!;
    }
  }

  #above({ spans, counts }: BucketsView, schema: number): void {
    let index = 0;
    let place = 0;
    for (let i = 0; i < spans.length; i += 2) {
      index += spans[i]!;
      for (let left = spans[i + 1]!; left > 0; left--, index++) {
        const count = counts[place++]!;
        if (isEmpty(count)) continue;
        this.#exponential(exponentialBound(index - 1, schema), exponentialBound(index, schema), count);
      }
    }
  }

  /** The bound away from zero belongs to the bucket; the zero bucket takes its part of those that it reaches into. */
  #exponential(lower: number, upper: number, count: Count): void {
    const threshold = this.#zeroThreshold;
    if (lower < 0) {
      this.#begin(upper > 0 ? CLOSED_BOTH : OPEN_RIGHT);
      this.#end(lower, upper < 0 && upper > -threshold ? -threshold : upper, count);
    } else {
      this.#begin(upper > 0 ? OPEN_LEFT : OPEN_BOTH);
      this.#end(lower > 0 && lower < threshold ? threshold : lower, upper, count);
    }
  }

  #customBuckets({ positive: { spans, counts }, customValues }: HistogramView): void {
    let index = 0;
    let place = 0;
    for (let i = 0; i < spans.length; i += 2) {
      index += spans[i]!;
      for (let left = spans[i + 1]!; left > 0; left--, index++) {
        const count = counts[place++]!;
        if (isEmpty(count)) continue;
        const lower = index === 0 ? Number.NEGATIVE_INFINITY : customValues[index - 1]!;
        const upper = index === customValues.length ? Number.POSITIVE_INFINITY : customValues[index]!;
        this.#begin(index === 0 ? CLOSED_BOTH : OPEN_LEFT);
        this.#end(lower, upper, count);
      }
    }
  }

  #begin(rule: number): void {
    if (!this.#hasBuckets) FIRST_BUCKET.write(this.#out);
    this.#hasBuckets = true;
    RULES[rule]!.write(this.#out);
  }

  #end(lower: number, upper: number, count: Count): void {
    const out = this.#out;
    this.#numbers.write(out, lower);
    out.bytes[out.length++] = COMMA;
    this.#numbers.write(out, upper);
    out.bytes[out.length++] = COMMA;
    this.#quoted(count);
    END_OF_BUCKET.write(out);
  }
}

function isEmpty(count: Count): boolean {
  return Number(count) === 0;
}

function mostBytes({ positive, negative, customValues }: HistogramView): number {
  const buckets = positive.counts.length + negative.counts.length + 1;
  const spans = (positive.spans.length + negative.spans.length) / 2;
  const bounds = customValues.length * (LONGEST_QUOTED + 1);
  return buckets * MOST_BYTES_A_BUCKET + spans * MOST_BYTES_A_SPAN + bounds + FIXED_BYTES;
}
