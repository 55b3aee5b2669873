/** The part of this replica in the fleet: it tells the others of itself, hears them, and says where it stands. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FleetLog } from '../contracts.ts';
import type { Logger } from '../lib/logger.ts';
import type { Instruments } from '../metrics.ts';
import type { Clock } from './clock.ts';
import { type Member, Members, SILENCE_MS } from './members.ts';
import { PublishPlan } from './publish-plan.ts';
import { encodeFleetRecord, type FleetRecord } from './record.ts';
import { type Figures, type Standing, standingOf } from './standing.ts';

const TICK_MS = 1000;
/** Between tries that fail. */
const LONGEST_REST_MS = 5000;
/** Anybody may write what takes long to look at: requests are answered in between. */
const HEARD_AT_ONCE = 100;
/** How long the end may take; whoever does not hear the last word forgets this replica a little later. */
const STOP_MS = 2000;

export type Identity = Pick<FleetRecord, 'fleet' | 'id' | 'instance' | 'epoch' | 'version' | 'address'>;

export interface FleetParts {
  readonly log: FleetLog;
  readonly identity: Identity;
  /** Of this moment; asked every second. */
  readonly figures: () => Figures;
  /** Told every second while the fleet is usable and this replica is ready: it may carry more than its due. */
  readonly relieve: (standing: Standing) => void;
  readonly clock: Clock;
  readonly instruments: Instruments;
  readonly logger: Logger;
}

/** What is known now. */
export interface FleetView {
  /** What this replica writes comes back: it knows the others, and they know it. */
  readonly isUsable: boolean;
  /** Why not; '' while it is. */
  readonly problem: string;
  /** Another replica that runs has the id of this one. */
  readonly hasNamesake: boolean;
  readonly own: FleetRecord;
  /** None once nothing could be read for a while. */
  readonly others: readonly Member[];
  /** Ids of others that more than one of them has. */
  readonly sharedIds: ReadonlySet<string>;
  readonly standing: Standing;
}

export class Fleet {
  readonly #parts: FleetParts;
  readonly #members: Members;
  readonly #plan = new PublishPlan();
  readonly #startedMs: number;
  #figures: Figures;
  /** The reading and telling that is under way. */
  #exchange: Promise<void> | undefined;
  #isUrgent = false;
  #isStopped = false;
  #notBeforeMs = 0;
  #failures = 0;
  #problem = '';
  #isWarned = false;
  /** `nowMs` of the last time, NaN before the first. */
  #readMs = Number.NaN;
  #publishedMs = Number.NaN;
  #heardItselfMs = Number.NaN;
  #namesakeMs = Number.NaN;
  #cancelTick: () => void = () => {};

  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.#members = new Members(parts.identity);
    this.#figures = parts.figures();
    this.#startedMs = parts.clock.nowMs();
  }

  start(): void {
    this.#tick();
  }

  /** Tells the others now that something is different, such as that this replica is draining. */
  announce(): void {
    this.#isUrgent = true;
    this.#figures = this.#parts.figures();
    if (!this.#exchange) this.#begin();
  }

  #tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#figures = this.#parts.figures();
    if (this.#wasWithin(this.#readMs, nowMs)) this.#members.expire(nowMs);
    else this.#members.clear();
    this.#warn(nowMs);
    if (this.isUsable && this.#figures.state === 'ready') this.#parts.relieve(this.view.standing);
    if (!this.#exchange && nowMs >= this.#notBeforeMs) this.#begin();
    this.#cancelTick = this.#parts.clock.after(TICK_MS, () => this.#tick());
  }

  #wasWithin(thenMs: number, nowMs: number): boolean {
    return nowMs - thenMs <= SILENCE_MS;
  }

  /** Once, and again only when it was usable in between. */
  #warn(nowMs: number): void {
    const { logger, identity } = this.#parts;
    if (this.isUsable) this.#isWarned = false;
    else if (!this.#isWarned && nowMs - this.#startedMs > SILENCE_MS) {
      this.#isWarned = true;
      const { problem } = this;
      logger.warn({ fleet: identity.fleet, problem }, 'no fleet: connections are spread by age alone');
    }
  }

  #begin(): void {
    this.#isUrgent = false;
    this.#exchange = this.#exchangeNow().finally(() => {
      this.#exchange = undefined;
      if (this.#isUrgent) this.#begin();
    });
  }

  /** Never rejects. */
  async #exchangeNow(): Promise<void> {
    const problems: string[] = [];
    const keep = (error: Error): void => void problems.push(error.message);
    await this.#read().catch(keep);
    await this.#publishWhenDue().catch(keep);
    this.#problem = problems[0] ?? '';
    const restMs = problems.length > 0 ? Math.min(TICK_MS * 2 ** this.#failures, LONGEST_REST_MS) : 0;
    this.#failures = problems.length > 0 ? this.#failures + 1 : 0;
    this.#notBeforeMs = this.#parts.clock.nowMs() + restMs;
  }

  async #read(): Promise<void> {
    const values = await this.#parts.log.read();
    const nowMs = this.#parts.clock.nowMs();
    // What is there at the start may be of the one that had this place before.
    const isFirst = Number.isNaN(this.#readMs);
    this.#readMs = nowMs;
    for (const [index, value] of values.entries()) {
      if (index > 0 && index % HEARD_AT_ONCE === 0) await nextTurn();
      this.#hear(value, isFirst);
    }
  }

  #hear(value: Uint8Array, isFirst: boolean): void {
    const { clock, identity, instruments, logger } = this.#parts;
    const nowMs = clock.nowMs();
    const heard = this.#members.hear(value, nowMs);
    if (heard === 'own') this.#heardItselfMs = nowMs;
    else if (heard === 'namesake') {
      if (isFirst) return;
      if (!this.#wasWithin(this.#namesakeMs, nowMs))
        logger.warn(
          { id: identity.id },
          'another replica has the same id: set replica.id of each to one of its own',
        );
      this.#namesakeMs = nowMs;
    } else if (heard !== 'member') instruments.fleetRecordsIgnored.inc({ reason: heard });
  }

  async #publishWhenDue(): Promise<void> {
    if (this.#isStopped) return;
    const figures = this.#figures;
    if (this.#plan.isDue(figures, this.#parts.clock.nowMs())) await this.#publish(figures);
  }

  async #publish(figures: Figures): Promise<void> {
    const { log, identity, clock, instruments } = this.#parts;
    await log.publish(`${identity.fleet}/${identity.id}`, encodeFleetRecord({ ...identity, ...figures }));
    this.#publishedMs = clock.nowMs();
    this.#plan.told(figures, this.#publishedMs);
    instruments.fleetRecordsPublished.inc();
  }

  get isUsable(): boolean {
    return this.#wasWithin(this.#heardItselfMs, this.#parts.clock.nowMs());
  }

  /** '' while it is usable. */
  get problem(): string {
    if (this.isUsable) return '';
    return this.#problem || 'what this replica writes does not come back from the topic';
  }

  get view(): FleetView {
    const { identity, clock } = this.#parts;
    const { others, sharedIds } = this.#members;
    return {
      isUsable: this.isUsable,
      problem: this.problem,
      hasNamesake: this.#wasWithin(this.#namesakeMs, clock.nowMs()),
      own: { ...identity, ...this.#figures },
      others,
      sharedIds,
      standing: standingOf(this.#figures, others),
    };
  }

  /** Brings the gauges up to date; before each scrape. */
  measure(): void {
    const { instruments, clock } = this.#parts;
    const { isUsable, standing } = this.view;
    const nowMs = clock.nowMs();
    instruments.fleetUsable.set(isUsable ? 1 : 0);
    instruments.fleetReplicas.set(standing.replicas);
    instruments.fleetShare.set(isUsable ? standing.share : Number.NaN);
    instruments.fleetImbalanceRatio.set(isUsable ? standing.imbalance : Number.NaN);
    instruments.fleetPublishAge.set((nowMs - this.#publishedMs) / 1000);
    instruments.fleetReadAge.set((nowMs - this.#readMs) / 1000);
  }

  /** Says good-bye and lets go of the log, within two seconds. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTick();
    const { clock, log } = this.#parts;
    let cancel = (): void => {};
    const isLate = new Promise<void>((resolve) => {
      cancel = clock.after(STOP_MS, resolve);
    });
    await Promise.race([this.#sayGoodbye(), isLate]);
    await Promise.race([log.stop(), isLate]);
    cancel();
  }

  async #sayGoodbye(): Promise<void> {
    const { clock, logger } = this.#parts;
    // It must not go on after the last word.
    await this.#exchange;
    try {
      // Nobody misses one that has not been heard.
      if (this.#wasWithin(this.#publishedMs, clock.nowMs()))
        await this.#publish({ ...this.#figures, state: 'gone' });
    } catch (error) {
      logger.debug({ problem: (error as Error).message }, 'the others were not told of the end');
    }
  }
}
