/** Whether moving connections helps: it is done in rounds, and when one was for nothing the next comes later each time. */

import { Departures } from './departures.ts';

/*
 * Behind a balancer that spreads, the distance from evenness shrinks as the load is moved: by about half when half of it
 * has been. Where clients come back it stays as it is, whatever is moved. While clients are on their way it seems to
 * shrink in any case, so it is looked at when they have had time to arrive.
 *
 * Behind a balancer that looks for the least connections this does not tell: chance moves the distance there, and what
 * was asked to leave makes it worse. All have equally many connections there, within seconds of any close. It can be so
 * elsewhere, just after a start or by chance. So as long as it is, a round is a probe, which asks few: when none of them
 * stays away, nobody is asked until the connections are level no more.
 */

/** Of a round: connections are asked to leave, then nobody is. */
const MOVING_MS = 20_000;
const SETTLING_MS = 10_000;
/** Of what is carried: when less was moved in a round, it says nothing. */
const TELLING_SHARE = 0.25;
/** Of the distance at the begin: above this, the round was for nothing. */
const NO_EFFECT = 0.8;
/** Of the connections, in a probe: that many missing would show, and do little harm if they come back. */
const PROBE_SHARE = 0.25;
const FIRST_REST_MS = 60_000;
/** Also of a rest as long as connections are level: behind a balancer that has been changed they may stay so for long. */
const LONGEST_REST_MS = 3_600_000;

export interface Look {
  /** Whether there is something to move. */
  readonly isNeeded: boolean;
  /** Whether another replica lacks connections, which is where those that leave go, unless they come back for ever. */
  readonly isOneShort: boolean;
  /** Whether all replicas have equally many connections. */
  readonly isLevel: boolean;
  /** From evenness; 0 = even. */
  readonly distance: number;
  /** Samples a second that this replica carries. */
  readonly carried: number;
  /** Of senders, those included that have been asked to leave. */
  readonly connections: number;
  readonly nowMs: number;
}

interface Round {
  readonly startMs: number;
  readonly distance: number;
  /** Samples a second. */
  moved: number;
  /** Connections, since no other replica lacks them. */
  asked: number;
  askedMs: number;
}

export class Effect {
  readonly #departures = new Departures();
  #round: Round | undefined;
  #restMs = FIRST_REST_MS;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #endedEarlyMs = Number.NEGATIVE_INFINITY;
  /** Whether it rests because those asked came back while connections were level. */
  #isLevelRest = false;
  /** When connections were level last. */
  #levelMs = Number.NEGATIVE_INFINITY;

  /** To be asked every second or so: how many connections may be asked to leave now. */
  allowance(look: Look): number {
    const { isNeeded, isOneShort, isLevel, distance, connections, nowMs } = look;
    if (this.#hasToRest(look)) {
      this.#round = undefined;
      return 0;
    }
    if (!this.#round) {
      if (!isNeeded) return 0;
      this.#round = { startMs: nowMs, distance, moved: 0, asked: 0, askedMs: nowMs };
      this.#departures.begin(connections);
    }
    const round = this.#round;
    if (isOneShort) round.asked = 0;
    // Who comes before anybody was asked, and who leaves for where connections lack, says nothing.
    if (isOneShort || this.#departures.asked === 0) this.#departures.begin(connections);
    const isProbe = isLevel && !isOneShort;
    const most = isProbe ? Math.max(1, PROBE_SHARE * connections) : Number.POSITIVE_INFINITY;
    const isProbed = round.asked >= most && nowMs - round.askedMs >= SETTLING_MS;
    const elapsedMs = nowMs - round.startMs;
    if (isProbed || elapsedMs >= MOVING_MS + SETTLING_MS) this.#judge(round, look);
    return isNeeded && elapsedMs < MOVING_MS ? Math.max(0, most - round.asked) : 0;
  }

  #hasToRest({ isOneShort, isLevel, nowMs }: Look): boolean {
    if (isLevel || isOneShort) this.#levelMs = nowMs;
    // Also behind least connections a client is away for some seconds, and what the others tell is as old.
    else if (nowMs - this.#levelMs >= SETTLING_MS) this.#unlevel(nowMs);
    // That those asked came back because all had equally many says nothing when one has fewer: that gets them first.
    return nowMs < this.#restsUntilMs && !(this.#isLevelRest && isOneShort);
  }

  #judge({ distance: before, moved }: Round, { distance, carried, connections, isLevel, nowMs }: Look): void {
    this.#round = undefined;
    this.#departures.end(connections);
    if (isLevel && this.#departures.areForNothing(connections)) {
      this.#departures.forget();
      this.#rest(nowMs, { isLevel });
      return;
    }
    if (carried === 0 || moved < TELLING_SHARE * carried) return;
    if (distance > NO_EFFECT * before) this.#rest(nowMs, { isLevel: false });
    else this.#restMs = FIRST_REST_MS;
  }

  #rest(nowMs: number, { isLevel }: Pick<Look, 'isLevel'>): void {
    this.#isLevelRest = isLevel;
    this.#restsUntilMs = nowMs + (isLevel ? LONGEST_REST_MS : this.#restMs);
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
  }

  /** Behind least connections they would not be: what was found out while they were level holds no more. */
  #unlevel(nowMs: number): void {
    this.#departures.forget();
    if (this.#isLevelRest) this.#restsUntilMs = nowMs;
  }

  /** Notes that a connection of so many samples a second was asked to leave, and its chance not to be replaced. */
  moved(samplesPerSecond: number, chance: number, nowMs: number): void {
    if (!this.#round) return;
    this.#round.moved += samplesPerSecond;
    this.#round.asked++;
    this.#round.askedMs = nowMs;
    this.#departures.ask(chance);
  }

  /**
   * The fleet is another one: what was for nothing may help now. Not more often than it would be tried in any case, or
   * a replica that starts and fails again and again would have the others try for ever.
   */
  changed(nowMs: number): void {
    this.#round = undefined;
    if (nowMs >= this.#restsUntilMs || nowMs - this.#endedEarlyMs < this.#restMs) return;
    this.#endedEarlyMs = nowMs;
    this.#restsUntilMs = nowMs;
  }
}
