/** The one table of options: kind, default and meaning; flags, variables, file keys, checks and docs come from it. */

import { broker, listenAddress, parsePort } from './addresses.ts';
import type { Kind, Reading } from './kind.ts';
import { duration, integer, size } from './numbers.ts';
import { boolean, choice, list, secret, text } from './words.ts';

/** A variable of another name that peers or platforms use. */
interface Alias {
  readonly variable: string;
  /** What it means where that differs from the option's own text. */
  readonly doc?: string;
  readonly parse?: (text: string) => Reading<unknown>;
}

export interface Option<Value> {
  readonly kind: Kind<Value>;
  /** As a user would write it. */
  readonly default: string;
  readonly doc: string;
  readonly aliases?: readonly Alias[];
}

/** Sections in the order of help and docs; the empty one holds the options without a section. */
export const SECTIONS = {
  http: 'HTTP server',
  connection: 'Connections',
  shutdown: 'Shutdown',
  ready: 'Readiness',
  kafka: 'Kafka',
  limits: 'Limits',
  record: 'Records',
  replica: 'This replica',
  log: 'Logging',
  '': 'General',
} as const;

export const OPTIONS = {
  'http.listen_address': {
    kind: listenAddress(),
    default: ':8080',
    doc: 'Where to listen; without a host on every interface.',
    aliases: [{ variable: 'PORT', doc: 'the port alone', parse: parsePort }],
  },
  'http.max_body_size': {
    kind: size({ min: '1KiB', max: '1GiB' }),
    default: '32MiB',
    doc: 'Largest compressed body of a request; a larger one is answered 413.',
  },
  'http.max_decoded_size': {
    kind: size({ min: '1KiB', max: '1GiB' }),
    default: '32MiB',
    doc: 'Largest decompressed body. The length in the snappy header is checked before anything is allocated.',
  },
  'http.max_inflight_size': {
    kind: size({ min: '1KiB', max: '64GiB' }),
    default: '256MiB',
    doc: 'Bytes of requests admitted and not yet answered; above it a request is answered 503 before its body is read.',
  },
  'http.request_timeout': {
    kind: duration({ min: '1s', max: '1h' }),
    default: '60s',
    doc: 'Longest time for a whole request to arrive. Checked every 2 s.',
  },
  'http.headers_timeout': {
    kind: duration({ min: '1s', max: '1h' }),
    default: '10s',
    doc: 'Longest time for the headers of a request to arrive. Checked every 2 s.',
  },
  'connection.idle_timeout': {
    kind: duration({ min: '5s', max: '1h' }),
    default: '75s',
    doc: 'A connection without a request for this long is closed. Keep it below the idle timeout of the balancer (BIG-IP: 300 s), so that this side closes first.',
  },
  'shutdown.drain_delay': {
    kind: duration({ min: '0', max: '1h' }),
    default: '20s',
    doc: 'How long a terminating replica still accepts requests while it reports itself as draining. Keep it above the time the balancer needs to notice.',
  },
  'shutdown.timeout': {
    kind: duration({ min: '1s', max: '1h' }),
    default: '30s',
    doc: 'How long requests under way may take after the drain delay before their connections are cut.',
  },
  'ready.draining_status': {
    kind: choice(503, 404, 200),
    default: '503',
    doc: 'Status of `/-/ready` while draining, for the health check of the balancer. The body has the word `draining` in every case.',
  },
  'kafka.brokers': {
    kind: list(broker(9092)),
    default: '',
    doc: 'Brokers to start from; the others are found through them.',
    aliases: [{ variable: 'KAFKA_BROKER_LIST' }],
  },
  'kafka.topic': {
    kind: text({
      maxLength: 249,
      // Kafka's own rule, see org.apache.kafka.common.internals.Topic.
      pattern: '^(?!\\.{1,2}$)[a-zA-Z0-9._-]+$',
      expected: 'a topic name: 1 to 249 letters, digits, `.`, `_` or `-`, but not `.` or `..`',
    }),
    default: 'metrics',
    doc: 'Topic of the records.',
  },
  'kafka.client_id': {
    kind: text({
      maxLength: 249,
      pattern: '^[a-zA-Z0-9._-]+$',
      expected: '1 to 249 letters, digits, `.`, `_` or `-`',
    }),
    default: 'kafka-adapter',
    doc: 'Name of this client in the logs, metrics and quotas of the brokers.',
  },
  'kafka.produce_timeout': {
    kind: duration({ min: '100ms', max: '5m' }),
    default: '10s',
    doc: 'Longest wait for the acknowledgement of a request, retries included; after it the sender gets 503. Keep it below the 30 s after which Prometheus gives up.',
  },
  'kafka.compression': {
    kind: choice('none', 'gzip', 'snappy', 'lz4', 'zstd'),
    default: 'none',
    doc: 'Codec of the record batches.',
  },
  'kafka.linger': {
    kind: duration({ min: '0', max: '1s' }),
    default: '0',
    doc: 'How long a batch waits for more requests although the broker is free. Batches grow by themselves while the one before is under way, so 0 is right but for very many small requests.',
  },
  'kafka.max_batch_size': {
    kind: size({ min: '16KiB', max: '100MiB' }),
    default: '900KiB',
    doc: 'Largest batch of records before compression. Keep it below what the topic takes (`max.message.bytes`, 1 MiB by default); a larger record is dropped.',
  },
  'kafka.max_queue_size': {
    kind: size({ min: '1MiB', max: '64GiB' }),
    default: '128MiB',
    doc: 'Most bytes of records that wait for Kafka; above it a request is answered 503.',
  },
  'kafka.create_topics': {
    kind: boolean(),
    default: 'false',
    doc: 'Create a topic that does not exist. Brokers with `auto.create.topics.enable` do it by themselves.',
  },
  'kafka.topic_partitions': {
    kind: integer({ min: -1, max: 10_000 }),
    default: '-1',
    doc: 'Partitions of a topic that is created; -1 leaves it to the brokers.',
  },
  'kafka.topic_replication_factor': {
    kind: integer({ min: -1, max: 100 }),
    default: '-1',
    doc: 'Replication factor of a topic that is created; -1 leaves it to the brokers.',
  },
  'kafka.tls.enabled': { kind: boolean(), default: 'false', doc: 'Speak TLS to the brokers.' },
  'kafka.tls.ca_file': {
    kind: text(),
    default: '',
    doc: 'PEM file of the authorities that sign broker certificates; empty means those that Node trusts.',
  },
  'kafka.tls.cert_file': { kind: text(), default: '', doc: 'PEM file of the client certificate.' },
  'kafka.tls.key_file': { kind: text(), default: '', doc: 'PEM file of the key of the client certificate.' },
  'kafka.sasl.mechanism': {
    kind: choice('none', 'plain', 'scram-sha-256', 'scram-sha-512'),
    default: 'none',
    doc: 'How to log in to the brokers.',
  },
  'kafka.sasl.username': { kind: text(), default: '', doc: 'User to log in as.' },
  'kafka.sasl.password': { kind: secret(), default: '', doc: 'Password of the user.' },
  'limits.labels_per_series': {
    kind: integer({ min: 1, max: 100_000 }),
    default: '1000',
    doc: 'Most labels of one series; a request with more is answered 400.',
  },
  'limits.samples_per_request': {
    kind: integer({ min: 1, max: 10_000_000 }),
    default: '100000',
    doc: 'Most samples of one request; one with more is answered 400. Prometheus sends 2000 (`max_samples_per_send`).',
  },
  'record.format': { kind: choice('json'), default: 'json', doc: 'Format of the record values.' },
  'record.timestamp': {
    kind: choice('sample', 'now'),
    default: 'sample',
    doc: 'Timestamp of the records: that of the sample, or the present. A sample from before 1970 or over an hour ahead gets the present in both cases, since Kafka refuses such records.',
  },
  'replica.id': {
    kind: text({ maxLength: 200 }),
    default: '',
    doc: 'Name of this replica in `/-/whoami` and in logs; empty means hostname:port.',
  },
  'log.level': {
    kind: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    doc: 'Least severe level that is logged.',
  },
  'log.format': {
    kind: choice('auto', 'json', 'pretty'),
    default: 'auto',
    doc: 'Form of the log lines; `auto` is pretty on a terminal and json elsewhere.',
  },
  dry_run: {
    kind: boolean(),
    default: 'false',
    doc: 'Print the records to standard output and deliver them nowhere. For trying out without a broker.',
  },
} as const satisfies Record<string, Option<unknown>>;

export type OptionName = keyof typeof OPTIONS;

/** The value of every option: `config['http.max_body_size']` is a number of bytes. */
export type Config = {
  readonly [Name in OptionName]: (typeof OPTIONS)[Name] extends { kind: Kind<infer Value> } ? Value : never;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** The entry of an option, for code that treats all of them alike. */
export function optionOf(name: OptionName): Option<unknown> {
  return OPTIONS[name] as Option<unknown>;
}

/** False for names that every object inherits, such as `constructor`. */
export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}
