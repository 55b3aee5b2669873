/** Labels that are being changed. */

import type { LabelMap } from '../lib/label-map.ts';
import { compareNames } from '../lib/label-map.ts';

/** An empty value is the same as no label. Given labels come first, then those that were set, in that order. */
export class LabelBuilder {
  readonly #given: LabelMap;
  /** Those given that were neither set nor deleted since. */
  readonly #kept: Map<string, string>;
  readonly #set = new Map<string, string>();

  constructor(labels: LabelMap) {
    this.#given = labels;
    this.#kept = new Map(labels);
  }

  get(name: string): string {
    return this.#set.get(name) ?? this.#kept.get(name) ?? '';
  }

  set(name: string, value: string): void {
    this.#kept.delete(name);
    if (value === '') this.#set.delete(name);
    else this.#set.set(name, value);
  }

  delete(name: string): void {
    this.set(name, '');
  }

  /** A copy, which does not see later changes. */
  entries(): [name: string, value: string][] {
    return [...this.#kept, ...this.#set];
  }

  /** Sorted by name; the very map that was given when nothing is different. */
  labels(): LabelMap {
    const isSame =
      this.#kept.size + this.#set.size === this.#given.size &&
      [...this.#set].every(([name, value]) => this.#given.get(name) === value);
    if (isSame) return this.#given;
    if (this.#set.size === 0) return this.#kept;
    return new Map(this.entries().sort(([a], [b]) => compareNames(a, b)));
  }
}
