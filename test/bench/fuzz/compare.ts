/** Holds what the pipeline made of a request against what the oracle expects. */

import { isDeepStrictEqual } from 'node:util';
import type { WriteOutcome } from '../../../src/pipeline.ts';
import { field } from '../../support/write-request.ts';
import { type Expected, type ExpectedRecord, expect } from './oracle-records.ts';
import { type Captured, codeOf, METADATA_TOPIC, type Seen, TOPIC } from './pipeline.ts';

/** Bounds are powers of two, which two ways of computing may round differently. */
const ROUNDING = 1e-14;
/** Hashes that are remembered at most. */
const MOST_SERIES = 100_000;
const BUCKETS = ',"buckets":[[';

/** `expected` is a list of codes when nothing may be written. Gives the first difference in words. */
export class Comparison {
  readonly #hashes = new Map<string, number>();

  differenceOf(seen: Seen, expected: Expected | readonly string[]): string | undefined {
    if (Array.isArray(expected)) return refusalDifference(seen, expected as readonly string[]);
    const { records, families, received, dropped } = expected as Expected;
    if (!seen.outcome) return `expected to be written, but ${codeOf(seen.error)} ${String(seen.error)}`;
    const written = seen.records.filter(({ topic }) => topic === TOPIC);
    const metadata = seen.records.filter(({ topic }) => topic === METADATA_TOPIC);
    return (
      unequal('received', seen.outcome.received, received) ??
      unequal('dropped', droppedBy(seen.outcome), Object.fromEntries(dropped)) ??
      unequal('written', seen.outcome.written, contentsOf(written)) ??
      unequal('records', written.length, records.length) ??
      written.map((record, i) => this.#recordDifference(record, records[i]!)).find((found) => found) ??
      unequal(
        'metadata',
        metadata.map(({ text, key }) => [text, key]),
        families.map(({ text, name }) => [text, name]),
      )
    );
  }

  #recordDifference(seen: Captured, expected: ExpectedRecord): string | undefined {
    const { buckets, rest } = splitBuckets(seen.text);
    return (
      (rest === expected.text ? undefined : unequal('record', JSON.parse(rest), JSON.parse(expected.text))) ??
      bucketDifference(buckets, expected) ??
      unequal('timestamp', seen.timestampMs, expected.timestampMs) ??
      unequal('contents', seen.contents, expected.contents) ??
      originalDifference(seen, expected) ??
      this.#hashDifference(seen, expected)
    );
  }

  /** Equal label sets have equal hashes, in whatever order and version they come. */
  #hashDifference({ hash }: Captured, { series }: ExpectedRecord): string | undefined {
    const known = this.#hashes.get(series);
    if (known === undefined && this.#hashes.size < MOST_SERIES) this.#hashes.set(series, hash);
    return known === undefined || known === hash ? undefined : `hash of ${series}: ${hash}, before ${known}`;
  }
}

/** A series that is given on as it came has to become the same records again. */
function originalDifference({ original }: Captured, { text }: ExpectedRecord): string | undefined {
  if (!original) return undefined;
  const again = expect(field(1, original), 'v1');
  const isSame =
    'records' in again && again.dropped.size === 0 && again.records.some((one) => one.text === text);
  return isSame ? undefined : `original: ${original.toString('hex')} is not what became ${text}`;
}

function refusalDifference({ error, records }: Seen, expected: readonly string[]): string | undefined {
  if (error === undefined) return `expected ${expected.join(' or ')}, but it was written`;
  if (!expected.includes(codeOf(error))) return `expected ${expected.join(' or ')}, but ${codeOf(error)}`;
  return records.length > 0 ? 'records of a refused request were kept' : undefined;
}

function unequal(what: string, seen: unknown, expected: unknown): string | undefined {
  if (isDeepStrictEqual(seen, expected)) return undefined;
  return `${what}: ${JSON.stringify(seen)}, expected ${JSON.stringify(expected)}`;
}

function contentsOf(records: readonly Captured[]): WriteOutcome['written'] {
  const sum = { float: 0, histogram: 0, exemplar: 0 };
  for (const { contents } of records) {
    sum.float += contents.float;
    sum.histogram += contents.histogram;
    sum.exemplar += contents.exemplar;
  }
  return sum;
}

/** From the line that the sender gets to read: `3 samples, 1 exemplar for label_duplicate (...)`. */
function droppedBy({ refusal }: WriteOutcome): Record<string, WriteOutcome['written']> {
  const dropped: Record<string, WriteOutcome['written']> = {};
  const line = refusal?.message.split('; first: ')[0] ?? '';
  for (const [, counts, reason] of line.matchAll(/((?:\d+ \w+(?:, )?)+) for (\w+) \(/g)) {
    const count = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(counts!)?.[1] ?? 0);
    dropped[reason!] = {
      float: count('sample'),
      histogram: count('histogram'),
      exemplar: count('exemplar'),
    };
  }
  return dropped;
}

interface SplitRecord {
  readonly buckets: readonly (readonly [number, string, string, string])[];
  readonly rest: string;
}

function splitBuckets(text: string): SplitRecord {
  const histogram = text.indexOf('","histogram":{"count"');
  const start = histogram < 0 ? -1 : text.indexOf(BUCKETS, histogram);
  if (start < 0) return { buckets: [], rest: text };
  const end = text.indexOf(']]', start) + 2;
  return {
    buckets: JSON.parse(text.slice(start + BUCKETS.length - 2, end)) as SplitRecord['buckets'],
    rest: text.slice(0, start) + text.slice(end),
  };
}

function bucketDifference(
  seen: SplitRecord['buckets'],
  { buckets = [] }: ExpectedRecord,
): string | undefined {
  const number = (text: string): number => Number(text.replace('Inf', 'Infinity'));
  const isSame = (text: string, expected: number): boolean => {
    const value = number(text);
    const rounding = Math.max(Math.abs(expected) * ROUNDING, Number.MIN_VALUE);
    return (
      value === expected ||
      (Number.isNaN(value) && Number.isNaN(expected)) ||
      Math.abs(value - expected) <= rounding
    );
  };
  const isEqual =
    seen.length === buckets.length &&
    seen.every(([rule, lower, upper, count], i) => {
      const bucket = buckets[i]!;
      return (
        rule === bucket.rule &&
        JSON.stringify(count) === bucket.count &&
        isSame(lower, bucket.lower) &&
        isSame(upper, bucket.upper)
      );
    });
  return isEqual ? undefined : `buckets: ${JSON.stringify(seen)}, expected ${JSON.stringify(buckets)}`;
}
