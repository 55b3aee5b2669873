/** The composition root: configuration in, running adapter out; the order of start and stop. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import {
  clientOptions,
  connectionSettings,
  formatSettings,
  pipelineSettings,
  readTls,
  topicCreation,
} from './app/settings.ts';
import type { Config } from './config/options.ts';
import type { WebConfig } from './config/web-config.ts';
import { Connections } from './connection/connections.ts';
import type { Delivery, RecordFormat } from './contracts.ts';
import { Admission } from './http/admission.ts';
import { guardOf } from './http/auth.ts';
import { recordHeadersBy } from './http/record-headers.ts';
import { HttpServer } from './http/server.ts';
import { DryRun } from './kafka/dry-run.ts';
import { KafkaProducer } from './kafka/producer.ts';
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

const PREPARE_EVERY_MS = 500;

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

export class App {
  readonly #parts: AppParts;
  readonly #metrics = new Metrics();
  readonly #connections: Connections;
  readonly #activity: Activity;
  readonly #delivery: Delivery;
  readonly #format: RecordFormat;
  /** Why no record can be written yet; '' when the format has what it needs. */
  #formatProblem = 'preparing the record format';
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
    this.#format = createFormat(config['record.format'], formatSettings(config));
    this.server = this.#createServer();
  }

  /** Listens and starts reaching for Kafka; resolves once requests are accepted, Kafka there or not. */
  async start(): Promise<{ host: string; port: number }> {
    const { config, logger, build } = this.#parts;
    this.#delivery.start();
    void this.#prepareFormat();
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

  /** Tries until the format has what it needs; how often it reaches out is its own affair. */
  async #prepareFormat(): Promise<void> {
    while (this.#formatProblem !== '') {
      try {
        await this.#format.prepare?.();
        this.#formatProblem = '';
      } catch (error) {
        const { message } = error as Error;
        if (message !== this.#formatProblem) this.#parts.logger.warn({}, `not ready: ${message}`);
        this.#formatProblem = message;
        await new Promise((resolve) => setTimeout(resolve, PREPARE_EVERY_MS).unref());
      }
    }
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
        maxBatchRecords: config['kafka.max_batch_records'],
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
        guard: guardOf({
          users: this.#parts.web.users,
          tokens: [],
          username: config['http.basic_auth.username'],
          password: config['http.basic_auth.password'],
        }),
        recordHeaders: recordHeadersBy(config['record.headers']),
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
      format: this.#format,
      delivery: this.#delivery,
      instruments: this.#metrics.instruments,
      ...pipelineSettings(config),
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
    if (!this.#delivery.ready) return { word: 'starting', detail: this.#delivery.state };
    if (this.#formatProblem !== '') return { word: 'starting', detail: this.#formatProblem };
    return { word: 'ready', detail: '' };
  }
}
