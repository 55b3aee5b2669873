/** The one table of metrics, and the registry of one adapter that is made from it. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DROP_REASONS } from './errors.ts';

const PREFIX = 'kafka_adapter_';

type Labels = Readonly<Record<string, string>>;

interface Definition<Type extends 'counter' | 'gauge' | 'histogram'> {
  readonly type: Type;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Children that exist from the start, at 0, so that an idle replica is a zero and not a gap. */
  readonly born: readonly Labels[];
  /** Upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

interface Children {
  labels?: readonly string[];
  born?: readonly Labels[];
}

const counter = (name: string, help: string, children: Children = {}): Definition<'counter'> => ({
  type: 'counter',
  name: PREFIX + name,
  help,
  labels: children.labels ?? [],
  born: children.born ?? [],
});

const gauge = (name: string, help: string, children: Children = {}): Definition<'gauge'> => ({
  ...counter(name, help, children),
  type: 'gauge',
});

const histogram = (
  name: string,
  help: string,
  children: Children & { buckets: readonly number[] },
): Definition<'histogram'> => ({
  ...counter(name, help, children),
  type: 'histogram',
  buckets: children.buckets,
});

const each = (label: string, values: readonly string[]): Labels[] =>
  values.map((value) => ({ [label]: value }));

/** Up to the 30 s after which Prometheus gives up. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const BATCH_BUCKETS = [1e3, 1e4, 1e5, 2.5e5, 5e5, 1e6];

/** Routes as `handler` names them; `other` is every unknown path. */
export const HANDLERS = ['write', 'metrics', 'healthy', 'ready', 'whoami', 'other'] as const;
export type Handler = (typeof HANDLERS)[number];

const SAMPLE_TYPES = ['float', 'histogram', 'exemplar'];
const WRITE_CODES = ['204', '400', '405', '413', '415', '500', '503'];

/** Causes by which an unacknowledged produce is counted. */
export const PRODUCE_FAILURES = ['timeout', 'unavailable', 'refused'] as const;

export const METRICS = {
  buildInfo: gauge('build_info', 'Constant 1; the labels say what is running.', {
    labels: ['version', 'revision', 'node'],
  }),
  httpRequests: counter('http_requests_total', 'Requests answered.', {
    labels: ['handler', 'code'],
    born: WRITE_CODES.map((code) => ({ handler: 'write', code })),
  }),
  httpRequestDuration: histogram(
    'http_request_duration_seconds',
    'From the request headers to the end of the answer.',
    { labels: ['handler'], born: each('handler', HANDLERS), buckets: DURATION_BUCKETS },
  ),
  httpRequestsInFlight: gauge('http_requests_in_flight', 'Requests begun and not yet answered.'),
  httpInflightBytes: gauge(
    'http_inflight_bytes',
    'Bytes of write requests admitted and not yet answered: the body as received, plus its decoded size.',
  ),
  httpInflightLimitBytes: gauge('http_inflight_limit_bytes', 'The setting http.max_inflight_size.'),
  requestsRetried: counter(
    'requests_retried_total',
    'Write requests that carry Retry-Attempt: the sender did not get a 2xx before.',
  ),
  seriesReceived: counter('series_received_total', 'Entries of series in requests that could be decoded.'),
  samplesReceived: counter('samples_received_total', 'Samples in requests that could be decoded.', {
    labels: ['type'],
    born: each('type', SAMPLE_TYPES),
  }),
  samplesWritten: counter('samples_written_total', 'Samples acknowledged by Kafka.', {
    labels: ['type'],
    born: each('type', SAMPLE_TYPES),
  }),
  samplesDropped: counter(
    'samples_dropped_total',
    'Samples left out of a request whose rest was written; the answer was 400.',
    { labels: ['reason'], born: each('reason', Object.keys(DROP_REASONS)) },
  ),
  metadataReceived: counter(
    'metadata_received_total',
    'Metadata entries (type, help, unit) of 1.0 requests; they are not written to Kafka.',
  ),
  receivedBytes: counter('received_bytes_total', 'Bytes of write requests, as received and decoded.', {
    labels: ['encoding'],
    born: each('encoding', ['compressed', 'decoded']),
  }),
  kafkaReady: gauge('kafka_ready', '1 once the brokers have been reached, 0 before.'),
  kafkaRecordsProduced: counter(
    'kafka_records_produced_total',
    'Records acknowledged by all in-sync replicas.',
    {
      labels: ['topic'],
    },
  ),
  kafkaProducedBytes: counter(
    'kafka_produced_bytes_total',
    'Bytes of acknowledged batches, before compression.',
    {
      labels: ['topic'],
    },
  ),
  kafkaProduceDuration: histogram(
    'kafka_produce_duration_seconds',
    'From sending a produce request to its acknowledgement; only successes.',
    { buckets: DURATION_BUCKETS },
  ),
  kafkaProduceFailures: counter(
    'kafka_produce_failures_total',
    'Requests whose records Kafka did not acknowledge; the answer was 503.',
    { labels: ['reason'], born: each('reason', PRODUCE_FAILURES) },
  ),
  kafkaBatchBytes: histogram('kafka_batch_bytes', 'Sizes of acknowledged batches, before compression.', {
    buckets: BATCH_BUCKETS,
  }),
  kafkaRetries: counter('kafka_retries_total', 'Batches sent again, with the same sequence, after an error.'),
  kafkaEpochChanges: counter(
    'kafka_epoch_changes_total',
    'New producer epochs: after a batch whose outcome nobody knows, or when a broker lost track.',
  ),
  kafkaQueueBytes: gauge('kafka_queue_bytes', 'Bytes of records that Kafka has not acknowledged yet.'),
  kafkaQueueLimitBytes: gauge('kafka_queue_limit_bytes', 'The setting kafka.max_queue_size.'),
  kafkaConnectedBrokers: gauge('kafka_connected_brokers', 'Brokers with an open connection.'),
  kafkaLastAck: gauge(
    'kafka_last_ack_timestamp_seconds',
    'When Kafka last acknowledged something, in seconds since 1970; 0 before the first time.',
  ),
} as const;

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

  /** All metrics in the text format of Prometheus, version 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Lets go of the timers and observers of the process metrics. */
  close(): void {
    this.#registry.clear();
  }
}
