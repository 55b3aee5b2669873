/** Whether closing connections helps: when it does not, it rests, for longer each time. */

/*
 * Behind a balancer that spreads, the distance from evenness shrinks as the load is moved: by about half when half of it
 * has been. Where clients come back (persistence, or least connections, for which the replica that just closed one is
 * the next choice) it stays as it is, whatever is moved.
 */

/** Of what is carried: after moving so much the distance is looked at, once the clients have had time to be elsewhere. */
const LOOK_SHARE = 0.5;
const SETTLE_MS = 15_000;
/** Of what is carried: no more is moved before somebody has looked. */
const MOST_MOVED = 2;
/** Of the distance before: above this, moving it was for nothing. */
const NO_EFFECT = 0.8;
const FIRST_REST_MS = 30_000;
const LONGEST_REST_MS = 3_600_000;

export interface Look {
  /** From evenness; 0 = even. */
  readonly distance: number;
  /** Samples a second that this replica carries. */
  readonly carried: number;
  readonly nowMs: number;
}

export class Effect {
  /** At the last look; undefined when nothing is under way. */
  #distance: number | undefined;
  /** Samples a second moved since. */
  #moved = 0;
  #looksAtMs = Number.POSITIVE_INFINITY;
  #restMs = FIRST_REST_MS;
  #restsUntilMs = 0;

  /** False while it rests, and when very much has been moved and the time to look has not come. */
  mayGoOn({ distance, carried, nowMs }: Look): boolean {
    if (nowMs < this.#restsUntilMs) return false;
    this.#distance ??= distance;
    if (this.#moved >= LOOK_SHARE * carried) this.#looksAtMs = Math.min(this.#looksAtMs, nowMs + SETTLE_MS);
    if (nowMs < this.#looksAtMs) return this.#moved < MOST_MOVED * carried;
    const isFutile = distance > NO_EFFECT * this.#distance;
    this.end();
    if (!isFutile) {
      this.#restMs = FIRST_REST_MS;
      return true;
    }
    this.#restsUntilMs = nowMs + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
    return false;
  }

  /** Notes what has been asked to move, in samples a second. */
  spend(samplesPerSecond: number): void {
    this.#moved += samplesPerSecond;
  }

  /** It is even enough. */
  end(): void {
    this.#distance = undefined;
    this.#moved = 0;
    this.#looksAtMs = Number.POSITIVE_INFINITY;
  }

  /** Circumstances have changed: what was for nothing may help now. */
  restart(): void {
    this.end();
    this.#restMs = FIRST_REST_MS;
    this.#restsUntilMs = 0;
  }
}
