/** A set of labels as byte ranges into the request: of a series or of an exemplar, in memory that is used again. */

import { Buffer } from 'node:buffer';
import type { DropReason } from '../errors.ts';
import { viewOf } from '../lib/byte-writer.ts';

/** Few, since a request may bring very many exemplars, which have one label or two; a series grows once for all. */
const FIRST_LABELS = 4;
const OFFSETS_PER_LABEL = 4;
/** Times the limit, on top of it. */
export const FAR_BEYOND = 15;
const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = viewOf(NO_BYTES);

export class LabelSet {
  readonly #maxLabels: number;
  bytes: Uint8Array = NO_BYTES;
  view = NO_VIEW;
  labelCount = 0;
  labels: Int32Array;
  nameLabel = -1;
  hash = 0;
  isPlain = false;
  /** Whether the labels are in the order and number in which they came. */
  isAsSent = true;
  /** Whether the labels are known to be canonical and of ASCII, and `nameLabel`, `hash` and `isPlain` are set. */
  isSettled = false;
  /** Why the reader could not make sense of what the labels are of. */
  problem: DropReason | undefined;
  /** What was seen and what was allowed, when there is a problem. */
  problemDetail = '';
  readonly #mostSurplus: number;
  /** How many labels there were beyond those that are kept. */
  surplus = 0;

  /** `maxLabels` is the option `limits.labels_per_series`. */
  constructor(maxLabels: number) {
    this.#maxLabels = maxLabels;
    this.#mostSurplus = FAR_BEYOND * maxLabels;
    this.labels = new Int32Array(FIRST_LABELS * OFFSETS_PER_LABEL);
  }

  /** Makes ready for a request; `view` is of the same memory, with slack behind the last label. */
  useBytes(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
  }

  get isOverLimit(): boolean {
    return this.surplus > 0;
  }

  /** Whether it is no use to read on: what it labels is lost, and there may be millions to come. */
  get isHopeless(): boolean {
    return this.surplus >= this.#mostSurplus;
  }

  clearLabels(): void {
    this.labelCount = 0;
    this.nameLabel = -1;
    this.surplus = 0;
    this.isAsSent = true;
    this.isSettled = false;
    this.problem = undefined;
  }

  refuse(problem: DropReason, detail: string): void {
    this.problem = problem;
    this.problemDetail = detail;
  }

  /** What the names and values take together. */
  get textBytes(): number {
    const { labels } = this;
    let bytes = 0;
    for (let at = 0; at < this.labelCount * OFFSETS_PER_LABEL; at += 2) bytes += labels[at + 1] - labels[at];
    return bytes;
  }

  /**
   * Adds a label and returns where its four offsets go in `labels`; they hold what was there before. Beyond the
   * limit it is always the place behind the last one: the set is of no use any more, but has to be read on.
   */
  addLabel(): number {
    const at = this.labelCount * OFFSETS_PER_LABEL;
    if (at === this.labels.length) this.#grow();
    if (this.labelCount < this.#maxLabels) this.labelCount++;
    else this.surplus++;
    return at;
  }

  #grow(): void {
    const grown = new Int32Array(this.labels.length * 2);
    grown.set(this.labels);
    this.labels = grown;
  }
}
