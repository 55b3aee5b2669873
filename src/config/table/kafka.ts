/** The options of Kafka. */

import { broker } from '../addresses.ts';
import type { Reading } from '../kind.ts';
import { duration, integer, size } from '../numbers.ts';
import type { Option } from '../option.ts';
import { boolean, choice, list, secret, text } from '../words.ts';
import { SASL_OPTIONS } from './kafka-sasl.ts';
import { TOPIC_OPTIONS } from './series.ts';

/** As librdkafka names it, `KAFKA_SECURITY_PROTOCOL`. */
function parseSecurityProtocol(text: string): Reading<boolean> {
  const protocol = text.toLowerCase();
  if (protocol === 'ssl' || protocol === 'sasl_ssl') return { value: true };
  if (protocol === 'plaintext' || protocol === 'sasl_plaintext') return { value: false };
  return { error: 'is not one of `plaintext`, `ssl`, `sasl_plaintext`, `sasl_ssl`' };
}

/** The files are of use with TLS only. */
function impliedTrue(): Reading<boolean> {
  return { value: true };
}

export const KAFKA_OPTIONS = {
  'kafka.brokers': {
    kind: list(broker(9092)),
    default: '',
    needsRestart: true,
    doc: 'Brokers to start from; the others are found through them.',
    aliases: [{ variable: 'KAFKA_BROKER_LIST' }],
  },
  ...TOPIC_OPTIONS,
  'kafka.client_id': {
    kind: text({
      maxLength: 249,
      pattern: '^[a-zA-Z0-9._-]+$',
      expected: '1 to 249 letters, digits, `.`, `_` or `-`',
    }),
    default: 'kafka-adapter',
    needsRestart: true,
    doc: 'Name of this client in the logs, metrics and quotas of the brokers.',
  },
  'kafka.produce_timeout': {
    kind: duration({ min: '100ms', max: '5m' }),
    default: '10s',
    needsRestart: true,
    doc: 'Longest wait for the acknowledgement of a request, retries included; after it the sender gets 503. Keep it below the 30 s after which Prometheus gives up.',
  },
  'kafka.compression': {
    kind: choice('none', 'gzip', 'snappy', 'lz4', 'zstd'),
    default: 'none',
    needsRestart: true,
    doc: 'Codec of the record batches.',
  },
  'kafka.linger': {
    kind: duration({ min: '0', max: '1s' }),
    default: '0',
    needsRestart: true,
    doc: 'How long a batch waits for more requests although the broker is free. Batches grow by themselves while the one before is under way, so 0 is right but for very many small requests.',
  },
  'kafka.max_batch_size': {
    kind: size({ min: '16KiB', max: '100MiB' }),
    default: '900KiB',
    needsRestart: true,
    doc: 'Largest batch of records before compression. Keep it below what the topic takes (`max.message.bytes`, 1 MiB by default); a larger record is dropped.',
  },
  'kafka.max_batch_records': {
    kind: integer({ min: 0, max: 10_000_000 }),
    default: '0',
    needsRestart: true,
    doc: 'Most records in a batch; 0 = as many as fit `kafka.max_batch_size`.',
    aliases: [{ variable: 'KAFKA_BATCH_NUM_MESSAGES' }],
  },
  'kafka.acks': {
    kind: choice('all', '-1', '1', '0'),
    default: 'all',
    needsRestart: true,
    doc: 'Accepted for the sake of configurations from elsewhere: this adapter always waits for all in-sync replicas.',
  },
  'kafka.max_queue_size': {
    kind: size({ min: '1MiB', max: '64GiB' }),
    default: '128MiB',
    needsRestart: true,
    doc: 'Most bytes of records that wait for Kafka; above it a request is answered 503.',
  },
  'kafka.create_topics': {
    kind: boolean(),
    default: 'false',
    needsRestart: true,
    doc: 'Create a topic that does not exist. Brokers with `auto.create.topics.enable` do it by themselves.',
  },
  'kafka.topic_partitions': {
    kind: integer({ min: -1, max: 10_000 }),
    default: '-1',
    needsRestart: true,
    doc: 'Partitions of a topic that is created; -1 leaves it to the brokers.',
  },
  'kafka.topic_replication_factor': {
    kind: integer({ min: -1, max: 100 }),
    default: '-1',
    needsRestart: true,
    doc: 'Replication factor of a topic that is created; -1 leaves it to the brokers.',
  },
  'kafka.tls.enabled': {
    kind: boolean(),
    default: 'false',
    needsRestart: true,
    doc: 'Speak TLS to the brokers.',
    aliases: [
      {
        variable: 'KAFKA_SECURITY_PROTOCOL',
        doc: '`ssl` and `sasl_ssl` mean true, `plaintext` and `sasl_plaintext` false',
        parse: parseSecurityProtocol,
      },
      { variable: 'KAFKA_SSL_CA_CERT_FILE', doc: 'means true', parse: impliedTrue, isImplied: true },
      { variable: 'KAFKA_SSL_CLIENT_CERT_FILE', doc: 'means true', parse: impliedTrue, isImplied: true },
    ],
  },
  'kafka.tls.ca_file': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'PEM file of the authorities that sign broker certificates; empty means those that Node trusts. This file and the next two are read again when they have changed.',
    aliases: [{ variable: 'KAFKA_SSL_CA_CERT_FILE' }],
  },
  'kafka.tls.cert_file': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'PEM file of the client certificate.',
    aliases: [{ variable: 'KAFKA_SSL_CLIENT_CERT_FILE' }],
  },
  'kafka.tls.key_file': {
    kind: text(),
    default: '',
    needsRestart: true,
    doc: 'PEM file of the key of the client certificate.',
    aliases: [{ variable: 'KAFKA_SSL_CLIENT_KEY_FILE' }],
  },
  'kafka.tls.key_password': {
    kind: secret(),
    default: '',
    needsRestart: true,
    doc: 'Password of the key of the client certificate.',
    aliases: [{ variable: 'KAFKA_SSL_CLIENT_KEY_PASS' }],
  },
  'kafka.tls.server_name': {
    kind: text({
      maxLength: 253,
      // A name in SNI: an IP address is none.
      pattern: '^(?![\\d.]+$)[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$|^$',
      expected: 'a host name',
    }),
    default: '',
    needsRestart: true,
    doc: 'Name that the certificates of all brokers have to hold, also sent as SNI; empty means the name of each broker as it is reached.',
  },
  ...SASL_OPTIONS,
} as const satisfies Record<string, Option<unknown>>;
