/** What a replica does by the clock about connections that bring it too much: for its own loop, and for the fleet. */

import { performance } from 'node:perf_hooks';
import { Rate } from '../lib/rate.ts';
import { Balance, type BalanceSettings, type Scales } from './balance.ts';
import type { Connection } from './connection.ts';
import { OverloadGuard, type OverloadSettings } from './overload.ts';
import { USUAL_SPAN, usualIntervalMs } from './pace.ts';
import type { Returns } from './returns.ts';

export interface ReliefSettings {
  readonly overload: OverloadSettings;
  readonly balance: BalanceSettings;
}

/** What the connections of senders bring. */
export interface SenderLoad {
  readonly connections: number;
  readonly samplesPerSecond: number;
  /** Of the busiest connection. */
  readonly largestSamplesPerSecond: number;
  /** Since the start, of all connections there ever were. */
  readonly samples: number;
}

export class Relief {
  readonly #overload: OverloadGuard;
  readonly #balance: Balance;
  #loop = performance.eventLoopUtilization();
  #utilization = 0;
  #samples = 0;
  /** Of connections that came and went between two looks, as those of clients that open one a request. */
  #passing = 0;
  readonly #passingRate = new Rate(USUAL_SPAN, performance.now());

  constructor({ overload, balance }: ReliefSettings, returns: Returns) {
    this.#overload = new OverloadGuard(overload);
    this.#balance = new Balance(balance, returns);
  }

  configure({ overload, balance }: ReliefSettings): void {
    this.#overload.settings = overload;
    this.#balance.settings = balance;
  }

  /** Of the event loop between the last two looks, 0 to 1. */
  get utilization(): number {
    return this.#utilization;
  }

  /** Looks at the event loop, every few seconds; `open` are asked to leave when it was too busy. */
  relieveLoop(open: Iterable<Connection>, nowMs: number): void {
    const loop = performance.eventLoopUtilization();
    this.#utilization = performance.eventLoopUtilization(loop, this.#loop).utilization;
    this.#loop = loop;
    this.#overload.relieve(open, this.#utilization, nowMs);
  }

  /** Counts what a connection brought that has ended; once. Load that was known has gone with it. */
  ended({ isMeasured, unmeasured }: Connection): void {
    if (isMeasured) this.#samples += unmeasured;
    else this.#passing += unmeasured;
  }

  /** Brings the rates of `open` up to date, every second or so, and adds them up. */
  weigh(open: Iterable<Connection>, nowMs: number): SenderLoad {
    this.#samples += this.#passingRate.note(this.#passing, nowMs);
    const load = {
      connections: 0,
      samplesPerSecond: this.#passingRate.perSecond,
      largestSamplesPerSecond: 0,
    };
    const all = [...open];
    const usualMs = usualIntervalMs(all, nowMs);
    for (const connection of all) {
      this.#samples += connection.measure(nowMs, usualMs);
      if (connection.writes === 0) continue;
      const { samplesPerSecond } = connection;
      load.connections++;
      load.samplesPerSecond += samplesPerSecond;
      load.largestSamplesPerSecond = Math.max(load.largestSamplesPerSecond, samplesPerSecond);
    }
    return { ...load, samples: this.#samples };
  }

  /** `open` are asked to leave when this replica carries more than its due of the fleet's load. */
  relieveFleet(open: Iterable<Connection>, scales: Scales, nowMs: number): void {
    this.#balance.relieve(open, scales, nowMs);
  }
}
