/** The reusable memory of one series while a request is read. */

import type { ExemplarView, SeriesView } from '../contracts.ts';
import { AdapterError } from '../errors.ts';
import { Histogram } from './histogram.ts';
import { LabelSet } from './label-set.ts';

const FIRST_SAMPLES = 16;
/** Histograms and exemplars that are kept for the next request; a series seldom has more than one. */
const KEPT_PARTS = 64;
const TWO_TO_32 = 4294967296;

/** How much a request may make of the memory for one series; each is an option. */
export interface SeriesLimits {
  /** `limits.labels_per_series` */
  readonly labelsPerSeries: number;
  /** `limits.samples_per_request`; histograms and exemplars count as samples. Of metadata there may be as many. */
  readonly samplesPerRequest: number;
  /** `limits.buckets_per_histogram` */
  readonly bucketsPerHistogram: number;
  /** `limits.buckets_per_request`; spans and bounds count as buckets. */
  readonly bucketsPerRequest: number;
  /** `limits.symbols_per_request` */
  readonly symbolsPerRequest: number;
  /** `http.max_decoded_size`: of texts in 2.0, each written out as often as it is named. */
  readonly textBytesPerRequest: number;
  /** `kafka.max_batch_size`: the labels of a series are in each of its records, whatever the format. 0 = no limit. */
  readonly textBytesPerSeries: number;
}

export class Exemplar extends LabelSet implements ExemplarView {
  value = 0;
  timestampMs = 0;
}

export class Series extends LabelSet implements SeriesView {
  readonly limits: SeriesLimits;
  #requestSeries = 0;
  #requestSamples = 0;
  #requestBuckets = 0;
  #requestMetadata = 0;
  sampleCount = 0;
  values = new Float64Array(FIRST_SAMPLES);
  valueWords = new Uint32Array(this.values.buffer);
  timestampsMs = new Float64Array(FIRST_SAMPLES);
  startTimestampsMs = new Float64Array(FIRST_SAMPLES);
  histogramCount = 0;
  readonly histograms: Histogram[] = [];
  exemplarCount = 0;
  readonly exemplars: Exemplar[] = [];
  readonly metadata = {
    bytes: this.bytes,
    view: this.view,
    type: 0,
    helpStart: 0,
    helpEnd: 0,
    unitStart: 0,
    unitEnd: 0,
  };
  /**
   * Where the entry of a 1.0 request lies in `bytes`; -1 when something was taken out of it, when it came with anything
   * that 1.0 does not have, and in 2.0.
   */
  originalStart = -1;
  originalEnd = -1;

  constructor(limits: SeriesLimits) {
    super(limits.labelsPerSeries);
    this.limits = limits;
  }

  override useBytes(bytes: Uint8Array, view: DataView): void {
    super.useBytes(bytes, view);
    this.metadata.bytes = bytes;
    this.metadata.view = view;
    this.#requestSeries = 0;
    this.#requestSamples = 0;
    this.#requestBuckets = 0;
    this.#requestMetadata = 0;
    this.histograms.length = Math.min(this.histograms.length, KEPT_PARTS);
    this.exemplars.length = Math.min(this.exemplars.length, KEPT_PARTS);
  }

  /**
   * Makes ready for the next series. Throws AdapterError `limit_exceeded`: sound series are no more than samples, and
   * millions of empty ones fit a small request.
   */
  reset(): void {
    const { samplesPerRequest } = this.limits;
    if (++this.#requestSeries > samplesPerRequest)
      throw overLimit(samplesPerRequest, 'series', 'limits.samples_per_request');
    this.clearLabels();
    this.sampleCount = 0;
    this.histogramCount = 0;
    this.exemplarCount = 0;
    this.metadata.type = 0;
    this.metadata.helpStart = 0;
    this.metadata.helpEnd = 0;
    this.metadata.unitStart = 0;
    this.metadata.unitEnd = 0;
    this.originalStart = -1;
  }

  get original(): Uint8Array | undefined {
    if (this.originalStart < 0 || !this.isAsSent) return undefined;
    const { buffer, byteOffset } = this.bytes;
    return new Uint8Array(buffer, byteOffset + this.originalStart, this.originalEnd - this.originalStart);
  }

  /**
   * Adds a sample and returns its index; value and times hold what was there before.
   * Throws AdapterError `limit_exceeded`.
   */
  addSample(): number {
    this.#countSample();
    const index = this.sampleCount;
    if (index === this.values.length) this.#growSamples();
    this.sampleCount++;
    return index;
  }

  /** Adds a histogram, which holds what was there before. Throws AdapterError `limit_exceeded`. */
  addHistogram(): Histogram {
    this.#countSample();
    const index = this.histogramCount++;
    this.histograms[index] ??= new Histogram();
    return this.histograms[index];
  }

  /** Adds an exemplar without labels. Throws AdapterError `limit_exceeded`. */
  addExemplar(): Exemplar {
    this.#countSample();
    const index = this.exemplarCount++;
    this.exemplars[index] ??= new Exemplar(this.limits.labelsPerSeries);
    const exemplar = this.exemplars[index];
    exemplar.useBytes(this.bytes, this.view);
    exemplar.clearLabels();
    exemplar.value = 0;
    exemplar.timestampMs = 0;
    return exemplar;
  }

  #countSample(): void {
    const { samplesPerRequest } = this.limits;
    if (++this.#requestSamples > samplesPerRequest)
      throw overLimit(samplesPerRequest, 'samples', 'limits.samples_per_request');
  }

  /** To be told of each histogram how much it has. Throws AdapterError `limit_exceeded`. */
  countBuckets(count: number): void {
    const { bucketsPerRequest } = this.limits;
    this.#requestBuckets += count;
    if (this.#requestBuckets > bucketsPerRequest)
      throw overLimit(bucketsPerRequest, 'buckets', 'limits.buckets_per_request');
  }

  /** To be told of each message of metadata, which may be two bytes. Throws AdapterError `limit_exceeded`. */
  countMetadata(): void {
    const { samplesPerRequest } = this.limits;
    if (++this.#requestMetadata > samplesPerRequest)
      throw overLimit(samplesPerRequest, 'metadata messages', 'limits.samples_per_request');
  }

  /** Sets the bits of a value; words, not a number, because a float register may quieten a signalling NaN. */
  setValueBits(index: number, low: number, high: number): void {
    this.valueWords[index * 2] = low;
    this.valueWords[index * 2 + 1] = high;
  }

  /** Sets an int64 timestamp from its two halves. */
  setTimestamp(index: number, low: number, high: number): void {
    this.timestampsMs[index] = (high | 0) * TWO_TO_32 + (low >>> 0);
  }

  /** Puts sample `from` in the place of sample `to`. */
  moveSample(from: number, to: number): void {
    this.setValueBits(to, this.valueWords[from * 2], this.valueWords[from * 2 + 1]);
    this.timestampsMs[to] = this.timestampsMs[from];
    this.startTimestampsMs[to] = this.startTimestampsMs[from];
  }

  #growSamples(): void {
    const words = new Uint32Array(this.valueWords.length * 2);
    words.set(this.valueWords);
    this.valueWords = words;
    this.values = new Float64Array(words.buffer);
    this.timestampsMs = doubled(this.timestampsMs);
    this.startTimestampsMs = doubled(this.startTimestampsMs);
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
}

function overLimit(limit: number, what: string, option: string): AdapterError {
  return new AdapterError(
    'limit_exceeded',
    `the request has over ${limit} ${what}, more than ${option} (${limit})`,
  );
}
