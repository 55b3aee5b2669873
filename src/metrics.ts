/** The metrics of one adapter, made from the table, in a registry of their own. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Definition } from './metrics/definition.ts';
import { METRICS } from './metrics/table.ts';

type Instrument<Type> = Type extends 'counter'
  ? Counter<string>
  : Type extends 'gauge'
    ? Gauge<string>
    : Histogram<string>;

export type Instruments = { [Key in keyof typeof METRICS]: Instrument<(typeof METRICS)[Key]['type']> };

/** Gauges whose prom-client names end in `_total`, which is kept for counters. */
const MISNAMED_DEFAULTS = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** The instruments of one adapter with the registry they live in. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #measures: (() => void)[] = [];
  #text: Promise<string> | undefined;
  readonly instruments: Instruments;

  constructor() {
    const made = Object.entries(METRICS).map(([key, definition]) => [key, this.#make(definition)]);
    this.instruments = Object.fromEntries(made) as Instruments;
    collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED_DEFAULTS) this.#registry.removeSingleMetric(name);
  }

  #make(definition: Definition<'counter' | 'gauge' | 'histogram'>): Counter | Gauge | Histogram {
    const { name, help } = definition;
    const settings = { name, help, labelNames: [...definition.labels], registers: [this.#registry] };
    if (definition.type === 'histogram') {
      const made = new Histogram({ ...settings, buckets: [...(definition.buckets ?? [])] });
      for (const labels of definition.born) made.zero(labels);
      return made;
    }
    const made = definition.type === 'counter' ? new Counter(settings) : new Gauge(settings);
    for (const labels of definition.born) made.inc(labels, 0);
    return made;
  }

  /** `measure` brings gauges up to date before each scrape. */
  beforeScrape(measure: () => void): void {
    this.#measures.push(measure);
  }

  /** All metrics in the text format of Prometheus, version 0.0.4; made once for all who ask at the same time. */
  text(): Promise<string> {
    this.#text ??= this.#render().finally(() => {
      this.#text = undefined;
    });
    return this.#text;
  }

  async #render(): Promise<string> {
    for (const measure of this.#measures) measure();
    // prom-client writes `Nan`, which the formats do not know.
    return (await this.#registry.metrics()).replace(/ Nan$/gm, ' NaN');
  }

  /** Lets go of the timers and observers of the process metrics. */
  close(): void {
    this.#registry.clear();
  }
}
