/** Choices at random, the same in every run for the same seed. */

import { seededRandom } from '../../support/random.ts';

export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<Item>(list: readonly Item[]): Item {
    return list[this.below(list.length)]!;
  }

  /** Many small numbers, few large ones: about half of them 0, a quarter 1 ... */
  few(most: number): number {
    let count = 0;
    while (count < most && this.chance(0.5)) count++;
    return count;
  }

  bits64(): bigint {
    return (BigInt(this.below(2 ** 32)) << 32n) | BigInt(this.below(2 ** 32));
  }

  shuffle<Item>(list: Item[]): Item[] {
    for (let i = list.length - 1; i > 0; i--) {
      const other = this.below(i + 1);
      const item = list[i]!;
      list[i] = list[other]!;
      list[other] = item;
    }
    return list;
  }
}
