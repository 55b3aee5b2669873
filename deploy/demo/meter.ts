/** Reads again and again what each replica has received, and tells the shares. */

import { setTimeout as delay } from 'node:timers/promises';
import { sumOf } from './metrics-page.ts';

const readingMs = 500;
const answerTimeoutMs = 2000;
/** A sender works in bursts; over this time they even out. */
const windowMs = 2000;

/** What is read of each replica: name and labels of a counter. */
const counters = {
  samples: ['kafka_adapter_samples_received_total', 'type="float"'],
  requests: ['kafka_adapter_http_requests_total', 'handler="write",code="204"'],
  ageCloses: ['kafka_adapter_connections_closed_total', 'reason="max_age"'],
} as const;
type Figure = keyof typeof counters;
type Figures = Record<Figure, number>;

/** Up to a moment, of each replica. Fresh replicas under the same name go on counting where the old ones ended. */
interface Reading {
  readonly atMs: number;
  readonly totals: readonly Figures[];
}

/** Who got how much between two moments. */
export interface Share {
  /** The later moment, in milliseconds since the meter began. */
  readonly atMs: number;
  /** Of the samples, one a replica; they add up to 1, or to 0 when no sample came. */
  readonly shares: readonly number[];
  readonly samplesPerSecond: number;
  readonly requestsPerSecond: number;
  /** Connections asked to leave for their age. */
  readonly ageCloses: number;
}

export class Meter {
  readonly #urls: readonly string[];
  readonly #beganMs = performance.now();
  readonly #readings: Reading[];
  /** What each process said last. */
  #said: readonly Figures[];

  private constructor(urls: readonly string[], said: readonly Figures[]) {
    this.#urls = urls;
    this.#said = said;
    this.#readings = [{ atMs: 0, totals: said }];
  }

  /** Begins with what the replicas at these URLs say now; those that do not run yet begin at 0. */
  static async begin(urls: readonly string[]): Promise<Meter> {
    const said = await Promise.all(urls.map(askReplica));
    return new Meter(
      urls,
      said.map((now) => now ?? { samples: 0, requests: 0, ageCloses: 0 }),
    );
  }

  /** Milliseconds since it began. */
  get nowMs(): number {
    return performance.now() - this.#beganMs;
  }

  /** Reads until aborted, then rejects. */
  async run(signal: AbortSignal, onReading: () => void): Promise<never> {
    for (;;) {
      await delay(readingMs, undefined, { signal });
      await this.#read();
      onReading();
    }
  }

  /** Over the last moments. */
  get latest(): Share {
    const nowMs = this.#readings.at(-1)!.atMs;
    return this.between(nowMs - windowMs, nowMs);
  }

  /** One for each reading, each over the moments before it. */
  get history(): Share[] {
    return this.#readings.slice(1).map(({ atMs }) => this.between(atMs - windowMs, atMs));
  }

  between(fromMs: number, toMs: number): Share {
    const first = this.#readings.findLast(({ atMs }) => atMs <= Math.max(fromMs, 0))!;
    const last = this.#readings.findLast(({ atMs }) => atMs <= toMs)!;
    const seconds = (last.atMs - first.atMs) / 1000 || 1;
    const grown = (figure: Figure): number[] =>
      last.totals.map((total, replica) => total[figure] - first.totals[replica]![figure]);
    const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
    const samples = grown('samples');
    const allSamples = sum(samples);
    return {
      atMs: last.atMs,
      shares: samples.map((value) => value / (allSamples || 1)),
      samplesPerSecond: allSamples / seconds,
      requestsPerSecond: sum(grown('requests')) / seconds,
      ageCloses: sum(grown('ageCloses')),
    };
  }

  async #read(): Promise<void> {
    const said = await Promise.all(this.#urls.map(askReplica));
    const before = this.#readings.at(-1)!.totals;
    const totals = said.map((now, replica) => add(before[replica]!, now, this.#said[replica]!));
    this.#said = said.map((now, replica) => now ?? this.#said[replica]!);
    this.#readings.push({ atMs: this.nowMs, totals });
  }
}

/** What a replica says of itself; undefined while nobody answers there. */
export async function askReplica(url: string): Promise<Figures | undefined> {
  const signal = AbortSignal.timeout(answerTimeoutMs);
  const page = await fetch(`${url}/metrics`, { signal, headers: { connection: 'close' } })
    .then((answer) => answer.text())
    .catch(() => undefined);
  if (page === undefined) return undefined;
  const read = ([name, labels]: readonly [string, string]): number => sumOf(page, name, labels);
  return {
    samples: read(counters.samples),
    requests: read(counters.requests),
    ageCloses: read(counters.ageCloses),
  };
}

/** `total` with what a process has counted since it was last asked; a counter that fell is that of a fresh process. */
function add(total: Figures, now: Figures | undefined, last: Figures): Figures {
  if (!now) return total;
  const grown = (figure: Figure): number => now[figure] - (now[figure] < last[figure] ? 0 : last[figure]);
  return {
    samples: total.samples + grown('samples'),
    requests: total.requests + grown('requests'),
    ageCloses: total.ageCloses + grown('ageCloses'),
  };
}
