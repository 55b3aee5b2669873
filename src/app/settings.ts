/** What each part needs of the configuration. */

import { readFileSync } from 'node:fs';
import type { Config } from '../config/options.ts';
import type { WebConfig } from '../config/web-config.ts';
import type { ConnectionSettings } from '../connection/connections.ts';
import type { TlsMaterial } from '../http/tls.ts';
import type { ClientOptions } from '../kafka/client-options.ts';
import type { ProducerParts } from '../kafka/producer.ts';
import type { TopicCreation } from '../kafka/topics.ts';
import type { PipelineParts } from '../pipeline.ts';
import { destinations } from '../record/destination.ts';
import type { FormatSettings } from '../record/formats.ts';
import { recordTime } from '../record/record-time.ts';
import { constantTopic, routerOf } from './routing.ts';

/** A quarter of a batch is left for the key and headers of a record, and for framing. */
const RECORD_SHARE = 0.75;

/** What the Kafka client needs of the configuration. */
export function clientOptions(config: Config): ClientOptions {
  return {
    brokers: config['kafka.brokers'],
    clientId: config['kafka.client_id'],
    produceTimeoutMs: config['kafka.produce_timeout'],
    tls: {
      enabled: config['kafka.tls.enabled'],
      caFile: config['kafka.tls.ca_file'],
      certFile: config['kafka.tls.cert_file'],
      keyFile: config['kafka.tls.key_file'],
      keyPassword: config['kafka.tls.key_password'],
      serverName: config['kafka.tls.server_name'],
    },
    sasl: {
      mechanism: config['kafka.sasl.mechanism'],
      username: config['kafka.sasl.username'],
      password: config['kafka.sasl.password'],
      oauth: {
        tokenUrl: config['kafka.sasl.oauth.token_url'],
        clientId: config['kafka.sasl.oauth.client_id'],
        clientSecret: config['kafka.sasl.oauth.client_secret'],
        scope: config['kafka.sasl.oauth.scope'],
        caFile: config['kafka.sasl.oauth.ca_file'],
        tokenFile: config['kafka.sasl.oauth.token_file'],
        extensions: config['kafka.sasl.oauth.extensions'],
      },
    },
  };
}

export function connectionSettings(config: Config): ConnectionSettings {
  return {
    maxAgeMs: config['connection.max_age'],
    maxAgeJitter: config['connection.max_age_jitter'],
    maxRequests: config['connection.max_requests'],
    maxCloseRate: config['connection.max_close_rate'],
    idleTimeoutMs: config['connection.idle_timeout'],
    limits: {
      total: config['connection.limit'],
      perPeer: config['connection.limit_per_peer'],
      admin: config['connection.admin_limit'],
    },
    overload: {
      high: config['connection.overload_high'],
      low: config['connection.overload_low'],
      minAgeMs: config['connection.overload_min_age'],
    },
    balance: { tolerance: config['fleet.tolerance'], minAgeMs: config['fleet.min_age'] },
  };
}

/** Reads the files; throws when one of them cannot be read. */
export function readTls({ tls }: WebConfig): TlsMaterial | undefined {
  if (!tls) return undefined;
  const read = (file: string): string => readFileSync(file, 'utf8');
  return {
    cert: read(tls.certFile),
    key: read(tls.keyFile),
    ca: tls.clientCaFile === undefined ? undefined : read(tls.clientCaFile),
    clientCertificate: tls.clientCertificate,
    isClientVerified: tls.isClientVerified,
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    ciphers: tls.ciphers,
  };
}

function topicCreation(config: Config): TopicCreation | undefined {
  if (!config['kafka.create_topics']) return undefined;
  return {
    partitions: config['kafka.topic_partitions'],
    replicationFactor: config['kafka.topic_replication_factor'],
  };
}

export function formatSettings(config: Config): FormatSettings {
  return {
    json: { timestamp: config['record.json_timestamp'], value: config['record.json_value'] },
    registry: registrySettings(config),
    maxRecordBytes: Math.floor(config['kafka.max_batch_size'] * RECORD_SHARE),
  };
}

export function producerSettings(config: Config): Pick<ProducerParts, 'options' | 'recordTime'> {
  const isNow = config['record.timestamp'] === 'now';
  return {
    options: {
      ...clientOptions(config),
      topic: constantTopic(config),
      compression: config['kafka.compression'],
      maxBatchBytes: config['kafka.max_batch_size'],
      maxBatchRecords: config['kafka.max_batch_records'],
      maxQueueBytes: config['kafka.max_queue_size'],
      lingerMs: config['kafka.linger'],
      creation: topicCreation(config),
    },
    recordTime: isNow ? (_sampleMs, nowMs) => nowMs : recordTime,
  };
}

function registrySettings(config: Config): FormatSettings['registry'] {
  const url = config['avro.registry_url'];
  if (url === '') return undefined;
  return {
    url,
    username: config['avro.registry_username'],
    password: config['avro.registry_password'],
    caFile: config['avro.registry_ca_file'],
    subject: config['avro.subject'] || `${config['kafka.topic']}-value`,
    register: config['avro.register_schema'],
  };
}

/** What decides in the pipeline, beside the parts that do the work. */
export function pipelineSettings(config: Config): Omit<PipelineParts, 'format' | 'delivery' | 'instruments'> {
  return {
    topic: constantTopic(config) ?? '',
    metadataTopic: config['metadata.topic'],
    router: routerOf(config),
    destinationOf: destinations({
      key: config['record.key'],
      partitionBy: config['record.partition_by'],
    }),
    maxDecodedBytes: config['http.max_decoded_size'],
    limits: {
      labelsPerSeries: config['limits.labels_per_series'],
      samplesPerRequest: config['limits.samples_per_request'],
      bucketsPerHistogram: config['limits.buckets_per_histogram'],
      bucketsPerRequest: config['limits.buckets_per_request'],
      symbolsPerRequest: config['limits.symbols_per_request'],
      textBytesPerRequest: config['http.max_decoded_size'],
      textBytesPerSeries: config['kafka.max_batch_size'],
    },
    rules: {
      labelNameBytes: config['limits.label_name_length'],
      labelValueBytes: config['limits.label_value_length'],
      futureMs: config['limits.future'],
    },
  };
}
