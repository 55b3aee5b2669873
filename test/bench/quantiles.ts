/** Quantiles and medians of measured numbers. */

const FIRST_CAPACITY = 4096;

/** Collects numbers; sorted once, at the end. */
export class Measurements {
  #values = new Float64Array(FIRST_CAPACITY);
  count = 0;

  add(value: number): void {
    if (this.count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.count++] = value;
  }

  /** All of them, ascending. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.count).sort();
  }
}

/** The smallest value that at least `share` of them do not exceed (nearest rank); NaN when there are none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
