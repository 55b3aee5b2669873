/** Whether something grows: the slope that half of all pairs of measurements are above, so that waves do not count. */

export interface Growth {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** From the first measurement to the last by the slope (Theil-Sen). */
  readonly growth: number;
  readonly most: number;
}

/** Per step between two values; 0 when there are fewer than two. */
export function slopeOf(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i++)
    for (let j = i + 1; j < values.length; j++) slopes.push((values[j]! - values[i]!) / (j - i));
  return medianOf(slopes);
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** `values` at equal intervals; ends are the medians of a third of them each. */
export function growthOf(name: string, values: readonly number[], most: number): Growth {
  const third = Math.max(1, Math.floor(values.length / 3));
  return {
    name,
    first: medianOf(values.slice(0, third)),
    last: medianOf(values.slice(-third)),
    growth: slopeOf(values) * Math.max(0, values.length - 1),
    most,
  };
}
