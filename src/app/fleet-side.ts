/** The fleet side of an app: what this replica tells the others, through which topic, from the start to the end. */

import type { Config } from '../config/options.ts';
import type { Connections } from '../connection/connections.ts';
import { REAL_CLOCK } from '../fleet/clock.ts';
import { Cost } from '../fleet/cost.ts';
import { CpuShare } from '../fleet/cpu-share.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { Figures } from '../fleet/standing.ts';
import { FleetTopic } from '../kafka/fleet-topic.ts';
import type { Logger } from '../lib/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { FleetStatusParts } from '../status/fleet.ts';
import type { Replica } from '../status/replica.ts';
import { clientOptions } from './settings.ts';

export interface FleetSideParts {
  readonly config: Config;
  readonly connections: Connections;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly replica: () => Replica;
}

export class FleetSide {
  readonly #parts: FleetSideParts;
  readonly #cpu = new CpuShare();
  readonly #cost = new Cost();
  /** Undefined before the start, and for good when it is off. */
  #fleet: Fleet | undefined;

  constructor(parts: FleetSideParts) {
    this.#parts = parts;
    const { metrics } = parts;
    metrics.instruments.fleetUsable.set(this.#isEnabled ? 0 : Number.NaN);
    metrics.beforeScrape(() => this.#fleet?.measure());
  }

  get #isEnabled(): boolean {
    const { config } = this.#parts;
    return config['fleet.enabled'] && !config.dry_run;
  }

  /** `address` is where this replica says how it is, `host:port`. */
  start(address: string): void {
    if (!this.#isEnabled) return;
    const { config, connections, metrics, logger, replica } = this.#parts;
    const { instruments } = metrics;
    const { id, instance, version, startedAt } = replica();
    const log = new FleetTopic({
      options: clientOptions(config),
      topic: config['fleet.topic'],
      creates: true,
      logger,
      onWritten: (bytes) => instruments.fleetPublishedBytes.inc(bytes),
      onRead: (bytes) => instruments.fleetReadBytes.inc(bytes),
      onUnreadable: () => instruments.fleetRecordsIgnored.inc({ reason: 'unreadable' }),
    });
    const fleet = config['fleet.name'];
    this.#fleet = new Fleet({
      log,
      identity: { fleet, id, instance, epoch: startedAt.getTime(), version, address },
      figures: () => this.#figures(),
      relieve: (standing) => connections.balance(standing),
      clock: REAL_CLOCK,
      instruments,
      logger,
    });
    this.#fleet.start();
  }

  #figures(): Figures {
    const { connections, replica } = this.#parts;
    const nowMs = performance.now();
    const { samples, ...load } = connections.weigh();
    const { user, system } = process.cpuUsage();
    this.#cost.note({ cpuSeconds: (user + system) / 1e6, samples }, nowMs);
    return {
      state: replica().readiness.word,
      ...load,
      cpu: this.#cpu.read(nowMs),
      samplesPerCpuSecond: this.#cost.samplesPerCpuSecond,
    };
  }

  /** For the status page; undefined when the fleet is off. */
  status(config: Config): FleetStatusParts | undefined {
    const view = this.#fleet?.view;
    return view && { view, topic: config['fleet.topic'], tolerance: config['fleet.tolerance'] };
  }

  /** The state of this replica is another. */
  announce(): void {
    this.#fleet?.announce();
  }

  /** Within two seconds, Kafka there or not. */
  async stop(): Promise<void> {
    await this.#fleet?.stop();
  }
}
