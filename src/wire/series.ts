/** The reusable memory of one series while a request is read. */

import { Buffer } from 'node:buffer';
import type { SeriesView } from '../contracts.ts';
import { AdapterError } from '../errors.ts';
import { viewOf } from '../lib/byte-writer.ts';

const FIRST_LABELS = 64;
const FIRST_SAMPLES = 16;
const OFFSETS_PER_LABEL = 4;
const TWO_TO_32 = 4294967296;

/** How much a request may make of the memory for one series; each is an option. */
export interface SeriesLimits {
  /** `limits.labels_per_series` */
  readonly labelsPerSeries: number;
  /** `limits.samples_per_request` */
  readonly samplesPerRequest: number;
}

function overLimit(what: string, limit: number, option: string): AdapterError {
  return new AdapterError('limit_exceeded', `${what}, more than ${option} (${limit})`);
}

export class Series implements SeriesView {
  readonly #limits: SeriesLimits;
  #requestSamples = 0;
  bytes: Uint8Array = Buffer.alloc(0);
  view = viewOf(this.bytes);
  labelCount = 0;
  labels = new Int32Array(FIRST_LABELS * OFFSETS_PER_LABEL);
  nameLabel = -1;
  hash = 0;
  isPlain = false;
  sampleCount = 0;
  values = new Float64Array(FIRST_SAMPLES);
  valueWords = new Uint32Array(this.values.buffer);
  timestampsMs = new Float64Array(FIRST_SAMPLES);
  /** Entries seen but not kept: this version does not write them. */
  exemplarCount = 0;
  histogramCount = 0;

  constructor(limits: SeriesLimits) {
    this.#limits = limits;
  }

  /** Makes ready for a request; `view` is of the same memory, with slack behind the last label. */
  useBytes(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
    this.#requestSamples = 0;
  }

  /** Makes ready for the next series. */
  reset(): void {
    this.labelCount = 0;
    this.nameLabel = -1;
    this.sampleCount = 0;
    this.exemplarCount = 0;
    this.histogramCount = 0;
  }

  /**
   * Adds a label and returns where its four offsets go in `labels`; they hold what was there before.
   * Throws AdapterError `limit_exceeded`.
   */
  addLabel(): number {
    const { labelsPerSeries } = this.#limits;
    if (this.labelCount >= labelsPerSeries) {
      throw overLimit(
        `a series has over ${labelsPerSeries} labels`,
        labelsPerSeries,
        'limits.labels_per_series',
      );
    }
    const at = this.labelCount * OFFSETS_PER_LABEL;
    if (at === this.labels.length) this.#growLabels();
    this.labelCount++;
    return at;
  }

  /**
   * Adds a sample and returns its index; value and time hold what was there before.
   * Throws AdapterError `limit_exceeded`.
   */
  addSample(): number {
    const { samplesPerRequest } = this.#limits;
    if (++this.#requestSamples > samplesPerRequest) {
      const what = `the request has over ${samplesPerRequest} samples`;
      throw overLimit(what, samplesPerRequest, 'limits.samples_per_request');
    }
    const index = this.sampleCount;
    if (index === this.values.length) this.#growSamples();
    this.sampleCount++;
    return index;
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

  #growLabels(): void {
    const grown = new Int32Array(this.labels.length * 2);
    grown.set(this.labels);
    this.labels = grown;
  }

  #growSamples(): void {
    const words = new Uint32Array(this.valueWords.length * 2);
    words.set(this.valueWords);
    this.valueWords = words;
    this.values = new Float64Array(words.buffer);
    const timestampsMs = new Float64Array(this.timestampsMs.length * 2);
    timestampsMs.set(this.timestampsMs);
    this.timestampsMs = timestampsMs;
  }
}
