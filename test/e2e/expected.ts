/** What must be in Kafka, derived from what the sender stored; stale markers from where series ended. */

import type { StoredSample } from '../support/prometheus.ts';
import { type Labels, type SampleRecord, sampleKey, seriesOf } from '../support/records.ts';

export interface ExpectedSample {
  readonly value: number;
  readonly stale: boolean;
}

/** Series that Prometheus makes itself at each scrape, failed ones included: they never end. */
const REPORT = /^(up|scrape_.*)$/;

export function isReport(name: string): boolean {
  return REPORT.test(name);
}

/** The times of all scrapes, failed ones included. */
export function scrapeTimes(stored: readonly StoredSample[]): number[] {
  return stored
    .filter(({ labels }) => labels['__name__'] === 'up')
    .map(({ timestampMs }) => timestampMs)
    .sort((a, b) => a - b);
}

/**
 * Every stored sample, and one stale marker at each scrape that lacks a series which the scrape before it had
 * (Prometheus, "Staleness"). `external` labels are added, as the sender does.
 */
export function expectedSamples(
  stored: readonly StoredSample[],
  external: Labels = {},
): Map<string, ExpectedSample> {
  const expected = new Map<string, ExpectedSample>();
  const times = scrapeTimes(stored);
  const present = new Map<string, { labels: Labels; times: Set<number> }>();
  for (const { labels, series: own, timestampMs, value } of stored) {
    const series = seriesOf({ ...external, ...labels });
    // Prometheus leaves a zero out of its message, and the sign of a negative zero with it.
    expected.set(sampleKey({ series, timestampMs }), { value: value === 0 ? 0 : value, stale: false });
    const seen = present.get(own) ?? { labels, times: new Set() };
    present.set(own, seen);
    seen.times.add(timestampMs);
  }
  for (const { labels, times: seen } of present.values()) {
    if (isReport(labels['__name__']!)) continue;
    const series = seriesOf({ ...external, ...labels });
    for (let i = 1; i < times.length; i++) {
      const ended = seen.has(times[i - 1]!) && !seen.has(times[i]!);
      if (ended)
        expected.set(sampleKey({ series, timestampMs: times[i]! }), { value: Number.NaN, stale: true });
    }
  }
  return expected;
}

/** How Kafka differs from what is expected, one line a sample; empty when it holds exactly that. */
export function differences(
  expected: ReadonlyMap<string, ExpectedSample>,
  samples: readonly SampleRecord[],
): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const sample of samples) {
    const key = sampleKey(sample);
    seen.add(key);
    const wanted = expected.get(key);
    const found = `${sample.value}${sample.stale ? ' (stale)' : ''}`;
    if (!wanted) lines.push(`never scraped, but in Kafka: ${key} = ${found}`);
    else if (!Object.is(wanted.value, sample.value) || wanted.stale !== sample.stale) {
      lines.push(`${key} is ${found} in Kafka, not ${wanted.value}${wanted.stale ? ' (stale)' : ''}`);
    }
  }
  for (const [key, { value, stale }] of expected) {
    if (!seen.has(key)) lines.push(`not in Kafka: ${key} = ${value}${stale ? ' (stale)' : ''}`);
  }
  return lines;
}

/** The first lines, for a message. */
export function shown(lines: readonly string[]): string {
  return [`${lines.length} differences`, ...lines.slice(0, 10)].join('\n');
}
