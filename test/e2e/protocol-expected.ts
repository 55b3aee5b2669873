/** What a sender stored and what came of it to Kafka, both as texts that are equal for equal contents. */

import assert from 'node:assert/strict';
import type { ReadRecord } from '../support/kafka.ts';
import { JOB, type Matrix, type RunningPrometheus, type StoredHistogram } from '../support/prometheus.ts';
import { type Labels, parseValue, seriesOf } from '../support/records.ts';
import { isReport } from './expected.ts';

/** A record of the format `json`, as the JSON schema has it. */
export interface ProtocolRecord {
  readonly labels: Labels;
  readonly name: string;
  readonly timestamp: string;
  readonly value?: string;
  readonly histogram?: StoredHistogram & Readonly<Record<string, unknown>>;
  readonly stale?: true;
  readonly start_timestamp?: string;
  readonly type?: string;
  readonly unit?: string;
  readonly help?: string;
  readonly exemplars?: readonly Exemplar[];
}

interface Exemplar {
  readonly labels: Labels;
  readonly value: string;
  /** In a record RFC 3339, from the sender seconds. */
  readonly timestamp: string | number;
}

/** One thing that must be there once: what it is, and what it says. */
export interface Item {
  readonly key: string;
  readonly text: string;
}

/** A number in one way of writing; Prometheus leaves a zero out of its messages, and its sign with it. */
function canonical(text: string): string {
  const value = parseValue(text);
  return value === 0 ? '0' : String(value);
}

/** The bounds of the zero bucket have a sign. */
function canonicalBound(text: string): string {
  return Object.is(parseValue(text), -0) ? '-0' : canonical(text);
}

function histogramText({ count, sum, buckets = [] }: StoredHistogram): string {
  const lines = buckets.map(([rule, lower, upper, inBucket]) => [
    rule,
    canonicalBound(lower),
    canonicalBound(upper),
    canonical(inBucket),
  ]);
  return JSON.stringify({ count: canonical(count), sum: canonical(sum), buckets: lines });
}

const milliseconds = (time: string | number): number =>
  typeof time === 'number' ? Math.round(time * 1000) : Date.parse(time);

const sampleKey = (labels: Labels, timestampMs: number): string => `${seriesOf(labels)} at ${timestampMs}`;

const since = (startMs: number | undefined): string => (startMs ? ` since ${startMs}` : '');

/** The samples and histograms of the records; stale markers say nothing else. */
export function sampleItems(records: readonly ProtocolRecord[]): Item[] {
  return records
    .filter(({ value, histogram }) => value !== undefined || histogram !== undefined)
    .map(({ labels, timestamp, value, histogram, stale, start_timestamp: start }) => {
      const content = histogram ? histogramText(histogram) : canonical(value!);
      const text = stale ? 'stale' : content + since(start === undefined ? 0 : milliseconds(start));
      return { key: sampleKey(labels, milliseconds(timestamp)), text };
    });
}

export interface Stored {
  readonly matrix: Matrix;
  /** By `sampleKey` without the external labels; empty when the sender stores none. */
  readonly startsMs: ReadonlyMap<string, number>;
}

/**
 * What must have come of what is stored: every point, and a stale marker at each scrape of the same page that lacks a
 * series which the scrape before it had (Prometheus, "Staleness").
 */
export function expectedItems({ matrix, startsMs }: Stored, external: Labels): Item[] {
  const scrapes = scrapesByPage(matrix);
  return matrix.result.flatMap(({ metric, values = [], histograms = [] }) => {
    const labels = { ...external, ...metric };
    const points = [
      ...values.map(([seconds, value]) => ({ timeMs: milliseconds(seconds), content: canonical(value) })),
      ...histograms.map(([seconds, histogram]) => ({
        timeMs: milliseconds(seconds),
        content: histogramText(histogram),
      })),
    ];
    const items = points.map(({ timeMs, content }) => ({
      key: sampleKey(labels, timeMs),
      text: content + since(startsMs.get(sampleKey(metric, timeMs))),
    }));
    if (isReport(metric['__name__']!)) return items;
    const present = new Set(points.map(({ timeMs }) => timeMs));
    const times = scrapes.get(metric['page'])!;
    const ends = times.filter((timeMs, i) => present.has(times[i - 1]!) && !present.has(timeMs));
    return [...items, ...ends.map((timeMs) => ({ key: sampleKey(labels, timeMs), text: 'stale' }))];
  });
}

/** The times of all scrapes of each page, failed ones included. */
function scrapesByPage({ result }: Matrix): Map<string | undefined, number[]> {
  const ups = result.filter(({ metric }) => metric['__name__'] === 'up');
  return new Map(
    ups.map(({ metric, values = [] }) => [
      metric['page'],
      values.map(([seconds]) => milliseconds(seconds)).sort((a, b) => a - b),
    ]),
  );
}

/**
 * The start timestamp that the sender stored with each of its samples. The function that tells it leaves out names,
 * so each name is asked for by itself, and put into another label.
 */
export async function storedStarts(
  prometheus: RunningPrometheus,
  matrix: Matrix,
): Promise<Map<string, number>> {
  const startsMs = new Map<string, number>();
  for (const [page, times] of scrapesByPage(matrix)) {
    const ofPage = matrix.result.filter(({ metric }) => metric['page'] === page);
    const names = [...new Set(ofPage.map(({ metric }) => metric['__name__']!))];
    const query = names
      .map((name) => {
        const selector = `{__name__=${JSON.stringify(name)},job="${JOB}",page="${page}"}`;
        return `label_replace(start_timestamp(${selector}),"of",${JSON.stringify(name)},"","")`;
      })
      .join(' or ');
    for (const timeMs of times) {
      const time = String(timeMs / 1000);
      const { result } = await prometheus.api<{ result: { metric: Labels; value: [number, string] }[] }>(
        'query',
        { query, time },
      );
      for (const { metric, value } of result) {
        const { of: name = '', ...labels } = metric;
        const key = sampleKey({ ...labels, __name__: name }, timeMs);
        startsMs.set(key, milliseconds(Number(value[1])));
      }
    }
  }
  return startsMs;
}

const exemplarItem = (series: Labels, { labels, value, timestamp }: Exemplar): Item => ({
  key: `${seriesOf(series)} exemplar ${seriesOf(labels)} at ${milliseconds(timestamp)}`,
  text: canonical(value),
});

export function exemplarItems(records: readonly ProtocolRecord[]): Item[] {
  return records.flatMap(({ labels, exemplars = [] }) => exemplars.map((one) => exemplarItem(labels, one)));
}

/** All exemplars that the sender stored. */
export async function expectedExemplars(prometheus: RunningPrometheus, external: Labels): Promise<Item[]> {
  const series = await prometheus.api<{ seriesLabels: Labels; exemplars: Exemplar[] }[]>('query_exemplars', {
    query: `{job="${JOB}"}`,
    start: '0',
    end: String(Date.now() / 1000),
  });
  return series.flatMap(({ seriesLabels, exemplars }) =>
    exemplars.map((one) => exemplarItem({ ...external, ...seriesLabels }, one)),
  );
}

/** How what was found differs from what is expected, one line an item; empty when it is the same, each item once. */
export function itemDifferences(expected: readonly Item[], found: readonly Item[]): string[] {
  const wanted = new Map(expected.map(({ key, text }) => [key, text]));
  assert.equal(wanted.size, expected.length, 'the sender stored something twice');
  const left = new Map(wanted);
  const lines: string[] = [];
  for (const { key, text } of found) {
    const content = wanted.get(key);
    if (content === undefined) lines.push(`never stored, but in Kafka: ${key} = ${text}`);
    else if (content !== text) lines.push(`${key} is ${text} in Kafka, not ${content}`);
    else if (!left.has(key)) lines.push(`twice in Kafka: ${key} = ${text}`);
    left.delete(key);
  }
  for (const [key, text] of left) lines.push(`not in Kafka: ${key} = ${text}`);
  return lines;
}

/** What the sender says of a metric family. */
export interface Family {
  readonly type: string;
  readonly unit: string;
  readonly help: string;
}

/** The families that are known while the target is there. */
export async function storedFamilies(prometheus: RunningPrometheus): Promise<Map<string, Family>> {
  const families = await prometheus.api<Record<string, Family[]>>('metadata');
  return new Map(Object.entries(families).map(([name, [family]]) => [name, family!]));
}

const SERIES_OF_FAMILY = /_(bucket|count|sum|gcount|gsum|total|info)$/;

/** The family of a series by that name. */
export function familyOf(name: string, families: ReadonlyMap<string, Family>): Family | undefined {
  return families.get(name) ?? families.get(name.replace(SERIES_OF_FAMILY, ''));
}

/** Each record in order, its own time and key held to what it says. */
export function parseProtocolRecords(
  records: readonly ReadRecord[],
  check: (record: unknown) => void,
): ProtocolRecord[] {
  return records.map(({ value, key, timestamp }) => {
    const record = JSON.parse(String(value)) as ProtocolRecord;
    check(record);
    assert.equal(timestamp, milliseconds(record.timestamp), String(value));
    assert.equal(key, null);
    return record;
  });
}
