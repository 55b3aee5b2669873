/** Labels as text made into canonical label bytes, by the same rules as those that senders send. */

import { ByteWriter } from '../lib/byte-writer.ts';
import type { Label } from '../record/decisions.ts';
import type { OwnLabels } from '../record/label-store.ts';
import { LabelSet } from '../wire/label-set.ts';
import { canonicalise } from '../wire/labels.ts';

/** UTF-8 takes at most so many bytes for a unit of UTF-16. */
const BYTES_PER_UNIT = 3;

/**
 * Gives the labels, valid until the next call, in memory that is used again; undefined when they break a rule, such as
 * a missing `__name__`.
 */
export function createOwnLabels(): (labels: readonly Label[]) => OwnLabels | undefined {
  const text = new ByteWriter();
  const set = new LabelSet(Number.POSITIVE_INFINITY);
  const write = (part: string): number => {
    text.reserve(part.length * BYTES_PER_UNIT);
    text.length += text.bytes.write(part, text.length);
    return text.length;
  };
  return (labels) => {
    text.truncate();
    set.clearLabels();
    for (const [name, value] of labels) {
      const offsets = set.addLabel();
      set.labels[offsets] = text.length;
      set.labels[offsets + 1] = write(name);
      set.labels[offsets + 2] = text.length;
      set.labels[offsets + 3] = write(value);
    }
    set.useBytes(text.bytes, text.view);
    return canonicalise(set) === undefined ? set : undefined;
  };
}
