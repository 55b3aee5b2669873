/** References to the symbols table, as labels of a 2.0 request are told. */

import type { DropReason } from '../errors.ts';
import { textsDetail } from './details.ts';
import { EMPTY, finish, HASH_SEED, IS_NAME, NOT_ASCII, NOT_PLAIN } from './label-hash.ts';
import { FAR_BEYOND, type LabelSet } from './label-set.ts';
import type { Symbols } from './symbols.ts';

/** References of one label set, in the order in which they came. */
export class Refs {
  readonly #kept: Uint32Array;
  readonly #maxTextBytes: number;
  readonly #mostRefs: number;
  count = 0;
  /** What the texts take to which `resolve` came. */
  textBytes = 0;
  /** Whether the texts are more than any record has room for; then they are not looked at. */
  #isTooLarge = false;

  /** Room for the references of the most labels and one more, so that one too many is seen. 0 bytes = no limit. */
  constructor(maxLabels: number, maxTextBytes: number) {
    this.#kept = new Uint32Array(maxLabels * 2 + 2);
    this.#mostRefs = 2 * (FAR_BEYOND + 1) * maxLabels;
    this.#maxTextBytes = maxTextBytes || Number.POSITIVE_INFINITY;
  }

  get isHopeless(): boolean {
    return this.count >= this.#mostRefs;
  }

  add(ref: number): void {
    if (this.count < this.#kept.length) this.#kept[this.count] = ref;
    this.count++;
  }

  /**
   * Adds the labels. Refuses what they are of when a reference is missing its partner or not in the table, for
   * `reason`, or the texts are too large; then it is false.
   */
  resolve(labels: LabelSet, symbols: Symbols, reason: DropReason): boolean {
    const outside = this.#addLabels(labels, symbols);
    if (outside >= 0) labels.refuse(reason, `reference ${outside}, with ${symbols.count} symbols`);
    else if (this.count % 2 !== 0) labels.refuse(reason, `${this.count} references, an odd number`);
    else if (this.#isTooLarge)
      labels.refuse('record_too_large', textsDetail(this.textBytes, this.#maxTextBytes));
    else return true;
    return false;
  }

  /**
   * Up to the first reference that is not in the table, which is returned, else -1. What `canonicalise` finds out
   * byte by byte is put together from what is known of the symbols, and left to that where a label is odd.
   */
  #addLabels(labels: LabelSet, symbols: Symbols): number {
    this.textBytes = 0;
    this.#isTooLarge = false;
    const kept = this.#kept;
    const pairs = this.count - (this.count % 2);
    const known = Math.min(pairs, kept.length);
    const { ranges, count, before } = symbols;
    const { traits, factors, sums } = symbols.facts;
    let hash = HASH_SEED;
    let seen = 0;
    let isSorted = true;
    let last = -1;
    let textBytes = 0;
    for (let i = 0; i < known; i += 2) {
      const name = kept[i];
      const value = kept[i + 1];
      if (name >= count || value >= count) {
        this.textBytes = textBytes;
        return name >= count ? name : value;
      }
      const at = labels.addLabel();
      const offsets = labels.labels;
      const nameStart = ranges[name * 2];
      const nameEnd = ranges[name * 2 + 1];
      const valueStart = ranges[value * 2];
      const valueEnd = ranges[value * 2 + 1];
      offsets[at] = nameStart;
      offsets[at + 1] = nameEnd;
      offsets[at + 2] = valueStart;
      offsets[at + 3] = valueEnd;
      textBytes += nameEnd - nameStart + valueEnd - valueStart;
      if (textBytes > this.#maxTextBytes) {
        this.#isTooLarge = true;
        continue;
      }
      const nameTraits = traits[name] || symbols.look(name, labels.view);
      seen |= nameTraits | (traits[value] || symbols.look(value, labels.view));
      if ((nameTraits & IS_NAME) !== 0) labels.nameLabel = i >> 1;
      if (before[name] !== last + 1) isSorted &&= last < 0 || symbols.sorts(last, name, labels.bytes);
      last = name;
      hash = (Math.imul(hash, factors[value]) + sums[value]) | 0;
    }
    this.textBytes = textBytes;
    labels.isSettled = isSorted && !this.#isTooLarge && (seen & (EMPTY | NOT_ASCII)) === 0;
    labels.hash = finish(hash);
    labels.isPlain = (seen & NOT_PLAIN) === 0;
    labels.surplus += (pairs - known) / 2;
    return -1;
  }
}
