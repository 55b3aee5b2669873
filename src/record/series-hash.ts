/** The hash that ties a series to its partition. */

import type { SeriesView } from '../contracts.ts';

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
/** Never part of UTF-8, so no two label sets run together to the same bytes. */
const SEPARATOR = 0xff;

/** FNV-1a (32 bits) over names and values of the canonical labels: equal label sets, equal hashes. */
export function seriesHash(series: SeriesView): number {
  const { bytes, labels } = series;
  let hash = OFFSET_BASIS;
  for (let range = 0; range < series.labelCount * 2; range++) {
    for (let i = labels[range * 2]; i < labels[range * 2 + 1]; i++) hash = Math.imul(hash ^ bytes[i], PRIME);
    hash = Math.imul(hash ^ SEPARATOR, PRIME);
  }
  return hash >>> 0;
}
