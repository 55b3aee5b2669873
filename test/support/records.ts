/** Records of the format `json`, read strictly, and what is counted about them. */

import assert from 'node:assert/strict';
import type { ReadRecord } from './kafka.ts';

export type Labels = Readonly<Record<string, string>>;

/** A sample as it stands in Kafka. */
export interface SampleRecord {
  readonly series: string;
  readonly name: string;
  readonly timestampMs: number;
  readonly value: number;
  readonly stale: boolean;
  readonly partition: number;
  readonly offset: number;
}

/** The label set as a text that is equal for equal sets. */
export function seriesOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What tells one sample from all others. */
export function sampleKey(sample: { series: string; timestampMs: number }): string {
  return `${sample.series} at ${sample.timestampMs}`;
}

/** Each record as a sample; throws where one does not keep to the contract of the format. */
export function parseRecords(records: readonly ReadRecord[]): SampleRecord[] {
  return records.map(parseRecord);
}

interface JsonRecord {
  readonly labels: Labels;
  readonly name: string;
  readonly timestamp: string;
  readonly value: string;
  readonly stale?: boolean;
}

function parseRecord(record: ReadRecord): SampleRecord {
  const text = String(record.value);
  const parsed = JSON.parse(text) as JsonRecord;
  const stale = 'stale' in parsed;
  const fields = ['labels', 'name', 'timestamp', 'value', ...(stale ? ['stale'] : [])];
  assert.deepEqual(Object.keys(parsed), fields, text);
  if (stale) assert.deepEqual([parsed.stale, parsed.value], [true, 'NaN'], text);
  const names = Object.keys(parsed.labels);
  assert.deepEqual(names, [...names].sort(), `labels are not sorted: ${text}`);
  assert.equal(parsed.name, parsed.labels['__name__'], text);
  assert.match(parsed.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, text);
  const timestampMs = Date.parse(parsed.timestamp);
  assert.equal(record.timestamp, timestampMs, `the record carries another time than its sample: ${text}`);
  assert.equal(record.key, null);
  const { partition, offset } = record;
  const { name, labels } = parsed;
  return {
    series: seriesOf(labels),
    name,
    timestampMs,
    value: parseValue(parsed.value),
    stale,
    partition,
    offset,
  };
}

const WORDS: Readonly<Record<string, number>> = { NaN: Number.NaN, '+Inf': Infinity, '-Inf': -Infinity };

/** A number as Prometheus and the records write it. */
export function parseValue(text: string): number {
  const value = WORDS[text] ?? Number(text);
  assert.ok(text !== '' && (text === 'NaN' || !Number.isNaN(value)), `not a value: ${JSON.stringify(text)}`);
  return value;
}

/** How often each sample is there. */
export function countSamples(samples: readonly SampleRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const key = sampleKey(sample);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** The samples that are there more than once. */
export function duplicates(samples: readonly SampleRecord[]): string[] {
  return [...countSamples(samples)].filter(([, count]) => count > 1).map(([key]) => key);
}

/** Throws unless all records of each series are on one partition, later samples behind earlier ones. */
export function assertOrdered(samples: readonly SampleRecord[]): void {
  const last = new Map<string, SampleRecord>();
  for (const sample of [...samples].sort((a, b) => a.partition - b.partition || a.offset - b.offset)) {
    const before = last.get(sample.series);
    last.set(sample.series, sample);
    if (!before) continue;
    assert.equal(before.partition, sample.partition, `two partitions hold ${sample.series}`);
    assert.ok(
      before.timestampMs < sample.timestampMs,
      `${sample.series}: ${sample.timestampMs} at offset ${sample.offset} comes after ${before.timestampMs}`,
    );
  }
}
