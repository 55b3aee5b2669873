/** What a native histogram has to look like in a record, written a second time. */

import { numberText } from './number-text.ts';
import type { OracleHistogram, OracleSide } from './oracle-decode.ts';
import { bucketCounts, numberOf } from './oracle-rules.ts';

const CUSTOM_BUCKETS = -53;
const HINTS = ['unknown', 'yes', 'no', 'gauge'];

/** How its bounds belong to a bucket, as the HTTP API of Prometheus has it. */
const OPEN_LEFT = 0;
const OPEN_RIGHT = 1;
const OPEN_BOTH = 2;
const CLOSED_BOTH = 3;

export interface ExpectedBucket {
  readonly rule: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: string;
}

/** The JSON of the histogram but for `buckets`, whose bounds are compared by their value. */
export function histogramText(histogram: OracleHistogram): string {
  const { schema, zeroThreshold, positive, negative, bounds, hint, isFloat, count, zeroCount, sum } =
    histogram;
  const whole = (value: bigint): string => (isFloat ? numberText(numberOf(value)) : String(value));
  const parts = [
    `"count":"${whole(count)}","sum":"${numberText(numberOf(sum))}"`,
    `"schema":${schema},"zero_threshold":"${numberText(numberOf(zeroThreshold))}"`,
    `"zero_count":"${whole(zeroCount)}"`,
    ...sideText(histogram, 'positive', positive),
    ...sideText(histogram, 'negative', negative),
    ...(bounds.length > 0 ? [`"custom_values":[${bounds.map(numberOf).map(quoted).join(',')}]`] : []),
    ...(hint === 0 ? [] : [`"reset_hint":"${HINTS[hint] ?? 'unknown'}"`]),
    ...(isFloat ? ['"float":true'] : []),
  ];
  return `{${parts.join(',')}}`;
}

function quoted(value: number | bigint): string {
  return `"${typeof value === 'bigint' ? value : numberText(value)}"`;
}

function sideText(histogram: OracleHistogram, name: string, side: OracleSide): string[] {
  if (side.spans.length === 0) return [];
  const spans = side.spans.map(([offset, length]) => `[${offset},${length}]`).join(',');
  const counts = bucketCounts(histogram, side).map(quoted).join(',');
  return [`"${name}_spans":[${spans}]`, `"${name}_counts":[${counts}]`];
}

/** All buckets that hold something, from the lowest up. */
export function bucketTable(histogram: OracleHistogram): ExpectedBucket[] {
  const { schema, positive, negative, isFloat } = histogram;
  const zeroCount = isFloat ? numberOf(histogram.zeroCount) : histogram.zeroCount;
  const threshold = numberOf(histogram.zeroThreshold);
  const above = indexed(histogram, positive).map(([index, count]) =>
    schema === CUSTOM_BUCKETS
      ? customBucket(histogram, index, count)
      : bucket([bound(index - 1, schema), bound(index, schema)], count, threshold),
  );
  const below = indexed(histogram, negative)
    .map(([index, count]) => bucket([-bound(index, schema), -bound(index - 1, schema)], count, threshold))
    .reverse();
  const zero: ExpectedBucket[] =
    zeroCount > 0 && schema !== CUSTOM_BUCKETS
      ? [{ rule: CLOSED_BOTH, lower: -threshold, upper: threshold, count: quoted(zeroCount) }]
      : [];
  return [...below, ...zero, ...above];
}

function indexed(histogram: OracleHistogram, side: OracleSide): [index: number, count: number | bigint][] {
  const indexes: number[] = [];
  let next = 0;
  for (const [offset, length] of side.spans) {
    next += offset;
    for (let i = 0; i < length; i++) indexes.push(next++);
  }
  const counts = bucketCounts(histogram, side);
  return indexes
    .map((index, i): [number, number | bigint] => [index, counts[i]!])
    .filter(([, count]) => Number(count) !== 0);
}

/** The upper bound of a bucket: 2^(index / 2^schema), the largest finite one the largest double. */
function bound(index: number, schema: number): number {
  const exponent = index / 2 ** schema;
  return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent;
}

function bucket([lower, upper]: [number, number], count: number | bigint, threshold: number): ExpectedBucket {
  // The bound away from zero belongs to a bucket, one that is 0 itself to none.
  const rule = lower < 0 ? OPEN_RIGHT : upper > 0 ? OPEN_LEFT : OPEN_BOTH;
  const clippedLower = lower > 0 && lower < threshold ? threshold : lower;
  const clippedUpper = upper < 0 && upper > -threshold ? -threshold : upper;
  return { rule, lower: clippedLower, upper: clippedUpper, count: quoted(count) };
}

function customBucket({ bounds }: OracleHistogram, index: number, count: number | bigint): ExpectedBucket {
  const lower = index === 0 ? Number.NEGATIVE_INFINITY : numberOf(bounds[index - 1]!);
  const upper = index < bounds.length ? numberOf(bounds[index]!) : Number.POSITIVE_INFINITY;
  return { rule: index === 0 ? CLOSED_BOTH : OPEN_LEFT, lower, upper, count: quoted(count) };
}
