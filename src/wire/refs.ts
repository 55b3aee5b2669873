/** References to the symbols table, as labels of a 2.0 request are told. */

import type { LabelSet } from './label-set.ts';
import type { Symbols } from './symbols.ts';

/** References of one label set, in the order in which they came. */
export class Refs {
  readonly #kept: Uint32Array;
  count = 0;
  /** What the texts take to which `resolve` came. */
  textBytes = 0;

  /** Room for the references of the most labels and one more, so that one too many is seen. */
  constructor(maxLabels: number) {
    this.#kept = new Uint32Array(maxLabels * 2 + 2);
  }

  add(ref: number): void {
    if (this.count < this.#kept.length) this.#kept[this.count] = ref;
    this.count++;
  }

  /** False when a reference is missing its partner or not in the table. */
  resolve(labels: LabelSet, { ranges, count }: Symbols): boolean {
    this.textBytes = 0;
    if (this.count % 2 !== 0) return false;
    const kept = this.#kept;
    const known = Math.min(this.count, kept.length);
    for (let i = 0; i < known; i += 2) {
      const name = kept[i];
      const value = kept[i + 1];
      if (name >= count || value >= count) return false;
      const at = labels.addLabel();
      const nameStart = ranges[name * 2];
      const nameEnd = ranges[name * 2 + 1];
      const valueStart = ranges[value * 2];
      const valueEnd = ranges[value * 2 + 1];
      labels.labels[at] = nameStart;
      labels.labels[at + 1] = nameEnd;
      labels.labels[at + 2] = valueStart;
      labels.labels[at + 3] = valueEnd;
      this.textBytes += nameEnd - nameStart + valueEnd - valueStart;
    }
    return true;
  }
}
