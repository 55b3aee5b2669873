/** Whether moving connections helps: it is done in rounds, and when one was for nothing the next comes later each time. */

/*
 * Behind a balancer that spreads, the distance from evenness shrinks as the load is moved: by about half when half of it
 * has been. Where clients come back (persistence, or least connections, for which the replica that just closed one is
 * the next choice) it stays as it is, whatever is moved. While clients are on their way it seems to shrink in any case,
 * so it is looked at when they have had time to arrive.
 */

/** Of a round: connections are asked to leave, then nobody is. */
const MOVING_MS = 20_000;
const SETTLING_MS = 10_000;
/** Of what is carried: when less was moved in a round, it says nothing. */
const TELLING_SHARE = 0.25;
/** Of the distance at the begin: above this, the round was for nothing. */
const NO_EFFECT = 0.8;
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 3_600_000;

export interface Look {
  /** Whether there is something to move. */
  readonly isNeeded: boolean;
  /** From evenness; 0 = even. */
  readonly distance: number;
  /** Samples a second that this replica carries. */
  readonly carried: number;
  readonly nowMs: number;
}

interface Round {
  readonly startMs: number;
  readonly distance: number;
  /** Samples a second. */
  moved: number;
}

export class Effect {
  #round: Round | undefined;
  #restMs = FIRST_REST_MS;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #endedEarlyMs = Number.NEGATIVE_INFINITY;

  /** To be asked every second or so: whether connections may be asked to leave now. */
  mayMove(look: Look): boolean {
    const { isNeeded, distance, nowMs } = look;
    if (nowMs < this.#restsUntilMs) return false;
    if (!this.#round) {
      if (isNeeded) this.#round = { startMs: nowMs, distance, moved: 0 };
      return isNeeded;
    }
    const elapsedMs = nowMs - this.#round.startMs;
    if (elapsedMs >= MOVING_MS + SETTLING_MS) this.#judge(this.#round, look);
    return isNeeded && elapsedMs < MOVING_MS;
  }

  #judge({ distance: before, moved }: Round, { distance, carried, nowMs }: Look): void {
    this.#round = undefined;
    if (carried === 0 || moved < TELLING_SHARE * carried) return;
    if (distance <= NO_EFFECT * before) {
      this.#restMs = FIRST_REST_MS;
      return;
    }
    this.#restsUntilMs = nowMs + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
  }

  /** Notes what has been asked to leave, in samples a second. */
  moved(samplesPerSecond: number): void {
    if (this.#round) this.#round.moved += samplesPerSecond;
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
