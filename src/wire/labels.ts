/** The rules for the labels of a series, their canonical order, and the hash that identifies them. */

import { Buffer, isUtf8 } from 'node:buffer';
import type { DropReason } from '../errors.ts';
import { hashLabels } from './label-hash.ts';
import type { LabelSet } from './label-set.ts';

/**
 * Checks and canonicalises a label set: labels sorted by name (unsorted ones are accepted, since senders differ),
 * empty values dropped (an empty label is an absent one), `nameLabel` and `hash` set.
 * Returns the reason why what it labels cannot be written, or undefined when it can.
 */
export function canonicalise(set: LabelSet): DropReason | undefined {
  if (set.isOverLimit) return 'labels_too_many';
  if (set.isSettled) return set.nameLabel < 0 ? 'name_missing' : undefined;
  if (!isCanonical(set)) {
    const reason = makeCanonical(set);
    set.isAsSent = false;
    if (reason !== undefined) return reason;
  }
  const isAscii = hashLabels(set);
  if (!isAscii && !hasUtf8Only(set)) return 'label_not_utf8';
  return set.nameLabel < 0 ? 'name_missing' : undefined;
}

/** Whether names are strictly ascending and nothing is empty: what every sender sends. */
function isCanonical(set: LabelSet): boolean {
  const { bytes, labels } = set;
  const offsets = set.labelCount * 4;
  let beforeStart = 0;
  let beforeEnd = 0;
  for (let at = 0; at < offsets; at += 4) {
    const start = labels[at];
    const end = labels[at + 1];
    if (start === end || labels[at + 2] === labels[at + 3]) return false;
    const shorter = Math.min(end - start, beforeEnd - beforeStart);
    let i = 0;
    while (i < shorter && bytes[beforeStart + i] === bytes[start + i]) i++;
    const ascends =
      i < shorter ? bytes[beforeStart + i] < bytes[start + i] : beforeEnd - beforeStart < end - start;
    if (!ascends) return false;
    beforeStart = start;
    beforeEnd = end;
  }
  return true;
}

/** The general way: sorts, refuses empty and repeated names, drops empty values. */
function makeCanonical(set: LabelSet): DropReason | undefined {
  const { labels } = set;
  sortLabels(set);
  for (let i = 0; i < set.labelCount; i++) {
    if (labels[i * 4] === labels[i * 4 + 1]) return 'label_name_empty';
    if (i > 0 && compareNames(set, i - 1, i) === 0) return 'label_duplicate';
  }
  let kept = 0;
  for (let i = 0; i < set.labelCount; i++) {
    if (labels[i * 4 + 2] === labels[i * 4 + 3]) continue;
    labels.copyWithin(kept * 4, i * 4, i * 4 + 4);
    kept++;
  }
  set.labelCount = kept;
  return undefined;
}

/** A hostile order costs n log n, not n squared. */
function sortLabels(set: LabelSet): void {
  const order = Array.from({ length: set.labelCount }, (_, index) => index);
  order.sort((left, right) => compareNames(set, left, right));
  const before = set.labels.slice(0, set.labelCount * 4);
  order.forEach((from, to) => {
    set.labels.set(before.subarray(from * 4, from * 4 + 4), to * 4);
  });
}

export function compareNames({ bytes, labels }: LabelSet, left: number, right: number): number {
  return Buffer.compare(
    bytes.subarray(labels[left * 4], labels[left * 4 + 1]),
    bytes.subarray(labels[right * 4], labels[right * 4 + 1]),
  );
}

function hasUtf8Only({ bytes, labels, labelCount }: LabelSet): boolean {
  for (let at = 0; at < labelCount * 4; at += 2) {
    if (!isUtf8(bytes.subarray(labels[at], labels[at + 1]))) return false;
  }
  return true;
}
