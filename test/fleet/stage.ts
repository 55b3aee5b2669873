/** Fleets without Kafka and without waiting: a log in memory, and a clock that goes when the test says so. */

import { Buffer } from 'node:buffer';
import type { FleetLog } from '../../src/contracts.ts';
import type { Clock } from '../../src/fleet/clock.ts';
import { Fleet } from '../../src/fleet/fleet.ts';
import { decodeFleetRecord, encodeFleetRecord, type FleetRecord } from '../../src/fleet/record.ts';
import type { Figures, Standing } from '../../src/fleet/standing.ts';
import { Metrics } from '../../src/metrics.ts';

/** Time goes on by `pass` alone. */
export class HandClock implements Clock {
  #nowMs = 1000;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Second by second; what each brings about is done before the next. */
  async pass(seconds: number): Promise<void> {
    await settled();
    for (let passed = 0; passed < seconds; passed++) {
      this.#nowMs += 1000;
      for (const timer of [...this.#timers]) {
        if (timer.atMs > this.#nowMs) continue;
        this.#timers.delete(timer);
        timer.run();
      }
      await settled();
    }
  }
}

/** Everything that waits for nothing but promises has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What all replicas share. */
export class SharedTopic {
  readonly records: { readonly key: string; readonly value: string }[] = [];
  /** What reading and writing reject with, for every replica; '' when all is well. */
  readProblem = '';
  writeProblem = '';
  /** Neither is answered at all. */
  isSilent = false;
  /** What is asked while there is one is answered when it is over. */
  held: Promise<void> | undefined;

  /** Gives the way to end it. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.held = promise;
    return () => {
      this.held = undefined;
      resolve();
    };
  }

  write(value: string, key = ''): void {
    this.records.push({ key, value });
  }

  /** As somebody writes it. */
  say(record: Partial<FleetRecord>): void {
    this.write(encodeFleetRecord({ ...OTHER, ...record }));
  }

  said(): FleetRecord[] {
    return this.records.flatMap(({ value }) => decodeFleetRecord(Buffer.from(value)) ?? []);
  }
}

export const OTHER: FleetRecord = {
  fleet: 'default',
  id: 'b:8080',
  instance: 'bbbbbbbb',
  epoch: 2000,
  version: '0.1.0',
  address: 'b:8080',
  state: 'ready',
  connections: 3,
  samplesPerSecond: 300,
  largestSamplesPerSecond: 100,
  samplesPerCpuSecond: 0,
  cpu: 0.1,
};

class SharedLog implements FleetLog {
  readonly #topic: SharedTopic;
  #at = 0;
  isStopped = false;
  reads = 0;

  constructor(topic: SharedTopic) {
    this.#topic = topic;
  }

  async publish(key: string, value: string): Promise<void> {
    await this.#answer(this.#topic.writeProblem);
    this.#topic.write(value, key);
  }

  async read(): Promise<readonly Uint8Array[]> {
    this.reads++;
    await this.#answer(this.#topic.readProblem);
    const values = this.#topic.records.slice(this.#at).map(({ value }) => Buffer.from(value));
    this.#at += values.length;
    return values;
  }

  async #answer(problem: string): Promise<void> {
    if (this.#topic.isSilent) await new Promise(() => {});
    await this.#topic.held;
    if (problem !== '') throw new Error(problem);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}

export interface Replica {
  readonly fleet: Fleet;
  readonly log: SharedLog;
  readonly metrics: Metrics;
  /** Of each warning what it says, and of what. */
  readonly warnings: string[];
  /** What it was told of where it stands, to act on. */
  readonly standings: Standing[];
  /** May be changed at any time. */
  readonly figures: { -readonly [Name in keyof Figures]: Figures[Name] };
}

/** One replica, named by its letter, not started. */
export function replicaOf(letter: string, clock: HandClock, topic: SharedTopic): Replica {
  const metrics = new Metrics();
  const warnings: string[] = [];
  const figures: Replica['figures'] = {
    state: 'ready',
    connections: 1,
    samplesPerSecond: 100,
    largestSamplesPerSecond: 50,
    cpu: 0.2,
    samplesPerCpuSecond: 0,
  };
  const standings: Standing[] = [];
  const log = new SharedLog(topic);
  const none = (): void => {};
  const fleet = new Fleet({
    log,
    identity: {
      fleet: 'default',
      id: `${letter}:8080`,
      instance: letter.repeat(8),
      epoch: 1000,
      version: '0.1.0',
      address: `${letter}:8080`,
    },
    figures: () => ({ ...figures }),
    relieve: (standing) => void standings.push(standing),
    clock,
    instruments: metrics.instruments,
    logger: {
      debug: none,
      info: none,
      warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
      error: none,
    },
  });
  return { fleet, log, metrics, warnings, figures, standings };
}
