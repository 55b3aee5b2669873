/** The rules between options of Kafka. */

import { formatDuration } from '../../lib/units.ts';
import { type Rule, when } from '../rule.ts';
import { SASL_RULES } from './kafka-sasl.ts';

/** Default `remote_timeout` of Prometheus. */
const SENDER_TIMEOUT_MS = 30_000;

const TLS_FILES = [
  'kafka.tls.ca_file',
  'kafka.tls.cert_file',
  'kafka.tls.key_file',
  'kafka.tls.key_password',
  'kafka.tls.server_name',
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
        'kafka.brokers is empty: set it with --kafka.brokers, KAFKA_BROKERS or the file, or use --dry-run to try the adapter out without Kafka (`npm start` starts a throw-away Kafka by itself)',
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
  ...SASL_RULES,
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
    name: 'tls_password_without_key',
    level: 'problem',
    doc: 'A key password needs a key.',
    reads: ['kafka.tls.key_file', 'kafka.tls.key_password'],
    check: (config) =>
      when(
        config['kafka.tls.key_password'] !== '' && config['kafka.tls.key_file'] === '',
        'kafka.tls.key_password is set without kafka.tls.key_file, whose password it is',
      ),
  },
  {
    name: 'tls_files_without_tls',
    level: 'problem',
    doc: 'Files and the server name of TLS are of use with TLS only.',
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
