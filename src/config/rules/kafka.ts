/** The rules between options of Kafka. */

import { formatDuration } from '../../lib/units.ts';
import { type Rule, when } from '../rule.ts';

/** Default `remote_timeout` of Prometheus. */
const SENDER_TIMEOUT_MS = 30_000;

const SASL_OPTIONS = ['kafka.sasl.mechanism', 'kafka.sasl.username', 'kafka.sasl.password'] as const;
const TLS_FILES = [
  'kafka.tls.ca_file',
  'kafka.tls.cert_file',
  'kafka.tls.key_file',
  'kafka.tls.key_password',
] as const;

export const KAFKA_RULES: readonly Rule[] = [
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
    name: 'acks_always_all',
    level: 'warning',
    doc: 'This adapter waits for all in-sync replicas, whatever `kafka.acks` says.',
    reads: ['kafka.acks'],
    check(config) {
      const acks = config['kafka.acks'];
      return when(
        acks !== 'all' && acks !== '-1',
        `kafka.acks is ${acks}, but this adapter always waits for all in-sync replicas`,
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
];
