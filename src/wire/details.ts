/** What an answer says beyond a reason: the value that was seen, the bound, and the option that moves it. */

import { DROP_REASONS, type DropReason } from '../errors.ts';
import { describeSize, formatDuration, formatSize } from '../lib/units.ts';
import type { LabelSet } from './label-set.ts';
import { canonicalise, compareNames } from './labels.ts';

/** The range of a JavaScript Date: a hundred million days around 1970. A record has to be able to show its time. */
export const MAX_TIMESTAMP_MS = 8.64e15;

/** Called at once or never; undefined when the reason says it all. */
export type Detail = () => string | undefined;

export interface LengthRules {
  /** `limits.label_name_length`, bytes; 0 = no limit. */
  readonly labelNameBytes: number;
  /** `limits.label_value_length`, bytes; 0 = no limit. */
  readonly labelValueBytes: number;
}

/** Bytes of a name; what is longer may be a megabyte. */
const MAX_NAME_SHOWN = 100;

/** A text as received, of which the first `most` bytes are shown. */
export function quoted(bytes: Uint8Array, [start, end]: readonly [number, number], most: number): string {
  const text = JSON.stringify(new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + most))));
  return end - start > most ? `${text}...` : text;
}

/** Of a label set that was refused for `reason`. */
export function labelDetail(reason: DropReason, set: LabelSet, rules: LengthRules): string | undefined {
  if (reason === set.problem) return set.problemDetail;
  switch (reason) {
    case 'labels_too_many':
      return tooManyDetail(set);
    case 'label_duplicate':
      return `the label name ${nameAt(set, duplicateOf(set))} twice`;
    case 'label_name_too_long':
      return nameDetail(set, rules.labelNameBytes);
    case 'label_value_too_long':
      return valueDetail(set, rules.labelValueBytes);
    default:
      return undefined;
  }
}

/** Of an exemplar whose labels were refused for `reason`. */
export function exemplarDetail(
  reason: DropReason,
  exemplar: LabelSet,
  rules: LengthRules,
): string | undefined {
  if (reason !== 'exemplar_labels_invalid') return labelDetail(reason, exemplar, rules);
  // What broke a rule of labels does so again.
  const cause = canonicalise(exemplar);
  return cause && (labelDetail(cause, exemplar, rules) ?? DROP_REASONS[cause]);
}

/** `mostBytes` is the option `kafka.max_batch_size`. */
export function textsDetail(bytes: number, mostBytes: number): string {
  return `texts of ${describeSize(bytes)}, more than kafka.max_batch_size (${formatSize(mostBytes)})`;
}

export function bucketsDetail(parts: number, most: number): string {
  return `${parts} buckets, spans and bounds, more than limits.buckets_per_histogram (${most})`;
}

/** `field` and its value are out of the range of dates. */
export function rangeDetail(field: string, timeMs: number): string {
  // Times are doubles: what is beyond 2^53 has lost its last digits.
  const shown = Number.isSafeInteger(timeMs) ? timeMs : `about ${timeMs}`;
  return `${field} ${shown}, allowed are ${-MAX_TIMESTAMP_MS} to ${MAX_TIMESTAMP_MS}`;
}

/** `field` and its value are further ahead than `limits.future`. */
export function aheadDetail(
  field: string,
  timeMs: number,
  [nowMs, futureMs]: readonly [number, number],
): string {
  const present = new Date(nowMs).toISOString();
  const time = new Date(timeMs).toISOString();
  return `${field} ${timeMs} (${time}), more than limits.future (${formatDuration(futureMs)}) after ${present}`;
}

function tooManyDetail({ labelCount, surplus, isHopeless }: LabelSet): string {
  const count = `${isHopeless ? 'at least ' : ''}${labelCount + surplus}`;
  return `${count} labels, more than limits.labels_per_series (${labelCount})`;
}

/** The second label of that name: they are sorted. */
function duplicateOf(set: LabelSet): number {
  let i = 1;
  while (i < set.labelCount - 1 && compareNames(set, i - 1, i) !== 0) i++;
  return i;
}

function nameDetail(set: LabelSet, most: number): string {
  const { labels } = set;
  let i = 0;
  while (labels[i * 4 + 1] - labels[i * 4] <= most) i++;
  const bytes = describeSize(labels[i * 4 + 1] - labels[i * 4]);
  return `the label name ${nameAt(set, i)} of ${bytes}, more than limits.label_name_length (${most})`;
}

function valueDetail(set: LabelSet, most: number): string {
  const { labels } = set;
  let i = 0;
  while (labels[i * 4 + 3] - labels[i * 4 + 2] <= most) i++;
  const bytes = describeSize(labels[i * 4 + 3] - labels[i * 4 + 2]);
  return `a value of ${bytes} for the label ${nameAt(set, i)}, more than limits.label_value_length (${most})`;
}

function nameAt({ bytes, labels }: LabelSet, index: number): string {
  return quoted(bytes, [labels[index * 4], labels[index * 4 + 1]], MAX_NAME_SHOWN);
}
