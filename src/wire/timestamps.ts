/** The rule for timestamps: a record has to be able to show them. */

import type { Series } from './series.ts';

/** The range of a JavaScript Date: a hundred million days around 1970. */
const MAX_TIMESTAMP_MS = 8.64e15;

/** Drops samples whose time no date can hold; returns how many. */
export function dropUnreadableTimestamps(series: Series): number {
  let kept = 0;
  for (let i = 0; i < series.sampleCount; i++) {
    if (Math.abs(series.timestampsMs[i]) > MAX_TIMESTAMP_MS) continue;
    if (kept < i) {
      series.timestampsMs[kept] = series.timestampsMs[i];
      series.setValueBits(kept, series.valueWords[i * 2], series.valueWords[i * 2 + 1]);
    }
    kept++;
  }
  const dropped = series.sampleCount - kept;
  series.sampleCount = kept;
  return dropped;
}
