/** Reads prometheus.WriteRequest (Remote-Write 1.0) one series at a time, without copying labels. */

import { Reader } from 'protobufjs/minimal.js';
import { AdapterError } from '../errors.ts';
import { fieldNumbers, loadProto } from './fields.ts';
import type { Series } from './series.ts';

const root = loadProto('prometheus/remote_write_v1.proto');
const REQUEST = { ...fieldNumbers(root, 'prometheus.WriteRequest') };
const SERIES = { ...fieldNumbers(root, 'prometheus.TimeSeries') };
const LABEL = { ...fieldNumbers(root, 'prometheus.Label') };
const SAMPLE = { ...fieldNumbers(root, 'prometheus.Sample') };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;

/**
 * WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3 }
 * TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3;
 *                repeated Histogram histograms = 4 }
 * Label        { string name = 1; string value = 2 }
 * Sample       { double value = 1; int64 timestamp = 2 }
 *
 * Fields may come in any order, the last scalar wins, unknown fields are skipped (Remote-Write 1.0,
 * "Protocol"; Protocol Buffers encoding, "Last One Wins").
 */
export class V1Reader {
  readonly #reader: Reader;
  readonly #bytes: Uint8Array;
  readonly series: Series;
  metadataCount = 0;

  /** `bytes` is the decompressed request; `series` is the memory that each `next` fills again. */
  constructor(bytes: Uint8Array, series: Series) {
    this.#bytes = bytes;
    this.#reader = new Reader(bytes);
    this.series = series;
  }

  /**
   * Reads the next series into `series`; false at the end of the request.
   * Throws AdapterError `protobuf_invalid` when the bytes are not a WriteRequest.
   */
  next(): boolean {
    const reader = this.#reader;
    try {
      while (reader.pos < this.#bytes.length) {
        const tag = reader.tag();
        const field = tag >>> 3;
        const wireType = tag & 7;
        if (field === REQUEST.timeseries && wireType === LENGTH_DELIMITED) {
          this.series.reset(this.#bytes);
          this.#message((number, type) => this.#seriesField(number, type));
          return true;
        }
        if (field === REQUEST.metadata && wireType === LENGTH_DELIMITED) this.metadataCount++;
        reader.skipType(wireType, 0, field);
      }
      return false;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new AdapterError(
        'protobuf_invalid',
        `the decompressed body is not a prometheus.WriteRequest: ${cause} (at byte ${reader.pos} of ${this.#bytes.length})`,
      );
    }
  }

  /** Reads a length and the fields inside it, holding the reader to that length. */
  #message(readField: (field: number, wireType: number) => void): void {
    const reader = this.#reader;
    const outerEnd = reader.len;
    const end = this.#lengthEnd();
    reader.len = end;
    while (reader.pos < end) {
      const tag = reader.tag();
      readField(tag >>> 3, tag & 7);
    }
    if (reader.pos !== end) throw new RangeError('a field crosses the end of its message');
    reader.len = outerEnd;
  }

  /** Reads a length; returns where what it measures ends, which must be inside the enclosing message. */
  #lengthEnd(): number {
    const reader = this.#reader;
    const length = reader.size();
    const end = reader.pos + length;
    if (end > reader.len) throw new RangeError(`a length of ${length} crosses the end of its message`);
    return end;
  }

  #seriesField(field: number, wireType: number): void {
    if (wireType === LENGTH_DELIMITED) {
      if (field === SERIES.labels) {
        const at = this.series.addLabel();
        this.#message((number, type) => this.#labelField(at, number, type));
        return;
      }
      if (field === SERIES.samples) {
        const index = this.series.addSample();
        this.#message((number, type) => this.#sampleField(index, number, type));
        return;
      }
      if (field === SERIES.exemplars) this.series.exemplarCount++;
      if (field === SERIES.histograms) this.series.histogramCount++;
    }
    this.#reader.skipType(wireType, 0, field);
  }

  #labelField(at: number, field: number, wireType: number): void {
    if (wireType !== LENGTH_DELIMITED || (field !== LABEL.name && field !== LABEL.value)) {
      this.#reader.skipType(wireType, 0, field);
      return;
    }
    const end = this.#lengthEnd();
    const offset = field === LABEL.name ? at : at + 2;
    this.series.labels[offset] = this.#reader.pos;
    this.series.labels[offset + 1] = end;
    this.#reader.pos = end;
  }

  #sampleField(index: number, field: number, wireType: number): void {
    if (field === SAMPLE.value && wireType === FIXED64) {
      this.series.setValueBits(index, this.#reader.fixed32(), this.#reader.fixed32());
    } else if (field === SAMPLE.timestamp && wireType === VARINT) {
      const timestamp = this.#reader.int64();
      this.series.setTimestamp(index, timestamp.low, timestamp.high);
    } else {
      this.#reader.skipType(wireType, 0, field);
    }
  }
}
