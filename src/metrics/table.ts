/** The one table of metrics: name, help, labels, buckets. */

import { DROP_REASONS } from '../errors.ts';
import { counter, each, gauge, histogram } from './definition.ts';
import { FLEET_METRICS } from './fleet.ts';
import { CLOSE_REASONS, REFUSAL_REASONS, SKIP_REASONS } from './reasons.ts';

/** Up to the 30 s after which Prometheus gives up. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];

/** Around ages from seconds to an hour; a connection that is recycled as it should be ends near `max_age`. */
const AGE_BUCKETS = [1, 5, 10, 30, 45, 60, 75, 90, 120, 300, 600, 1800, 3600];

const REQUEST_BUCKETS = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

const BATCH_BUCKETS = [1e3, 1e4, 1e5, 2.5e5, 5e5, 1e6];

/** Routes as `handler` names them; `other` is every unknown path. */
export const HANDLERS = [
  'write',
  'metrics',
  'healthy',
  'ready',
  'whoami',
  'status',
  'rebalance',
  'reload',
  'other',
] as const;
export type Handler = (typeof HANDLERS)[number];

const SAMPLE_TYPES = ['float', 'histogram', 'exemplar'];
/** Versions of Remote-Write, by what the Content-Type says. */
export const READ_AS = { v1: '1.0', v2: '2.0' } as const;
const WRITE_CODES = ['204', '400', '405', '413', '415', '500', '503'];

/** Causes by which an unacknowledged produce is counted. */
export const PRODUCE_FAILURES = ['timeout', 'unavailable', 'refused', 'topic_missing'] as const;

export const METRICS = {
  buildInfo: gauge('build_info', 'Constant 1; the labels say what is running.', {
    labels: ['version', 'revision', 'node'],
  }),
  httpRequests: counter(
    'http_requests_total',
    'Requests answered; code `aborted`: the sender had gone before its answer.',
    {
      labels: ['handler', 'code'],
      born: WRITE_CODES.map((code) => ({ handler: 'write', code })),
    },
  ),
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
  httpRequestsWaiting: gauge(
    'http_requests_waiting',
    'Write requests that wait for room under http.max_inflight_size, their body unread; bounded by http.queue_length.',
  ),
  httpUnreadBytes: gauge(
    'http_unread_bytes',
    'Bytes of answers that are made and not yet taken by their clients; bounded by http.max_unread_size.',
  ),
  requestsRetried: counter(
    'requests_retried_total',
    'Write requests that carry Retry-Attempt: the sender did not get a 2xx before.',
  ),
  requestsMisread: counter(
    'requests_misread_total',
    'Write requests that hold something, and nothing of the message that their Content-Type names: most likely one of the other version. Nothing of them is written; the answer is 204, as the protocol has it.',
    { labels: ['read_as'], born: each('read_as', Object.values(READ_AS)) },
  ),
  seriesReceived: counter('series_received_total', 'Entries of series in requests that could be decoded.'),
  seriesEvaluated: counter(
    'series_evaluated_total',
    'Entries of series for which rules (match, relabelling, topics) were evaluated, as what they say of it was not remembered. When it is more than a small part of series_received_total, limits.remembered_series is too low.',
  ),
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
    'Samples, histograms and exemplars left out of a request whose rest was written; the answer was 400 unless the reason is format_cannot_hold.',
    { labels: ['reason'], born: each('reason', Object.keys(DROP_REASONS)) },
  ),
  samplesFiltered: counter(
    'samples_filtered_total',
    'Samples, histograms and exemplars that the rules of the operator leave out (match, relabelling); the answer is 2xx.',
    { labels: ['type'], born: each('type', SAMPLE_TYPES) },
  ),
  metadataReceived: counter(
    'metadata_received_total',
    'Metadata entries (type, help, unit) of 1.0 requests.',
  ),
  metadataWritten: counter(
    'metadata_written_total',
    'Metadata entries acknowledged by Kafka; none unless metadata.topic is set, and none without a name or with one that is not UTF-8.',
  ),
  receivedBytes: counter('received_bytes_total', 'Bytes of write requests, as received and decoded.', {
    labels: ['encoding'],
    born: each('encoding', ['compressed', 'decoded']),
  }),
  configLastReloadSuccessful: gauge(
    'config_last_reload_successful',
    '1 when the configuration, and each file of users, tokens and certificates, was read without a problem the last time.',
  ),
  configLastReloadSuccess: gauge(
    'config_last_reload_success_timestamp_seconds',
    'When the configuration in force was read, in seconds since 1970.',
  ),
  memoryBound: gauge(
    'memory_bound_bytes',
    'What all limits together allow this process in the worst case; docs/security.md has the sum. +Inf when a limit is off.',
  ),
  connections: gauge('connections', 'Open client connections, without those of probes and scrapes.'),
  connectionsAccepted: counter('connections_accepted_total', 'Connections accepted, of every kind.'),
  connectionsClosed: counter(
    'connections_closed_total',
    'Connections ended, by reason, without those of probes and scrapes. The reasons are explained below.',
    { labels: ['reason'], born: each('reason', Object.keys(CLOSE_REASONS)) },
  ),
  connectionsRefused: counter(
    'connections_refused_total',
    'Connections ended the moment they were accepted.',
    {
      labels: ['reason'],
      born: each('reason', Object.keys(REFUSAL_REASONS)),
    },
  ),
  connectionCloseSkipped: counter(
    'connection_close_skipped_total',
    'Answers that did not ask for a close that was due; with `rate_limited`, connections.',
    { labels: ['reason'], born: each('reason', Object.keys(SKIP_REASONS)) },
  ),
  connectionAge: histogram('connection_age_seconds', 'Age of connections at their end.', {
    buckets: AGE_BUCKETS,
  }),
  connectionRequests: histogram('connection_requests', 'Requests of connections at their end.', {
    buckets: REQUEST_BUCKETS,
  }),
  connectionOldestAge: gauge(
    'connection_oldest_age_seconds',
    'Age of the oldest open connection, without those of probes and scrapes; 0 without any.',
  ),
  connectionMaxAge: gauge('connection_max_age_seconds', 'The setting connection.max_age; 0 = off.'),
  connectionEffectiveMaxAge: gauge(
    'connection_effective_max_age_seconds',
    'The age in use: above the setting when connection.max_close_rate does not allow as many closes.',
  ),
  connectionIdleTimeout: gauge('connection_idle_timeout_seconds', 'The setting connection.idle_timeout.'),
  connectionMaxRequests: gauge('connection_max_requests', 'The setting connection.max_requests; 0 = off.'),
  connectionMaxCloseRate: gauge(
    'connection_max_close_rate',
    'The setting connection.max_close_rate; 0 = no bound.',
  ),
  probeConnections: gauge(
    'probe_connections',
    'Open connections that have carried nothing but /-/ready, /-/healthy, /healthz, /metrics or the status page.',
  ),
  probeConnectionsClosed: counter(
    'probe_connections_closed_total',
    'Connections ended that carried nothing but probes and scrapes, or not a single byte.',
  ),
  clientsWatched: counter(
    'clients_watched_total',
    'Connections that this replica closed to spread the load, and whose clients it then looked out for.',
  ),
  clientsReturned: counter(
    'clients_returned_total',
    'Clients of these that came back to this same replica. Of all watched about 1/N is healthy with N replicas; about all means that the balancer is sticky or has one member.',
  ),
  clientsReturnedRatio: gauge(
    'clients_returned_ratio',
    'Share of the watched clients of the last 15 minutes that came back to this replica; NaN before there are 10.',
  ),
  eventLoopUtilization: gauge(
    'event_loop_utilization',
    'Share of the last 5 s in which the event loop was busy, 0 to 1; what connection.overload_high is compared with.',
  ),
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
  ...FLEET_METRICS,
} as const;
