/** A virtual replica: the real decisions about connections that exist as numbers only. */

import { Balance } from '../../../src/connection/balance.ts';
import { ClosePolicy } from '../../../src/connection/close-policy.ts';
import { OverloadGuard } from '../../../src/connection/overload.ts';
import { spanFor, USUAL_SPAN, usualIntervalMs } from '../../../src/connection/pace.ts';
import { Returns, WATCHED } from '../../../src/connection/returns.ts';
import { Cost } from '../../../src/fleet/cost.ts';
import type { Member } from '../../../src/fleet/members.ts';
import { PublishPlan } from '../../../src/fleet/publish-plan.ts';
import { type Figures, standingOf } from '../../../src/fleet/standing.ts';
import { Rate } from '../../../src/lib/rate.ts';
import type { CloseReason } from '../../../src/metrics/reasons.ts';

/** As the replica has them: between looks at overload, and at the fleet. */
const OVERLOAD_TICK_MS = 5000;
const FLEET_TICK_MS = 1000;

export class VirtualConnection {
  readonly client: number;
  readonly bornMs: number;
  readonly lot: number;
  readonly address: string;
  readonly agent = 'Prometheus';
  readonly user = '';
  readonly inFlight = 1;
  readonly leaveAtMs = Number.POSITIVE_INFINITY;
  ending: CloseReason | undefined;
  leave: 'overload' | 'balance' | undefined;
  isHeld = false;
  requests = 0;
  samples = 0;
  readonly #rate: Rate;
  #before = 0;
  #last = 0;

  constructor(client: number, bornMs: number, lot: number) {
    this.client = client;
    this.bornMs = bornMs;
    this.lot = lot;
    this.address = `client ${client}`;
    this.#rate = new Rate(USUAL_SPAN, bornMs);
  }

  get writes(): number {
    return this.requests;
  }

  ageMs(nowMs: number): number {
    return nowMs - this.bornMs;
  }

  jittered(limit: number, jitter: number): number {
    return limit * (1 + jitter * (2 * this.lot - 1));
  }

  measure(nowMs: number, usualMs: number): void {
    this.#rate.span = spanFor(this, usualMs, nowMs);
    this.#rate.note(this.samples, nowMs);
  }

  get samplesPerSecond(): number {
    return this.#rate.perSecond;
  }

  read(): void {
    this.#before = this.#last;
    this.#last = this.samples;
  }

  get recentLoad(): { bytes: number; samples: number } {
    const samples = this.samples - this.#before;
    return { bytes: samples * 20, samples };
  }
}

export interface ReplicaPlan {
  /** Samples a CPU-second. */
  readonly speed: number;
  readonly maxAgeMs: number;
  /** Undefined: no fleet, age and overload alone. */
  readonly balance: { readonly tolerance: number; readonly minAgeMs: number } | undefined;
  readonly random: () => number;
}

/** What a replica has published, as the others see it. */
export interface Publication {
  readonly atMs: number;
  readonly figures: Figures;
}

export class VirtualReplica {
  readonly plan: ReplicaPlan;
  readonly open = new Set<VirtualConnection>();
  readonly closed: Partial<Record<CloseReason, number>> = {};
  readonly returns = new Returns({ onWatched: () => {}, onReturned: () => {} });
  publication: Publication | undefined;
  published = 0;
  readonly #policy: ClosePolicy;
  readonly #overload: OverloadGuard;
  readonly #balance: Balance | undefined;
  readonly #cost = new Cost();
  readonly #plan = new PublishPlan();
  /** CPU seconds used so far. */
  #used = 0;
  #usedBefore = 0;
  #samples = 0;
  #nextOverloadMs: number;
  #nextFleetMs: number;

  constructor(plan: ReplicaPlan, nowMs: number) {
    this.plan = plan;
    this.#policy = new ClosePolicy({
      maxAgeMs: plan.maxAgeMs,
      maxAgeJitter: 0.25,
      maxRequests: 0,
      maxCloseRate: 20,
    });
    this.#overload = new OverloadGuard({ high: 0.85, low: 0.75, minAgeMs: 10_000 });
    this.#balance = plan.balance && new Balance(plan.balance, this.returns);
    this.#nextOverloadMs = nowMs + plan.random() * OVERLOAD_TICK_MS;
    this.#nextFleetMs = nowMs + plan.random() * FLEET_TICK_MS;
  }

  accept(connection: VirtualConnection): void {
    this.open.add(connection);
  }

  /** A request and its answer; false when the answer ends the connection. */
  serve(connection: VirtualConnection, samples: number, nowMs: number): boolean {
    connection.requests++;
    connection.samples += samples;
    if (connection.requests === 1) this.returns.opened(connection);
    this.#used += samples / this.plan.speed;
    this.#samples += samples;
    const decision = this.#policy.decide(connection, {
      nowMs,
      openConnections: this.open.size,
      isDraining: false,
      isRequestRead: true,
    });
    if (!decision || 'skip' in decision) return true;
    connection.ending = decision.close;
    this.open.delete(connection);
    this.closed[decision.close] = (this.closed[decision.close] ?? 0) + 1;
    if (WATCHED.has(decision.close)) this.returns.closed(connection, nowMs);
    return false;
  }

  /** What a replica does by the clock; `others` have published what is told. */
  tick(nowMs: number, others: readonly VirtualReplica[]): void {
    if (nowMs >= this.#nextOverloadMs) {
      this.#nextOverloadMs += OVERLOAD_TICK_MS;
      this.#overload.relieve(this.open, this.#utilization(), nowMs);
      for (const connection of this.open) connection.read();
      this.returns.settle(nowMs);
    }
    if (!this.#balance || nowMs < this.#nextFleetMs) return;
    this.#nextFleetMs += FLEET_TICK_MS;
    const usualMs = usualIntervalMs(this.open, nowMs);
    for (const connection of this.open) connection.measure(nowMs, usualMs);
    this.#cost.note({ cpuSeconds: this.#used, samples: this.#samples }, nowMs);
    const figures = this.figures();
    if (this.#plan.isDue(figures, nowMs)) {
      this.#plan.told(figures, nowMs);
      this.publication = { atMs: nowMs, figures };
      this.published++;
    }
    const members = others.flatMap((other): Member[] => {
      const { publication } = other;
      if (!publication || nowMs - publication.atMs > 15_000) return [];
      return [{ ...publication.figures, heardMs: publication.atMs } as Member];
    });
    const standing = standingOf(figures, members);
    this.#balance.relieve(this.open, standing, nowMs);
  }

  figures(): Figures {
    let samplesPerSecond = 0;
    let largestSamplesPerSecond = 0;
    for (const connection of this.open) {
      samplesPerSecond += connection.samplesPerSecond;
      largestSamplesPerSecond = Math.max(largestSamplesPerSecond, connection.samplesPerSecond);
    }
    return {
      state: 'ready',
      connections: this.open.size,
      samplesPerSecond,
      largestSamplesPerSecond,
      cpu: 0,
      samplesPerCpuSecond: this.#cost.samplesPerCpuSecond,
    };
  }

  #utilization(): number {
    const used = (this.#used - this.#usedBefore) / (OVERLOAD_TICK_MS / 1000);
    this.#usedBefore = this.#used;
    // The noise of other work on the machine, of collections and scrapes.
    return Math.min(1, used * (0.95 + 0.1 * this.plan.random()));
  }
}
