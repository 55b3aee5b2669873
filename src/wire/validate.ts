/** Rules for the labels and timestamps of one series; puts the labels into canonical order. */

import { Buffer, isUtf8 } from 'node:buffer';
import type { DropReason } from '../errors.ts';
import type { Series } from './series.ts';

const NAME = new TextEncoder().encode('__name__');
/** The range of a JavaScript Date: a hundred million days around 1970. */
const MAX_TIMESTAMP_MS = 8.64e15;

/**
 * Checks and canonicalises a series: labels sorted by name (unsorted ones are accepted, Remote-Write 2.0
 * "Labels", senders differ), empty values dropped (an empty label is an absent one), `nameLabel` found.
 * Returns the reason why the series cannot be written, or undefined when it can.
 */
export function canonicalise(series: Series): DropReason | undefined {
  const { labels, bytes } = series;
  sortLabels(series);
  let kept = 0;
  series.nameLabel = -1;
  for (let i = 0; i < series.labelCount; i++) {
    const at = i * 4;
    const nameStart = labels[at];
    const nameEnd = labels[at + 1];
    if (nameStart === nameEnd) return 'label_name_empty';
    if (i > 0 && compareNames(series, i - 1, i) === 0) return 'label_duplicate';
    if (!isUtf8(bytes.subarray(nameStart, nameEnd))) return 'label_not_utf8';
    if (!isUtf8(bytes.subarray(labels[at + 2], labels[at + 3]))) return 'label_not_utf8';
  }
  for (let i = 0; i < series.labelCount; i++) {
    const at = i * 4;
    if (labels[at + 2] === labels[at + 3]) continue;
    if (Buffer.compare(bytes.subarray(labels[at], labels[at + 1]), NAME) === 0) series.nameLabel = kept;
    labels.copyWithin(kept * 4, at, at + 4);
    kept++;
  }
  series.labelCount = kept;
  return series.nameLabel < 0 ? 'name_missing' : undefined;
}

/** Drops samples whose time no date can hold; returns how many. */
export function dropUnreadableTimestamps(series: Series): number {
  let kept = 0;
  for (let i = 0; i < series.sampleCount; i++) {
    if (Math.abs(series.timestampsMs[i]) > MAX_TIMESTAMP_MS) continue;
    series.timestampsMs[kept] = series.timestampsMs[i];
    series.setValueBits(kept, series.valueWords[i * 2], series.valueWords[i * 2 + 1]);
    kept++;
  }
  const dropped = series.sampleCount - kept;
  series.sampleCount = kept;
  return dropped;
}

/** Senders sort already, so this is one comparison a label; a hostile order costs n log n, not n squared. */
function sortLabels(series: Series): void {
  let sorted = true;
  for (let i = 1; i < series.labelCount && sorted; i++) sorted = compareNames(series, i - 1, i) <= 0;
  if (sorted) return;
  const order = Array.from({ length: series.labelCount }, (_, index) => index);
  order.sort((left, right) => compareNames(series, left, right));
  const before = series.labels.slice(0, series.labelCount * 4);
  order.forEach((from, to) => {
    series.labels.set(before.subarray(from * 4, from * 4 + 4), to * 4);
  });
}

function compareNames(series: Series, left: number, right: number): number {
  const { bytes, labels } = series;
  return Buffer.compare(
    bytes.subarray(labels[left * 4], labels[left * 4 + 1]),
    bytes.subarray(labels[right * 4], labels[right * 4 + 1]),
  );
}
