/** Labels as text made into canonical label bytes, by the same rules as those that senders send. */

import { Buffer } from 'node:buffer';
import { SLACK_BYTES, viewOf } from '../lib/byte-writer.ts';
import type { Label } from '../record/decisions.ts';
import type { OwnLabels } from '../record/relabelled.ts';
import { LabelSet } from '../wire/label-set.ts';
import { canonicalise } from '../wire/labels.ts';

/** Undefined when the labels break a rule, such as a missing `__name__`. */
export function ownLabels(labels: readonly Label[]): OwnLabels | undefined {
  const pieces = labels.flat().map((text) => Buffer.from(text));
  const bytes = Buffer.concat([...pieces, Buffer.alloc(SLACK_BYTES)]);
  const set = new LabelSet(labels.length);
  set.useBytes(bytes, viewOf(bytes));
  let at = 0;
  for (let i = 0; i < labels.length; i++) {
    const offsets = set.addLabel();
    for (const part of [0, 1]) {
      set.labels[offsets + part * 2] = at;
      at += pieces[i * 2 + part]!.length;
      set.labels[offsets + part * 2 + 1] = at;
    }
  }
  return canonicalise(set) === undefined ? set : undefined;
}
