/** The rules for what a request holds, written a second time from the specification: the oracle's second half. */

import { Buffer } from 'node:buffer';
import type { DropReason } from '../../../src/errors.ts';
import type {
  Bits,
  OracleHistogram,
  OracleLabels,
  OracleRequest,
  OracleSeries,
  OracleSide,
  Text,
} from './oracle-decode.ts';

/** The limits of the run: small, so that they are met. */
export const LIMITS = {
  labelsPerSeries: 24,
  samplesPerRequest: 60,
  bucketsPerHistogram: 30,
  symbolsPerRequest: 300,
  bucketsPerRequest: 50,
  textBytesPerRequest: 2000,
  textBytesPerSeries: 0,
};
export const RULES = { labelNameBytes: 40, labelValueBytes: 200, futureMs: 86_400_000 };

const LATEST_MS = 8_640_000_000_000_000n;
const CUSTOM_BUCKETS = -53;

export type Label = readonly [name: Text, value: Text];

/** The labels, or undefined when a reference has no partner or is not in the table. */
export function resolve({ texts, refs = [] }: OracleLabels, symbols: readonly Text[]): Label[] | undefined {
  if (texts) return [...texts];
  if (refs.length % 2 !== 0) return undefined;
  // Of a series with too many labels the references behind the limit are not looked at: it is lost anyway.
  const looked = refs.slice(0, 2 * (LIMITS.labelsPerSeries + 1));
  if (looked.some((ref) => ref >= symbols.length)) return undefined;
  return Array.from(
    { length: refs.length / 2 },
    (_, i): Label => [symbols[refs[2 * i]!] ?? '', symbols[refs[2 * i + 1]!] ?? ''],
  );
}

/** The codes of the limits that the request is over; nothing of it is written then. */
export function exceeded(request: OracleRequest): string[] {
  const { symbols, series, families } = request;
  const sum = (countOf: (one: OracleSeries) => number): number =>
    series.reduce((total, one) => total + countOf(one), 0);
  const samples = sum((one) => one.samples.length + one.histograms.length + one.exemplars.length);
  const buckets = sum((one) => one.histograms.reduce((total, histogram) => total + partsOf(histogram), 0));
  const isOver =
    samples > LIMITS.samplesPerRequest ||
    series.length > LIMITS.samplesPerRequest ||
    families.length > LIMITS.samplesPerRequest ||
    symbols.length > LIMITS.symbolsPerRequest ||
    buckets > LIMITS.bucketsPerRequest;
  const textBytes = sum((one) => writtenOut(one, symbols));
  return [
    ...(isOver ? ['limit_exceeded'] : []),
    ...(textBytes > LIMITS.textBytesPerRequest ? ['decoded_too_large'] : []),
  ];
}

/** Bytes of all texts that a series names, in 2.0; up to the reference that spoils it. */
function writtenOut(series: OracleSeries, symbols: readonly Text[]): number {
  const textBytes = ({ refs = [] }: OracleLabels): number => {
    if (refs.length % 2 !== 0) return 0;
    const looked = refs.slice(0, 2 * (LIMITS.labelsPerSeries + 1));
    const wrong = looked.findIndex((ref) => ref >= symbols.length);
    const good = wrong < 0 ? looked : looked.slice(0, wrong - (wrong % 2));
    return good.reduce((total, ref) => total + symbols[ref]!.length, 0);
  };
  const { helpRef, unitRef, exemplars } = series;
  const refs = [helpRef, unitRef].filter((ref) => ref > 0);
  const isKnown = refs.every((ref) => ref < symbols.length) && resolve(series, symbols) !== undefined;
  const metadata = isKnown ? refs.reduce((total, ref) => total + symbols[ref]!.length, 0) : 0;
  return exemplars.reduce((total, exemplar) => total + textBytes(exemplar), textBytes(series) + metadata);
}

function partsOf({ positive, negative, bounds }: OracleHistogram): number {
  return [positive, negative].reduce(
    (total, { spans, deltas, counts }) => total + spans.length + deltas.length + counts.length,
    bounds.length,
  );
}

const strict = new TextDecoder('utf-8', { fatal: true });

export function isUtf8(text: Text): boolean {
  try {
    strict.decode(Buffer.from(text, 'latin1'));
    return true;
  } catch {
    return false;
  }
}

/** The labels that have a value, sorted by name; or the first reason against them. */
function canonical(labels: readonly Label[]): Label[] | DropReason {
  if (labels.length > LIMITS.labelsPerSeries) return 'labels_too_many';
  const names = labels.map(([name]) => name);
  if (names.includes('')) return 'label_name_empty';
  if (new Set(names).size < names.length) return 'label_duplicate';
  const kept = labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1));
  return kept.every((label) => label.every(isUtf8)) ? kept : 'label_not_utf8';
}

export function checkSeriesLabels(labels: readonly Label[]): Label[] | DropReason {
  const checked = canonical(labels);
  if (typeof checked === 'string') return checked;
  if (!checked.some(([name]) => name === '__name__')) return 'name_missing';
  for (const [name, value] of checked) {
    if (name.length > RULES.labelNameBytes) return 'label_name_too_long';
    if (value.length > RULES.labelValueBytes) return 'label_value_too_long';
  }
  return checked;
}

export function checkExemplarLabels(labels: readonly Label[] | undefined): Label[] | DropReason {
  if (labels === undefined) return 'exemplar_ref_invalid';
  const checked = canonical(labels);
  return typeof checked === 'string' ? 'exemplar_labels_invalid' : checked;
}

/** Of a time and then of a start time. */
export function timeReason(...times: readonly bigint[]): DropReason | undefined {
  for (const time of times) {
    if (time > LATEST_MS || time < -LATEST_MS) return 'timestamp_out_of_range';
    if (Number(time) > Date.now() + RULES.futureMs) return 'timestamp_too_far_ahead';
  }
  return undefined;
}

const bits = new BigUint64Array(1);
const double = new Float64Array(bits.buffer);

export function numberOf(ofBits: Bits): number {
  bits[0] = ofBits;
  return double[0]!;
}

export function histogramReason(histogram: OracleHistogram): DropReason | undefined {
  const { timeMs, startMs } = histogram;
  if (partsOf(histogram) > LIMITS.bucketsPerHistogram) return 'buckets_too_many';
  const isSound =
    histogram.schema === CUSTOM_BUCKETS ? isCustomSound(histogram) : isExponentialSound(histogram);
  if (!isSound || !areCountsSound(histogram)) return 'histogram_invalid';
  return timeReason(timeMs, startMs);
}

/** How many observations each bucket has: uint64 sums of the differences, or doubles. */
export function bucketCounts({ isFloat }: OracleHistogram, side: OracleSide): (bigint | number)[] {
  if (isFloat) return side.counts.map(numberOf);
  let count = 0n;
  return side.deltas.map((delta) => {
    count = BigInt.asIntN(64, count + delta);
    return count;
  });
}

function bucketsNeeded({ spans }: OracleSide): number {
  return spans.reduce((sum, [, length]) => sum + length, 0);
}

function isExponentialSound(histogram: OracleHistogram): boolean {
  const { schema, positive, negative, bounds, isFloat } = histogram;
  if (schema < -4 || schema > 52 || bounds.length > 0) return false;
  return [positive, negative].every((side) => {
    const present = isFloat ? side.counts.length : side.deltas.length;
    if (bucketsNeeded(side) !== present) return false;
    // Indexes are int32, and so is the one below the first bucket.
    let next = 0;
    return side.spans.every(([offset, length], place) => {
      next += offset + length;
      return (place === 0 ? offset > -(2 ** 31) : offset >= 0) && next <= 2 ** 31;
    });
  });
}

/**
 * No zero bucket, no negative side, bounds that increase, buckets within them. The first bound may be -Inf, which
 * Prometheus takes, although the specification says finite: its bucket is empty and nothing is lost.
 */
function isCustomSound(histogram: OracleHistogram): boolean {
  const { positive, negative, isFloat, zeroCount, zeroThreshold } = histogram;
  const bounds = histogram.bounds.map(numberOf);
  if (negative.spans.length > 0) return false;
  if ((isFloat ? negative.counts : negative.deltas).length > 0) return false;
  if (isFloat ? numberOf(zeroCount) !== 0 : zeroCount !== 0n) return false;
  if (numberOf(zeroThreshold) !== 0) return false;
  if (bounds.some((bound) => Number.isNaN(bound) || bound === Number.POSITIVE_INFINITY)) return false;
  if (bounds.some((bound, i) => i > 0 && !(bound > bounds[i - 1]!))) return false;
  if (positive.spans.some(([offset]) => offset < 0)) return false;
  const reach = positive.spans.reduce((sum, [offset, length]) => sum + offset + length, 0);
  const present = isFloat ? positive.counts.length : positive.deltas.length;
  return bucketsNeeded(positive) === present && reach <= bounds.length + 1;
}

/** No bucket below 0. In an integer histogram the count is that of all buckets, or more where the sum is NaN. */
function areCountsSound(histogram: OracleHistogram): boolean {
  const { isFloat, count, zeroCount, sum, positive, negative } = histogram;
  const counts = [...bucketCounts(histogram, positive), ...bucketCounts(histogram, negative)];
  if (counts.some((one) => one < 0)) return false;
  if (isFloat) return !(numberOf(count) < 0) && !(numberOf(zeroCount) < 0);
  const inBuckets = BigInt.asUintN(
    64,
    (counts as bigint[]).reduce((all, one) => all + one, zeroCount),
  );
  return Number.isNaN(numberOf(sum)) ? inBuckets <= count : inBuckets === count;
}
