/** A series under other labels than it came with: the labels are the rules', everything else is the series'. */

import type { ExemplarView, HistogramView, MetadataView, SeriesView } from '../contracts.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import { OWN_HASH, OWN_IS_PLAIN, OWN_LABELS, OWN_NAME, offsetsOf, storedCount } from './label-store.ts';

export class Relabelled implements SeriesView {
  #series: SeriesView;
  bytes: Uint8Array;
  view: DataView;
  labelCount = 0;
  labels = new Int32Array(0);
  nameLabel = -1;
  hash = 0;
  isPlain = false;

  constructor(series: SeriesView) {
    this.#series = series;
    this.bytes = series.bytes;
    this.view = series.view;
  }

  /** The same object for the next series: its labels are those that `memory` has at `place`. */
  use(series: SeriesView, memory: ByteWriter, place: number): this {
    const { bytes, view } = memory;
    this.#series = series;
    this.bytes = bytes;
    this.view = view;
    this.nameLabel = view.getInt32(place + OWN_NAME, true);
    this.hash = view.getUint32(place + OWN_HASH, true);
    this.isPlain = view.getInt32(place + OWN_IS_PLAIN, true) === 1;
    const room = storedCount(view, place + OWN_LABELS) * 4;
    if (this.labels.length < room) this.labels = new Int32Array(2 * room);
    this.labelCount = offsetsOf(view, place + OWN_LABELS, this.labels);
    return this;
  }

  get sampleCount(): number {
    return this.#series.sampleCount;
  }
  get values(): Float64Array {
    return this.#series.values;
  }
  get valueWords(): Uint32Array {
    return this.#series.valueWords;
  }
  get timestampsMs(): Float64Array {
    return this.#series.timestampsMs;
  }
  get startTimestampsMs(): Float64Array {
    return this.#series.startTimestampsMs;
  }
  get histogramCount(): number {
    return this.#series.histogramCount;
  }
  get histograms(): readonly HistogramView[] {
    return this.#series.histograms;
  }
  get exemplarCount(): number {
    return this.#series.exemplarCount;
  }
  get exemplars(): readonly ExemplarView[] {
    return this.#series.exemplars;
  }
  get metadata(): MetadataView {
    return this.#series.metadata;
  }
  /** The entry as it came has other labels. */
  get original(): undefined {
    return undefined;
  }
}
