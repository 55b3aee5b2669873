/** The rules for native histograms (Remote-Write 2.0, "Invalid Samples"; the same that Prometheus checks). */

import { addUint64, type Int64 } from '../lib/int64.ts';
import type { Buckets, Histogram } from './histogram.ts';

const MIN_SCHEMA = -4;
/** Up to 8 Prometheus keeps; the finer ones, which it reduces to 8, are reserved and valid. */
const MAX_SCHEMA = 52;
const CUSTOM_BUCKETS = -53;
const MAX_INDEX = 0x7fffffff;
const MIN_INDEX = -0x80000000;

/** What is wrong with the histogram, in words; undefined when nothing is. */
export function problemOf(histogram: Histogram): string | undefined {
  const { schema } = histogram;
  const kind = schema === CUSTOM_BUCKETS ? customProblem(histogram) : exponentialProblem(histogram);
  if (kind !== undefined) return kind;
  const { isFloat, count } = histogram;
  if (isFloat && count < 0) return `a negative count of ${count}`;
  const negative = negativeBucket(histogram.positive) ?? negativeBucket(histogram.negative);
  if (negative !== undefined) return negative;
  return isFloat ? undefined : countProblem(histogram);
}

function exponentialProblem(histogram: Histogram): string | undefined {
  const { schema, positive, negative, customValues, zeroCount } = histogram;
  if (schema < MIN_SCHEMA || schema > MAX_SCHEMA)
    return `schema ${schema}, expected ${MIN_SCHEMA} to ${MAX_SCHEMA} or ${CUSTOM_BUCKETS}`;
  if (customValues.length > 0) return 'custom bounds with an exponential schema';
  if (histogram.isFloat && zeroCount < 0) return `a negative zero count of ${zeroCount}`;
  return spansProblem(positive) ?? spansProblem(negative);
}

function spansProblem({ spans, counts }: Buckets): string | undefined {
  let buckets = 0;
  let endIndex = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const offset = spans[i]!;
    const length = spans[i + 1]!;
    if (i > 0 && offset < 0) return `a span with the negative offset ${offset} after the first`;
    if (i === 0 && offset === MIN_INDEX) return `a span that starts at bucket ${offset}`;
    buckets += length;
    endIndex += offset + length;
    if (endIndex - 1 > MAX_INDEX) return `a span that ends at bucket ${endIndex - 1}`;
  }
  return mismatch(buckets, counts.length);
}

function mismatch(needed: number, present: number): string | undefined {
  return needed === present ? undefined : `spans of ${needed} buckets, but ${present} buckets`;
}

function customProblem({
  customValues,
  positive,
  negative,
  zeroCount,
  zeroThreshold,
}: Histogram): string | undefined {
  const bounds = boundsProblem(customValues);
  if (bounds !== undefined) return bounds;
  let buckets = 0;
  let reach = 0;
  for (let i = 0; i < positive.spans.length; i += 2) {
    const offset = positive.spans[i]!;
    if (offset < 0) return `a span with the negative offset ${offset} over custom bounds`;
    buckets += positive.spans[i + 1]!;
    reach += offset + positive.spans[i + 1]!;
  }
  const needed = mismatch(buckets, positive.counts.length);
  if (needed !== undefined) return needed;
  if (reach > customValues.length + 1)
    return `spans over ${reach} buckets, but ${customValues.length} custom bounds`;
  if (zeroCount !== 0 || zeroThreshold !== 0) return 'a zero bucket with custom bounds';
  if (negative.spans.length > 0 || negative.counts.length > 0) return 'negative buckets with custom bounds';
  return undefined;
}

function boundsProblem(bounds: readonly number[]): string | undefined {
  for (let i = 0; i < bounds.length; i++) {
    if (Number.isNaN(bounds[i])) return 'a custom bound of NaN';
    if (i > 0 && bounds[i]! <= bounds[i - 1]!)
      return `custom bounds ${bounds[i - 1]}, ${bounds[i]} that do not increase`;
  }
  return bounds.at(-1) === Number.POSITIVE_INFINITY ? 'a custom bound of +Inf, which is implied' : undefined;
}

function negativeBucket({ counts }: Buckets): string | undefined {
  const negative = counts.findIndex((count) => count < 0);
  return negative < 0 ? undefined : `a negative count of ${counts[negative]} in bucket ${negative + 1}`;
}

/** The count is that of all buckets; with a sum of NaN, whose observations no bucket has, at least that. */
function countProblem({ count, sum, zeroCount, positive, negative }: Histogram): string | undefined {
  const inBuckets = addAll(addAll(zeroCount, positive.counts), negative.counts);
  // Equal numbers are of the same kind, since both are in their shortest form.
  const holds = Number.isNaN(sum) ? inBuckets <= count : inBuckets === count;
  return holds ? undefined : `a count of ${count}, but ${inBuckets} observations in its buckets`;
}

function addAll(start: Int64, counts: readonly Int64[]): Int64 {
  let sum = start;
  for (let i = 0; i < counts.length; i++) sum = addUint64(sum, counts[i]!);
  return sum;
}
