/** The composition root: configuration in, running adapter out; the order of start and stop. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import type { Config } from './config/options.ts';
import type { WebConfig } from './config/web-config.ts';
import { type ConnectionSettings, Connections } from './connection/connections.ts';
import type { Delivery } from './contracts.ts';
import { Admission } from './http/admission.ts';
import { HttpServer } from './http/server.ts';
import type { ClientOptions } from './kafka/client.ts';
import { DryRun } from './kafka/dry-run.ts';
import { KafkaProducer } from './kafka/producer.ts';
import type { TopicCreation } from './kafka/topics.ts';
import type { Logger } from './lib/logger.ts';
import { Metrics } from './metrics.ts';
import { WritePipeline } from './pipeline.ts';
import { createFormat } from './record/formats.ts';
import { recordTime } from './record/record-time.ts';
import { Activity } from './status/activity.ts';
import { readStatusPage } from './status/page.ts';
import type { Readiness, Replica } from './status/replica.ts';
import { takeSnapshot } from './status/snapshot.ts';
import type { Status } from './status/status.ts';

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export interface AppParts {
  readonly config: Config;
  readonly web: WebConfig;
  readonly build: BuildInfo;
  readonly logger: Logger;
  /** Where a dry run prints its records. */
  readonly output: Writable;
}

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
    },
    sasl: {
      mechanism: config['kafka.sasl.mechanism'],
      username: config['kafka.sasl.username'],
      password: config['kafka.sasl.password'],
    },
  };
}

function connectionSettings(config: Config): ConnectionSettings {
  return {
    maxAgeMs: config['connection.max_age'],
    maxAgeJitter: config['connection.max_age_jitter'],
    maxRequests: config['connection.max_requests'],
    maxCloseRate: config['connection.max_close_rate'],
    idleTimeoutMs: config['connection.idle_timeout'],
    overload: {
      high: config['connection.overload_high'],
      low: config['connection.overload_low'],
      minAgeMs: config['connection.overload_min_age'],
    },
  };
}

function readTls({ tls }: WebConfig): { cert: string; key: string } | undefined {
  if (!tls) return undefined;
  return { cert: readFileSync(tls.certFile, 'utf8'), key: readFileSync(tls.keyFile, 'utf8') };
}

function topicCreation(config: Config): TopicCreation | undefined {
  if (!config['kafka.create_topics']) return undefined;
  return {
    partitions: config['kafka.topic_partitions'],
    replicationFactor: config['kafka.topic_replication_factor'],
  };
}

export class App {
  readonly #parts: AppParts;
  readonly #metrics = new Metrics();
  readonly #connections: Connections;
  readonly #activity: Activity;
  readonly #delivery: Delivery;
  readonly #startedAt = new Date();
  readonly #instance = randomUUID().slice(0, 8);
  /** The whole HTTP side, for tests that need no socket. */
  readonly server: HttpServer;
  #address = '';
  #draining = false;

  constructor(parts: AppParts) {
    this.#parts = parts;
    const { build, config } = parts;
    const { instruments } = this.#metrics;
    instruments.buildInfo.set({ ...build, node: process.version }, 1);
    this.#connections = new Connections(connectionSettings(config), instruments);
    this.#metrics.beforeScrape(() => this.#connections.measure());
    this.#activity = new Activity(instruments);
    this.#delivery = this.#createDelivery();
    this.server = this.#createServer();
  }

  /** Listens and starts reaching for Kafka; resolves once requests are accepted, Kafka there or not. */
  async start(): Promise<{ host: string; port: number }> {
    const { config, logger, build } = this.#parts;
    this.#delivery.start();
    await this.#activity.start();
    const { address, port } = await this.server.listen();
    this.#address = `${hostname()}:${port}`;
    const topic = config['kafka.topic'];
    if (config.dry_run) logger.warn({}, 'DRY RUN: records go to standard output and nowhere else');
    logger.info({ replica: this.#replica.id, address, port, topic, ...build }, 'listening');
    return { host: address, port };
  }

  /**
   * Ends politely: says `draining` and serves on for `shutdown.drain_delay`, then stops listening, finishes
   * what is under way and lets go of Kafka. Resolves to false when requests had to be cut off.
   */
  async stop(): Promise<boolean> {
    const { config, logger } = this.#parts;
    this.#draining = true;
    this.server.startDraining();
    logger.info({ drainDelayMs: config['shutdown.drain_delay'] }, 'draining');
    await new Promise((resolve) => setTimeout(resolve, config['shutdown.drain_delay']));
    const answered = await this.server.close(config['shutdown.timeout']);
    if (!answered) logger.error({}, 'requests were cut off: not answered within shutdown.timeout');
    await this.#delivery.stop();
    this.#activity.stop();
    this.#metrics.close();
    logger.info({}, 'stopped');
    return answered;
  }

  #createDelivery(): Delivery {
    const { config, logger, output } = this.#parts;
    if (config.dry_run) return new DryRun(output);
    const now = config['record.timestamp'] === 'now';
    return new KafkaProducer({
      options: {
        ...clientOptions(config),
        topic: config['kafka.topic'],
        compression: config['kafka.compression'],
        maxBatchBytes: config['kafka.max_batch_size'],
        maxQueueBytes: config['kafka.max_queue_size'],
        lingerMs: config['kafka.linger'],
        creation: topicCreation(config),
      },
      instruments: this.#metrics.instruments,
      logger,
      recordTime: now ? (_sampleMs, nowMs) => nowMs : recordTime,
    });
  }

  #createServer(): HttpServer {
    const { config, logger } = this.#parts;
    const { instruments } = this.#metrics;
    const connections = this.#connections;
    const { host, port } = config['http.listen_address'];
    const self = { replica: () => this.#replica, connections };
    return new HttpServer({
      options: {
        host,
        port,
        requestTimeoutMs: config['http.request_timeout'],
        headersTimeoutMs: config['http.headers_timeout'],
        tls: readTls(this.#parts.web),
      },
      write: {
        pipeline: this.#createPipeline(),
        admission: new Admission(config['http.max_inflight_size'], instruments),
        connections,
        instruments,
        logger,
        maxBodyBytes: config['http.max_body_size'],
      },
      operations: { ...self, metrics: this.#metrics, drainingStatus: config['ready.draining_status'] },
      lifecycle: { connections, logger, isEnabled: config['http.enable_lifecycle'] },
      status: { page: readStatusPage(), snapshot: () => this.#takeSnapshot() },
      connections,
      instruments,
      logger,
    });
  }

  #createPipeline(): WritePipeline {
    const { config } = this.#parts;
    return new WritePipeline({
      format: createFormat(config['record.format']),
      delivery: this.#delivery,
      instruments: this.#metrics.instruments,
      topic: config['kafka.topic'],
      metadataTopic: config['metadata.topic'],
      maxDecodedBytes: config['http.max_decoded_size'],
      limits: {
        labelsPerSeries: config['limits.labels_per_series'],
        samplesPerRequest: config['limits.samples_per_request'],
        bucketsPerHistogram: config['limits.buckets_per_histogram'],
        symbolsPerRequest: config['limits.symbols_per_request'],
      },
      rules: {
        labelNameBytes: config['limits.label_name_length'],
        labelValueBytes: config['limits.label_value_length'],
        futureMs: config['limits.future'],
      },
    });
  }

  #takeSnapshot(): Promise<Status> {
    return takeSnapshot({
      replica: this.#replica,
      connections: this.#connections,
      activity: this.#activity,
      instruments: this.#metrics.instruments,
      topic: this.#parts.config['kafka.topic'],
    });
  }

  /** Asked anew each time: the address is known once the server listens, and readiness changes. */
  get #replica(): Replica {
    const { config, build } = this.#parts;
    return {
      id: config['replica.id'] || this.#address,
      instance: this.#instance,
      hostname: hostname(),
      ...build,
      startedAt: this.#startedAt,
      readiness: this.#readiness,
    };
  }

  get #readiness(): Readiness {
    if (this.#draining) return { word: 'draining', detail: '' };
    if (this.#delivery.ready) return { word: 'ready', detail: '' };
    return { word: 'starting', detail: this.#delivery.state };
  }
}
