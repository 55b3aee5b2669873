/** Whether those who are asked to leave stay away: told by how many connections there are, whoever the clients are. */

/*
 * Behind a balancer that spreads, of N replicas with B below their due, one above it loses B in N of those that it asks to
 * leave: the others above it ask as many, of which it gets its part. Behind one that looks for the least connections it
 * loses none once all have equally many. It even gets more load than it had: those who send most often come first, also
 * from other replicas, and find the gap.
 */

/**
 * Connections that have to be expected to stay away before it is told. With so few it can be chance that they do not, but
 * where it is chance connections do not stay level, which ends the rest; and asking more would do harm where it is not.
 */
const TELLING = 2;
/** The same, of all connections: as many may come and go by age in half a minute. */
const TELLING_SHARE = 0.08;
/** Of what is expected: halfway between none and all of it. */
const FEW = 0.5;

export class Departures {
  #expected = 0;
  #stayedAway = 0;
  /** Since the last begin. */
  #asked = 0;
  #connections = 0;

  /** From now on it counts who is asked to leave, and the change of `connections`. */
  begin(connections: number): void {
    this.#connections = connections;
    this.#asked = 0;
  }

  /** How many of those asked since the begin are expected to stay away. */
  get asked(): number {
    return this.#asked;
  }

  /** Notes that a connection was asked to leave, and its chance not to be replaced by another one. */
  ask(chance: number): void {
    this.#asked += chance;
  }

  /** Those who come back have had the time to. */
  end(connections: number): void {
    if (this.#asked === 0) return;
    this.#expected += this.#asked;
    this.#stayedAway += this.#connections - connections;
    this.begin(connections);
  }

  /** Whether it is told by now that none stays away. */
  areForNothing(connections: number): boolean {
    if (this.#expected < Math.max(TELLING, TELLING_SHARE * connections)) return false;
    return this.#stayedAway <= FEW * this.#expected;
  }

  /** What was counted up to the last end. */
  forget(): void {
    this.#expected = 0;
    this.#stayedAway = 0;
  }
}
