/** The composition root: configuration in, running adapter out; the order of start and stop. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import { FleetSide } from './app/fleet-side.ts';
import { HttpSide } from './app/http-side.ts';
import { Preparation } from './app/preparation.ts';
import { ReloadOutcome } from './app/reload-outcome.ts';
import { Renewal } from './app/renewal.ts';
import { connectionSettings, formatSettings, pipelineSettings, producerSettings } from './app/settings.ts';
import { compareConfigs } from './config/compare.ts';
import type { LoadedConfig, RefusedConfig } from './config/load.ts';
import type { Config } from './config/options.ts';
import type { WebConfig } from './config/web-config.ts';
import { Connections } from './connection/connections.ts';
import { measureConnections } from './connection/gauges.ts';
import type { Delivery, RecordFormat } from './contracts.ts';
import { DryRun } from './kafka/dry-run.ts';
import { KafkaProducer } from './kafka/producer.ts';
import type { MainLogger } from './lib/logger.ts';
import { Metrics } from './metrics.ts';
import { WritePipeline } from './pipeline.ts';
import { createFormat } from './record/formats.ts';
import { Activity } from './status/activity.ts';
import type { Readiness, Replica } from './status/replica.ts';
import { takeSnapshot } from './status/snapshot.ts';
import type { Status } from './status/status.ts';

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export interface AppParts {
  readonly loaded: LoadedConfig;
  /** Reads the configuration again. */
  readonly loadAgain: () => LoadedConfig | RefusedConfig;
  readonly build: BuildInfo;
  readonly logger: MainLogger;
  /** Where a dry run prints its records. */
  readonly output: Writable;
}

export class App {
  readonly #parts: AppParts;
  #config: Config;
  readonly #metrics = new Metrics();
  readonly #connections: Connections;
  readonly #activity: Activity;
  readonly #delivery: Delivery;
  readonly #format: RecordFormat;
  readonly #preparation: Preparation;
  readonly #fleet: FleetSide;
  readonly #startedAt = new Date();
  readonly #instance = randomUUID().slice(0, 8);
  /** For tests that need no socket, too. */
  readonly http: HttpSide;
  readonly #renewal: Renewal;
  #address = '';
  #draining = false;
  readonly #outcome = new ReloadOutcome(this.#metrics);

  constructor(parts: AppParts) {
    this.#parts = parts;
    const { build, loaded } = parts;
    const { config } = loaded;
    this.#config = config;
    const { instruments } = this.#metrics;
    instruments.buildInfo.set({ ...build, node: process.version }, 1);
    this.#connections = new Connections(connectionSettings(config), instruments);
    this.#metrics.beforeScrape(() => measureConnections(this.#connections, instruments));
    this.#activity = new Activity(instruments);
    this.#delivery = this.#createDelivery();
    this.#format = createFormat(config['record.format'], formatSettings(config));
    this.#preparation = new Preparation(this.#format, parts.logger);
    this.#fleet = this.#createFleet();
    this.http = this.#createHttp(loaded.web);
    this.#renewal = new Renewal({
      files: () => this.http.files,
      renew: () => this.http.renew(),
      logger: parts.logger,
      onOutcome: (problems) => this.#outcome.note('renewal', problems),
    });
    this.#outcome.note('reload', []);
  }

  /** Listens and starts reaching for Kafka; resolves once requests are accepted, Kafka there or not. */
  async start(): Promise<{ host: string; port: number }> {
    const { logger, build } = this.#parts;
    const config = this.#config;
    this.#delivery.start();
    this.#connections.start();
    this.#renewal.start();
    void this.#preparation.run();
    await this.#activity.start();
    const { address, port } = await this.http.main.listen();
    const admin = await this.http.admin?.listen();
    if (admin) logger.info({ address: admin.address, port: admin.port }, 'listening for operators');
    this.#address = `${hostname()}:${port}`;
    this.#fleet.start(admin ? `${hostname()}:${admin.port}` : this.#address);
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
    const { logger } = this.#parts;
    const config = this.#config;
    this.#draining = true;
    this.http.startDraining();
    this.#fleet.announce();
    logger.info({ drainDelayMs: config['shutdown.drain_delay'] }, 'draining');
    await new Promise((resolve) => setTimeout(resolve, config['shutdown.drain_delay']));
    // Nobody is led here any more, so the others may forget this replica while it finishes.
    const [answered] = await Promise.all([this.http.close(config['shutdown.timeout']), this.#fleet.stop()]);
    this.#connections.stop();
    this.#renewal.stop();
    if (!answered) logger.error({}, 'requests were cut off: not answered within shutdown.timeout');
    await this.#delivery.stop();
    this.#activity.stop();
    this.#metrics.close();
    logger.info({}, 'stopped');
    return answered;
  }

  #createDelivery(): Delivery {
    const { logger, output } = this.#parts;
    const config = this.#config;
    if (config.dry_run) return new DryRun(output);
    return new KafkaProducer({ ...producerSettings(config), instruments: this.#metrics.instruments, logger });
  }

  /**
   * Reads the configuration again and puts it in force as a whole, as far as it can be without a restart. Gives the
   * problems for which the old one stays.
   */
  reload(): readonly string[] {
    const { logger, loadAgain } = this.#parts;
    const loaded = loadAgain();
    const problems = 'problems' in loaded ? loaded.problems : this.#adopt(loaded);
    this.#outcome.note('reload', problems);
    if (problems.length > 0) logger.error({ problems }, 'configuration not reloaded, the old one stays');
    return problems;
  }

  #adopt(loaded: LoadedConfig): readonly string[] {
    const { logger } = this.#parts;
    const { changed, forRestart, effective, problems } = compareConfigs(this.#config, loaded);
    if (problems.length > 0) return problems;
    const refusals = this.http.tryAdopt(effective, loaded.web);
    if (refusals.length > 0) return refusals;
    this.#config = effective;
    this.#connections.configure(connectionSettings(effective));
    logger.useLevel(effective['log.level']);
    logger.info({ changed }, 'configuration reloaded');
    for (const warning of loaded.warnings) logger.warn({}, warning);
    if (forRestart.length > 0)
      logger.warn({ options: forRestart }, 'changed, but in force after a restart only');
    return [];
  }

  #createHttp(web: WebConfig): HttpSide {
    return new HttpSide({
      config: this.#config,
      web,
      connections: this.#connections,
      metrics: this.#metrics,
      logger: this.#parts.logger,
      replica: () => this.#replica,
      createPipeline: (config) => this.#createPipeline(config),
      snapshot: () => this.#takeSnapshot(),
      reload: () => this.reload(),
    });
  }

  #createFleet(): FleetSide {
    return new FleetSide({
      config: this.#config,
      connections: this.#connections,
      metrics: this.#metrics,
      logger: this.#parts.logger,
      replica: () => this.#replica,
    });
  }

  #createPipeline(config: Config): WritePipeline {
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
      topic: this.#config['kafka.topic'],
      fleet: this.#fleet.status(this.#config),
      configuration: this.#outcome.status,
    });
  }

  /** Asked anew each time: the address is known once the server listens, and readiness changes. */
  get #replica(): Replica {
    const { build } = this.#parts;
    return {
      id: this.#config['replica.id'] || this.#address,
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
    const { problem } = this.#preparation;
    if (problem !== '') return { word: 'starting', detail: problem };
    return { word: 'ready', detail: '' };
  }
}
