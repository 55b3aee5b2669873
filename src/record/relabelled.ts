/** A series under other labels than it came with: the labels are the rules', everything else is the series'. */

import type { ExemplarView, HistogramView, MetadataView, SeriesView } from '../contracts.ts';

/** Labels in memory of their own, canonical, with the slack behind them that readers count on. */
export type OwnLabels = Pick<
  SeriesView,
  'bytes' | 'view' | 'labelCount' | 'labels' | 'nameLabel' | 'hash' | 'isPlain'
>;

export class Relabelled implements SeriesView {
  #labels: OwnLabels;
  #series: SeriesView;

  constructor(labels: OwnLabels, series: SeriesView) {
    this.#labels = labels;
    this.#series = series;
  }

  /** The same object for the next series. */
  use(labels: OwnLabels, series: SeriesView): this {
    this.#labels = labels;
    this.#series = series;
    return this;
  }

  get bytes(): Uint8Array {
    return this.#labels.bytes;
  }
  get view(): DataView {
    return this.#labels.view;
  }
  get labelCount(): number {
    return this.#labels.labelCount;
  }
  get labels(): Int32Array {
    return this.#labels.labels;
  }
  get nameLabel(): number {
    return this.#labels.nameLabel;
  }
  get hash(): number {
    return this.#labels.hash;
  }
  get isPlain(): boolean {
    return this.#labels.isPlain;
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
