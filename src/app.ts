/** The composition root: configuration in, running adapter out; the order of start and stop. */

import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Config } from './config/options.ts';
import { ConnectionTracker } from './connection/tracker.ts';
import type { Delivery } from './contracts.ts';
import { Admission } from './http/admission.ts';
import type { Identity, Readiness } from './http/operations-routes.ts';
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

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export interface AppParts {
  readonly config: Config;
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
  readonly #tracker = new ConnectionTracker();
  readonly #delivery: Delivery;
  /** The whole HTTP side, for tests that need no socket. */
  readonly server: HttpServer;
  #address = '';
  #draining = false;

  constructor(parts: AppParts) {
    this.#parts = parts;
    const { build } = parts;
    this.#metrics.instruments.buildInfo.set({ ...build, node: process.version }, 1);
    this.#delivery = this.#createDelivery();
    this.server = this.#createServer();
  }

  /** Listens and starts reaching for Kafka; resolves once requests are accepted, Kafka there or not. */
  async start(): Promise<{ host: string; port: number }> {
    const { config, logger, build } = this.#parts;
    this.#delivery.start();
    const { address, port } = await this.server.listen();
    this.#address = `${hostname()}:${port}`;
    const topic = config['kafka.topic'];
    if (config.dry_run) logger.warn({}, 'DRY RUN: records go to standard output and nowhere else');
    logger.info({ replica: this.#id, address, port, topic, ...build }, 'listening');
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
    const { host, port } = config['http.listen_address'];
    return new HttpServer({
      options: {
        host,
        port,
        requestTimeoutMs: config['http.request_timeout'],
        headersTimeoutMs: config['http.headers_timeout'],
        idleTimeoutMs: config['connection.idle_timeout'],
      },
      write: {
        pipeline: new WritePipeline({
          format: createFormat(config['record.format']),
          delivery: this.#delivery,
          instruments,
          topic: config['kafka.topic'],
          maxDecodedBytes: config['http.max_decoded_size'],
          limits: {
            labelsPerSeries: config['limits.labels_per_series'],
            samplesPerRequest: config['limits.samples_per_request'],
          },
        }),
        admission: new Admission(config['http.max_inflight_size'], instruments),
        instruments,
        logger,
        maxBodyBytes: config['http.max_body_size'],
      },
      operations: {
        metrics: this.#metrics,
        readiness: () => this.#readiness(),
        identify: (request) => this.#identify(request),
        drainingStatus: config['ready.draining_status'],
      },
      tracker: this.#tracker,
      instruments,
      logger,
    });
  }

  get #id(): string {
    return this.#parts.config['replica.id'] || this.#address;
  }

  #readiness(): Readiness {
    if (this.#draining) return { word: 'draining', detail: '' };
    if (this.#delivery.ready) return { word: 'ready', detail: '' };
    return { word: 'starting', detail: this.#delivery.state };
  }

  #identify(request: FastifyRequest): Identity {
    const { socket } = request.raw;
    const connection = this.#tracker.describe(socket);
    return {
      id: this.#id,
      hostname: hostname(),
      version: this.#parts.build.version,
      localAddress: socket.localAddress ?? '',
      localPort: socket.localPort ?? 0,
      peerAddress: socket.remoteAddress ?? '',
      peerPort: socket.remotePort ?? 0,
      connectionAgeSeconds: connection.ageSeconds,
      connectionRequests: connection.requests,
    };
  }
}
