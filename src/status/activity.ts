/** What the replica did lately: rates and latencies over the last seconds, told from the totals of its metrics. */

import type { Instruments } from '../metrics.ts';

const TICK_MS = 2000;
/**
 * Readings kept: rates are over the time between the oldest and now, 18 to 20 s. It is the time over which the loads
 * of connections and replicas are looked at, so that all rates of the page have one.
 */
const KEPT_READINGS = 10;

/** Totals since the start. */
interface Totals {
  readonly requests: number;
  readonly samples: number;
  readonly bytes: number;
  readonly written: number;
  readonly records: number;
  readonly producedBytes: number;
  /** Write requests answered 5xx. */
  readonly refused: number;
  readonly retried: number;
  readonly dropped: number;
  readonly misread: number;
  readonly produceFailures: number;
  /** Cumulative counts of write requests by upper bound of their duration in seconds. */
  readonly durations: ReadonlyMap<number, number>;
}

interface Reading {
  readonly atMs: number;
  readonly totals: Totals;
}

export interface Traffic {
  readonly windowSeconds: number;
  readonly requestsPerSecond: number;
  readonly samplesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly writtenSamplesPerSecond: number;
  readonly recordsPerSecond: number;
  readonly producedBytesPerSecond: number;
  readonly produceFailuresPerSecond: number;
  readonly p50Seconds: number | null;
  readonly p99Seconds: number | null;
  readonly totals: Totals;
}

type Metric = { get(): Promise<{ values: readonly MetricValue[] }> };

interface MetricValue {
  readonly value: number;
  readonly labels: Partial<Record<string, string | number>>;
  readonly metricName?: string;
}

async function sum(
  metric: Metric,
  matches: (labels: MetricValue['labels']) => boolean = () => true,
): Promise<number> {
  const { values } = await metric.get();
  return values.reduce((total, { labels, value }) => (matches(labels) ? total + value : total), 0);
}

async function readTotals(instruments: Instruments): Promise<Totals> {
  const isWrite = (labels: MetricValue['labels']): boolean => labels['handler'] === 'write';
  const durations = await instruments.httpRequestDuration.get();
  const buckets = (durations.values as readonly MetricValue[]).filter(
    ({ labels }) => isWrite(labels) && labels['le'] !== undefined,
  );
  return {
    requests: await sum(instruments.httpRequests, isWrite),
    samples: await sum(instruments.samplesReceived),
    bytes: await sum(instruments.receivedBytes, ({ encoding }) => encoding === 'compressed'),
    written: await sum(instruments.samplesWritten),
    records: await sum(instruments.kafkaRecordsProduced),
    producedBytes: await sum(instruments.kafkaProducedBytes),
    refused: await sum(
      instruments.httpRequests,
      (labels) => isWrite(labels) && String(labels['code']).startsWith('5'),
    ),
    retried: await sum(instruments.requestsRetried),
    dropped: await sum(instruments.samplesDropped),
    misread: await sum(instruments.requestsMisread),
    produceFailures: await sum(instruments.kafkaProduceFailures),
    durations: new Map(buckets.map(({ labels, value }) => [boundOf(labels['le']!), value])),
  };
}

function boundOf(le: string | number): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

export class Activity {
  readonly #instruments: Instruments;
  readonly #readings: Reading[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(instruments: Instruments) {
    this.#instruments = instruments;
  }

  async start(): Promise<void> {
    await this.#read();
    this.#timer = setInterval(() => this.#read(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    const reading = { atMs: performance.now(), totals: await readTotals(this.#instruments) };
    this.#readings.push(reading);
    if (this.#readings.length > KEPT_READINGS) this.#readings.shift();
  }

  /** Up to now, from the oldest reading kept. */
  async traffic(): Promise<Traffic> {
    const now: Reading = { atMs: performance.now(), totals: await readTotals(this.#instruments) };
    const then = this.#readings[0] ?? now;
    const windowSeconds = (now.atMs - then.atMs) / 1000;
    const rate = (name: Exclude<keyof Totals, 'durations'>): number =>
      windowSeconds === 0 ? 0 : (now.totals[name] - then.totals[name]) / windowSeconds;
    return {
      windowSeconds,
      requestsPerSecond: rate('requests'),
      samplesPerSecond: rate('samples'),
      bytesPerSecond: rate('bytes'),
      writtenSamplesPerSecond: rate('written'),
      recordsPerSecond: rate('records'),
      producedBytesPerSecond: rate('producedBytes'),
      produceFailuresPerSecond: rate('produceFailures'),
      p50Seconds: quantile(0.5, then.totals.durations, now.totals.durations),
      p99Seconds: quantile(0.99, then.totals.durations, now.totals.durations),
      totals: now.totals,
    };
  }
}

/** As PromQL's histogram_quantile: even within a bucket, the lower bound of the last one; null without requests. */
export function quantile(
  share: number,
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): number | null {
  const counts = [...after].map(([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }));
  counts.sort((a, b) => a.bound - b.bound);
  const all = counts.at(-1)?.count ?? 0;
  if (all === 0) return null;
  let lower = { bound: 0, count: 0 };
  for (const upper of counts) {
    if (upper.count >= share * all) {
      if (upper.bound === Number.POSITIVE_INFINITY) return lower.bound;
      return (
        lower.bound +
        (upper.bound - lower.bound) * ((share * all - lower.count) / (upper.count - lower.count))
      );
    }
    lower = upper;
  }
  return lower.bound;
}
