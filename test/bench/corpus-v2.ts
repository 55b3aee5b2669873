/** Requests of Remote-Write 2.0 as Prometheus writes them: a table of symbols, one sample or histogram a series. */

import { Buffer } from 'node:buffer';
import { scalar, sints, span, zigzag } from '../support/histogram.ts';
import { seededRandom } from '../support/random.ts';
import { double, field, sample, type TestSeries, type Value, varint } from '../support/write-request.ts';

/** One sample, or one histogram in its place. */
export interface Entry {
  readonly labels: TestSeries['labels'];
  readonly value: Value;
  readonly timestampMs: number;
}

/** Runs of populated buckets, about twenty in all: latencies around two modes. */
const SPANS = [
  [-24, 6],
  [2, 9],
  [1, 3],
  [7, 2],
] as const;
const SCHEMA = 3;
const SMALLEST = 2 ** -128;

/** The entries with their labels as references, each text in the table once. */
export function requestWithSymbols(entries: readonly Entry[], asHistograms: boolean): Buffer {
  const refs = new Map<string, number>([['', 0]]);
  const refOf = (text: string): number => {
    const known = refs.get(text);
    if (known !== undefined) return known;
    refs.set(text, refs.size);
    return refs.size - 1;
  };
  const random = seededRandom(entries.length);
  const series = entries.map((entry) => {
    const labelsRefs = entry.labels.flat().map((text) => varint(refOf(String(text))));
    const content = asHistograms
      ? field(3, histogram(random, entry.timestampMs))
      : field(2, sample(entry.value, entry.timestampMs));
    // Prometheus writes metadata that it does not have as an empty message.
    return field(5, Buffer.concat([field(1, Buffer.concat(labelsRefs)), content, field(5, Buffer.alloc(0))]));
  });
  return Buffer.concat([...[...refs.keys()].map((text) => field(4, text)), ...series]);
}

/** An integer histogram whose neighbouring buckets differ as they do in the field: by a little. */
function histogram(random: () => number, timestampMs: number): Buffer {
  const buckets = SPANS.reduce((sum, [, length]) => sum + length, 0);
  const counts = Array.from({ length: buckets }, () => Math.floor(10 ** (1 + random() * 3)));
  const count = counts.reduce((sum, one) => sum + one, 0);
  const deltas = counts.map((one, i) => one - (counts[i - 1] ?? 0));
  return Buffer.concat([
    scalar(1, count),
    double(3, count * random()),
    scalar(4, zigzag(SCHEMA)),
    double(5, SMALLEST),
    scalar(6, 0),
    ...SPANS.map(([offset, length]) => span(11, offset, length)),
    sints(12, ...deltas),
    scalar(15, timestampMs),
  ]);
}
