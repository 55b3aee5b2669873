/** What must hold between options: contradictions, which are problems, and dangerous pairs, which are warnings. */

import { formatDuration, formatSize } from '../lib/units.ts';
import type { Config, OptionName } from './options.ts';
import { OPTION_NAMES, optionOf } from './options.ts';
import type { Origin } from './settings.ts';

export type Origins = Readonly<Record<OptionName, Origin>>;

export interface Rule {
  readonly name: string;
  readonly level: 'problem' | 'warning';
  /** What should hold, for the reference page. */
  readonly doc: string;
  /** The options the rule looks at. It is left out when one of them could not be read. */
  readonly reads: readonly OptionName[];
  /** What is wrong and how to cure it; undefined when all is well. */
  check(config: Config, origins: Origins): string | undefined;
}

/** A BIG-IP ends an idle connection at 300 s; some seconds are for timers and the way there. */
const BALANCER_IDLE_MS = 290_000;
/** Default `remote_timeout` of Prometheus. */
const SENDER_TIMEOUT_MS = 30_000;

/** Words a rule from the outcome of a plain condition. */
function when(condition: boolean, message: string): string | undefined {
  return condition ? message : undefined;
}

const SASL_OPTIONS = ['kafka.sasl.mechanism', 'kafka.sasl.username', 'kafka.sasl.password'] as const;
const TLS_FILES = ['kafka.tls.ca_file', 'kafka.tls.cert_file', 'kafka.tls.key_file'] as const;
const SECRETS = OPTION_NAMES.filter((name) => optionOf(name).kind.form === 'secret');

export const RULES: readonly Rule[] = [
  {
    name: 'brokers_missing',
    level: 'problem',
    doc: 'There are brokers, or `dry_run` is on.',
    reads: ['kafka.brokers', 'dry_run'],
    check: (config) =>
      when(
        config['kafka.brokers'].length === 0 && !config.dry_run,
        'kafka.brokers is empty: set it with --kafka.brokers, KAFKA_BROKERS or the file, or use --dry-run to try out without Kafka (`npm start` starts a throw-away Kafka by itself)',
      ),
  },
  {
    name: 'brokers_unused',
    level: 'warning',
    doc: 'With `dry_run` on, nothing is sent to the brokers.',
    reads: ['kafka.brokers', 'dry_run'],
    check: (config) =>
      when(
        config['kafka.brokers'].length > 0 && config.dry_run,
        'dry_run is on: nothing is sent to kafka.brokers, records are printed and delivered nowhere',
      ),
  },
  {
    name: 'sasl_incomplete',
    level: 'problem',
    doc: 'A mechanism needs a user name and a password.',
    reads: SASL_OPTIONS,
    check(config) {
      const mechanism = config['kafka.sasl.mechanism'];
      const missing = SASL_OPTIONS.filter((name) => config[name] === '');
      return when(
        mechanism !== 'none' && missing.length > 0,
        `kafka.sasl.mechanism is ${mechanism}, but ${missing.join(' and ')} is not set`,
      );
    },
  },
  {
    name: 'sasl_without_mechanism',
    level: 'problem',
    doc: 'A user name or password needs a mechanism.',
    reads: SASL_OPTIONS,
    check(config) {
      const given = SASL_OPTIONS.slice(1).filter((name) => config[name] !== '');
      return when(
        config['kafka.sasl.mechanism'] === 'none' && given.length > 0,
        `${given.join(' and ')} is set, but kafka.sasl.mechanism is none: choose plain, scram-sha-256 or scram-sha-512`,
      );
    },
  },
  {
    name: 'sasl_plain_without_tls',
    level: 'warning',
    doc: 'Without TLS, `plain` sends the password readable by all.',
    reads: ['kafka.sasl.mechanism', 'kafka.tls.enabled'],
    check: (config) =>
      when(
        config['kafka.sasl.mechanism'] === 'plain' && !config['kafka.tls.enabled'],
        'kafka.sasl.mechanism is plain without kafka.tls.enabled: the password crosses the network readable by all',
      ),
  },
  {
    name: 'tls_cert_without_key',
    level: 'problem',
    doc: 'A client certificate and its key come together.',
    reads: ['kafka.tls.cert_file', 'kafka.tls.key_file'],
    check(config) {
      const [cert, key] = [config['kafka.tls.cert_file'], config['kafka.tls.key_file']];
      if ((cert === '') === (key === '')) return undefined;
      const [given, missing] = cert === '' ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
      return `kafka.tls.${given} is set without kafka.tls.${missing}, expected both or neither`;
    },
  },
  {
    name: 'tls_files_without_tls',
    level: 'problem',
    doc: 'TLS files are of use with TLS only.',
    reads: ['kafka.tls.enabled', ...TLS_FILES],
    check(config) {
      const given = TLS_FILES.filter((name) => config[name] !== '');
      return when(
        !config['kafka.tls.enabled'] && given.length > 0,
        `${given.join(' and ')} is set, but kafka.tls.enabled is false: set it to true`,
      );
    },
  },
  {
    name: 'inflight_below_body',
    level: 'problem',
    doc: 'The largest allowed body has to fit in what may be under way.',
    reads: ['http.max_inflight_size', 'http.max_body_size'],
    check(config) {
      const inflight = config['http.max_inflight_size'];
      const body = config['http.max_body_size'];
      return when(
        inflight < body,
        `http.max_inflight_size of ${formatSize(inflight)} is below http.max_body_size of ${formatSize(body)}: the largest allowed request would never be admitted`,
      );
    },
  },
  {
    name: 'headers_after_request',
    level: 'problem',
    doc: 'The time for the headers is part of the time for the request.',
    reads: ['http.headers_timeout', 'http.request_timeout'],
    check(config) {
      const headers = config['http.headers_timeout'];
      const request = config['http.request_timeout'];
      return when(
        headers > request,
        `http.headers_timeout of ${formatDuration(headers)} is above http.request_timeout of ${formatDuration(request)}, which covers the headers too`,
      );
    },
  },
  {
    name: 'overload_low_above_high',
    level: 'problem',
    doc: 'Overload is relieved down to less than where it begins.',
    reads: ['connection.overload_high', 'connection.overload_low'],
    check(config) {
      const { 'connection.overload_high': high, 'connection.overload_low': low } = config;
      return when(
        high > 0 && low >= high,
        `connection.overload_low of ${low} is not below connection.overload_high of ${high}`,
      );
    },
  },
  {
    name: 'age_off',
    level: 'warning',
    doc: 'Without an age, senders that keep their connections never reach a replica that is added.',
    reads: ['connection.max_age', 'connection.max_requests'],
    check: (config) =>
      when(
        config['connection.max_age'] === 0 && config['connection.max_requests'] === 0,
        'connection.max_age is 0: senders keep their connections for ever, so a replica that is added behind a TCP balancer gets nothing',
      ),
  },
  {
    name: 'partition_by_no_key',
    level: 'problem',
    doc: 'Partitions by key need a key.',
    reads: ['record.key', 'record.partition_by'],
    check: (config) =>
      when(
        config['record.partition_by'] === 'key' && config['record.key'] === 'none',
        'record.partition_by is key, but record.key is none: set a key, or partition by series',
      ),
  },
  {
    name: 'round_robin_loses_order',
    level: 'warning',
    doc: 'With partitions in turn the samples of a series lose their order.',
    reads: ['record.partition_by'],
    check: (config) =>
      when(
        config['record.partition_by'] === 'round-robin',
        'record.partition_by is round-robin: the samples of a series go to all partitions, so consumers get them out of order',
      ),
  },
  {
    name: 'idle_beyond_balancer',
    level: 'warning',
    doc: 'From 290s on a BIG-IP ends idle connections first, at 300s, and a request on such a connection is lost.',
    reads: ['connection.idle_timeout'],
    check(config) {
      const idle = config['connection.idle_timeout'];
      return when(
        idle >= BALANCER_IDLE_MS,
        `connection.idle_timeout of ${formatDuration(idle)}: a BIG-IP forgets an idle connection at 300s, and a request on it is lost; stay below ${formatDuration(BALANCER_IDLE_MS)}`,
      );
    },
  },
  {
    name: 'produce_beyond_sender',
    level: 'warning',
    doc: 'From 30s on Prometheus gives up first and sends again what may be written already.',
    reads: ['kafka.produce_timeout'],
    check(config) {
      const timeout = config['kafka.produce_timeout'];
      return when(
        timeout >= SENDER_TIMEOUT_MS,
        `kafka.produce_timeout of ${formatDuration(timeout)}: Prometheus gives up after ${formatDuration(SENDER_TIMEOUT_MS)} (remote_timeout) and sends again what may be written already; stay below`,
      );
    },
  },
  {
    name: 'secret_on_command_line',
    level: 'warning',
    doc: 'Flags can be seen by every user of the machine.',
    reads: SECRETS,
    check(_config, origins) {
      const shown = SECRETS.filter((name) => origins[name].source === 'flag');
      return when(
        shown.length > 0,
        `${shown.join(' and ')} is given as a flag, which every user of the machine can see: use the variable or its _FILE form`,
      );
    },
  },
];
