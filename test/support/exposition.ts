/** Scrape answers in the protobuf exposition format, encoded by protobufjs from exposition.proto. */

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import type { Labels } from './records.ts';

const proto = readFileSync(new URL('exposition.proto', import.meta.url), 'utf8');
const family = protobuf.parse(proto, { keepCase: true }).root.lookupType('io.prometheus.client.MetricFamily');

export const PROTOBUF_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** A metric family as protobufjs takes it: fields by the names in exposition.proto. */
export interface Family {
  readonly name: string;
  readonly help?: string;
  readonly type: 'COUNTER' | 'GAUGE' | 'SUMMARY' | 'UNTYPED' | 'HISTOGRAM' | 'GAUGE_HISTOGRAM';
  readonly unit?: string;
  readonly metric: readonly object[];
}

/** The body of a scrape answer. */
export function encodeFamilies(families: readonly Family[]): Buffer {
  return Buffer.concat(families.map((one) => family.encodeDelimited(family.fromObject(one)).finish()));
}

/** Labels as the messages have them. */
export function pairs(labels: Labels): object[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value }));
}

/** Milliseconds since 1970 as a Timestamp. */
export function stamp(timeMs: number): object {
  return { seconds: Math.floor(timeMs / 1000), nanos: (timeMs % 1000) * 1_000_000 };
}

export interface NativeHistogram {
  readonly schema: number;
  readonly sum: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  /** Index and count of each bucket, ascending. */
  readonly positive?: readonly (readonly [number, number])[];
  readonly negative?: readonly (readonly [number, number])[];
  /** Whether counts are doubles; they are whole numbers otherwise. */
  readonly isFloat?: boolean;
}

/** A native histogram: spans from the gaps between indexes, the count from the buckets. */
export function nativeHistogram(histogram: NativeHistogram): object {
  const { schema, sum, zeroThreshold = 0, zeroCount = 0, isFloat = false } = histogram;
  const { positive = [], negative = [] } = histogram;
  const count = [...positive, ...negative].reduce((total, [, one]) => total + one, zeroCount);
  // A span of nothing tells an empty native histogram from a classic one.
  const spans = (buckets: NonNullable<NativeHistogram['positive']>): object[] =>
    buckets.length === 0 ? [{ offset: 0, length: 0 }] : spansOf(buckets.map(([index]) => index));
  const counts = { positive: positive.map(([, one]) => one), negative: negative.map(([, one]) => one) };
  const deltas = (list: readonly number[]): number[] => list.map((one, i) => one - (list[i - 1] ?? 0));
  return {
    schema,
    sample_sum: sum,
    zero_threshold: zeroThreshold,
    positive_span: spans(positive),
    negative_span: negative.length === 0 ? [] : spans(negative),
    ...(isFloat
      ? {
          sample_count_float: count,
          zero_count_float: zeroCount,
          positive_count: counts.positive,
          negative_count: counts.negative,
        }
      : {
          sample_count: count,
          zero_count: zeroCount,
          positive_delta: deltas(counts.positive),
          negative_delta: deltas(counts.negative),
        }),
  };
}

function spansOf(indexes: readonly number[]): object[] {
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (const index of indexes) {
    if (spans.length === 0 || index !== end) spans.push({ offset: index - end, length: 0 });
    spans.at(-1)!.length++;
    end = index + 1;
  }
  return spans;
}
