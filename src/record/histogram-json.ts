/** Native histograms as JSON: in the shape of Prometheus' HTTP API, with all that it leaves out beside it. */

import type { BucketsView, HistogramView } from '../contracts.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import { exponentialBound } from './histogram-bounds.ts';
import { formatNumber } from './number-text.ts';
import { resetHintName } from './reset-hints.ts';

const CUSTOM_BUCKETS = -53;

/** What the first number of a bucket says of its bounds. */
const OPEN_LEFT = 0;
const OPEN_RIGHT = 1;
const OPEN_BOTH = 2;
const CLOSED_BOTH = 3;

type Count = number | bigint;

interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: Count;
  readonly rule: number;
}

/**
 * `{"count":"12","sum":"18.4","buckets":[[0,"1","2","7"]],"schema":0,"zero_threshold":"0.001","zero_count":"0",
 * "positive_spans":[[1,1]],"positive_counts":["7"]}`: numbers as strings, so that uint64, NaN and Inf are kept;
 * buckets without observations left out of `buckets`; `negative_*`, `custom_values`, `reset_hint` and `"float":true`
 * only where they apply.
 */
export function writeHistogram(out: ByteWriter, histogram: HistogramView): void {
  const { positive, negative, customValues, resetHint, isFloat } = histogram;
  out.ascii(`{"count":${quoted(histogram.count)},"sum":${quoted(histogram.sum)}`);
  const buckets = bucketsOf(histogram).filter(({ count }) => Number(count) !== 0);
  if (buckets.length > 0) out.ascii(`,"buckets":[${buckets.map(bucketText).join(',')}]`);
  out.ascii(`,"schema":${histogram.schema},"zero_threshold":${quoted(histogram.zeroThreshold)}`);
  out.ascii(`,"zero_count":${quoted(histogram.zeroCount)}`);
  writeSide(out, 'positive', positive);
  writeSide(out, 'negative', negative);
  if (customValues.length > 0) out.ascii(`,"custom_values":[${customValues.map(quoted).join(',')}]`);
  if (resetHint !== 0) out.ascii(`,"reset_hint":"${resetHintName(resetHint)}"`);
  if (isFloat) out.ascii(',"float":true');
  out.ascii('}');
}

function quoted(value: Count): string {
  return typeof value === 'bigint' ? `"${value}"` : `"${formatNumber(value)}"`;
}

function bucketText({ rule, lower, upper, count }: Bucket): string {
  return `[${rule},${quoted(lower)},${quoted(upper)},${quoted(count)}]`;
}

function writeSide(out: ByteWriter, side: string, { spans, counts }: BucketsView): void {
  if (spans.length === 0) return;
  const pairs: string[] = [];
  for (let i = 0; i < spans.length; i += 2) pairs.push(`[${spans[i]},${spans[i + 1]}]`);
  out.ascii(`,"${side}_spans":[${pairs.join(',')}],"${side}_counts":[${counts.map(quoted).join(',')}]`);
}

/** All buckets from the lowest up. */
function bucketsOf(histogram: HistogramView): Bucket[] {
  const { schema, zeroThreshold, zeroCount, positive, negative } = histogram;
  if (schema === CUSTOM_BUCKETS) return customBuckets(histogram);
  const below = indexed(negative)
    .reverse()
    .map(({ index, count }) =>
      exponentialBucket({
        lower: -exponentialBound(index, schema),
        upper: -exponentialBound(index - 1, schema),
        count,
      }),
    );
  const above = indexed(positive).map(({ index, count }) =>
    exponentialBucket({
      lower: exponentialBound(index - 1, schema),
      upper: exponentialBound(index, schema),
      count,
    }),
  );
  const zero = { lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount, rule: CLOSED_BOTH };
  // The zero bucket takes its part of the buckets that it reaches into.
  return [
    ...below.map((bucket) =>
      bucket.upper < 0 && bucket.upper > -zeroThreshold ? { ...bucket, upper: -zeroThreshold } : bucket,
    ),
    ...(zeroCount > 0 ? [zero] : []),
    ...above.map((bucket) =>
      bucket.lower > 0 && bucket.lower < zeroThreshold ? { ...bucket, lower: zeroThreshold } : bucket,
    ),
  ];
}

/** The bound away from zero belongs to the bucket. */
function exponentialBucket({ lower, upper, count }: Omit<Bucket, 'rule'>): Bucket {
  if (lower < 0) return { lower, upper, count, rule: upper > 0 ? CLOSED_BOTH : OPEN_RIGHT };
  return { lower, upper, count, rule: upper > 0 ? OPEN_LEFT : OPEN_BOTH };
}

function customBuckets({ positive, customValues }: HistogramView): Bucket[] {
  return indexed(positive).map(({ index, count }) => ({
    lower: index === 0 ? Number.NEGATIVE_INFINITY : customValues[index - 1]!,
    upper: index === customValues.length ? Number.POSITIVE_INFINITY : customValues[index]!,
    count,
    rule: index === 0 ? CLOSED_BOTH : OPEN_LEFT,
  }));
}

function indexed({ spans, counts }: BucketsView): { index: number; count: Count }[] {
  const buckets: { index: number; count: Count }[] = [];
  let index = 0;
  for (let i = 0; i < spans.length; i += 2) {
    index += spans[i]!;
    for (let inSpan = 0; inSpan < spans[i + 1]!; inSpan++)
      buckets.push({ index: index++, count: counts[buckets.length]! });
  }
  return buckets;
}
