/** Reads prometheus.WriteRequest (Remote-Write 1.0) one series at a time, without an object or a string. */

import { AdapterError } from '../errors.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { Cursor, FIXED64, LENGTH_DELIMITED, MalformedError, VARINT } from './cursor.ts';
import { textsDetail } from './details.ts';
import { readHistogram } from './histogram-reader.ts';
import type { LabelSet } from './label-set.ts';
import { type MetricMetadata, readMetadata } from './metadata.ts';
import type { Exemplar, Series } from './series.ts';

const root = loadProto('prometheus/remote_write_v1.proto');
const request = fieldNumbers(root, 'prometheus.WriteRequest');
const timeSeries = fieldNumbers(root, 'prometheus.TimeSeries');
const label = fieldNumbers(root, 'prometheus.Label');
const sample = fieldNumbers(root, 'prometheus.Sample');
const exemplar = fieldNumbers(root, 'prometheus.Exemplar');

const TIMESERIES = (request.timeseries! << 3) | LENGTH_DELIMITED;
const METADATA = (request.metadata! << 3) | LENGTH_DELIMITED;
const LABELS = (timeSeries.labels! << 3) | LENGTH_DELIMITED;
const SAMPLES = (timeSeries.samples! << 3) | LENGTH_DELIMITED;
const EXEMPLARS = (timeSeries.exemplars! << 3) | LENGTH_DELIMITED;
const HISTOGRAMS = (timeSeries.histograms! << 3) | LENGTH_DELIMITED;
const LABEL_NAME = (label.name! << 3) | LENGTH_DELIMITED;
const LABEL_VALUE = (label.value! << 3) | LENGTH_DELIMITED;
const SAMPLE_VALUE = (sample.value! << 3) | FIXED64;
const SAMPLE_TIMESTAMP = (sample.timestamp! << 3) | VARINT;
const EXEMPLAR_LABELS = (exemplar.labels! << 3) | LENGTH_DELIMITED;
const EXEMPLAR_VALUE = (exemplar.value! << 3) | FIXED64;
const EXEMPLAR_TIMESTAMP = (exemplar.timestamp! << 3) | VARINT;

/**
 * WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3 }
 * TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3;
 *                repeated Histogram histograms = 4 }
 * Label        { string name = 1; string value = 2 }
 * Sample       { double value = 1; int64 timestamp = 2 }
 * Exemplar     { repeated Label labels = 1; double value = 2; int64 timestamp = 3 }
 *
 * Fields may come in any order, the last scalar wins, unknown fields are skipped (Remote-Write 1.0,
 * "Protocol"; Protocol Buffers encoding, "Last One Wins"). What every sender writes, each field once and in
 * order, takes the short way; everything else that is legal takes the general one.
 */
export class V1Reader {
  readonly #cursor: Cursor;
  readonly #end: number;
  readonly series: Series;
  /** Whether the request holds anything that its message does not have. */
  hasUnknown = false;
  readonly #onMetadata: (metadata: MetricMetadata) => void;

  /**
   * Reads the first `length` bytes that `series` was given; each `next` fills `series` again. Metadata messages
   * go to `onMetadata` as they come.
   */
  constructor(series: Series, length: number, onMetadata: (metadata: MetricMetadata) => void) {
    this.#onMetadata = onMetadata;
    this.#cursor = new Cursor(series.bytes);
    this.#end = length;
    this.series = series;
  }

  /** Whether all of the request is read. */
  get isDone(): boolean {
    return this.#cursor.at >= this.#end;
  }

  /**
   * Reads the next series into `series`; false at the end of the request, or when there is none within about `most`
   * bytes from here. Throws AdapterError `protobuf_invalid` when the bytes are not a WriteRequest, and
   * `limit_exceeded`.
   */
  next(most = Number.POSITIVE_INFINITY): boolean {
    const cursor = this.#cursor;
    const end = this.#end;
    const stop = Math.min(end, cursor.at + most);
    try {
      while (cursor.at < stop) {
        const tag = cursor.tag(end);
        if (tag === TIMESERIES) {
          const seriesEnd = cursor.lengthEnd(end);
          const seriesStart = cursor.at;
          this.#readSeries(seriesEnd);
          this.#checkText(this.series, seriesEnd - seriesStart);
          return true;
        }
        if (tag === METADATA) {
          this.series.countMetadata();
          this.#onMetadata(readMetadata(cursor, cursor.lengthEnd(end)));
        } else {
          this.hasUnknown = true;
          cursor.skip(tag, end);
        }
      }
      return false;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      throw new AdapterError(
        'protobuf_invalid',
        `the decompressed body is not a prometheus.WriteRequest: ${error.message} (at byte ${cursor.at} of ${end})`,
      );
    }
  }

  #readSeries(end: number): void {
    const { series } = this;
    const cursor = this.#cursor;
    series.reset();
    series.originalStart = cursor.at;
    series.originalEnd = end;
    while (cursor.at < end) {
      const tag = cursor.uint32(end);
      if (tag === LABELS) {
        this.#readLabel(series, end);
        if (series.isHopeless) cursor.at = end;
      } else if (tag === SAMPLES) this.#readSample(cursor.lengthEnd(end));
      else if (tag === EXEMPLARS) this.#readExemplar(series.addExemplar(), cursor.lengthEnd(end));
      else if (tag === HISTOGRAMS) this.#readHistogram(cursor.lengthEnd(end));
      else {
        if (tag >>> 3 === 0) throw new MalformedError('field number 0');
        this.#skip(tag, end);
      }
    }
  }

  /** Steps over what 1.0 does not have. In a record it could be a field of the same number and another type. */
  #skip(tag: number, end: number): void {
    this.series.originalStart = -1;
    this.#cursor.skip(tag, end);
  }

  #readLabel(into: LabelSet, end: number): void {
    if (!this.#readUsualLabel(into, end)) this.#readAnyLabel(into, this.#cursor.lengthEnd(end));
  }

  /** A label of a name, then a value, all lengths under 128: true when it was one, else nothing is read. */
  #readUsualLabel(into: LabelSet, messageEnd: number): boolean {
    const cursor = this.#cursor;
    const { bytes, at } = cursor;
    const nameStart = at + 3;
    const nameEnd = nameStart + bytes[at + 2];
    const valueStart = nameEnd + 2;
    const end = at + 1 + bytes[at];
    if (bytes[at] >= 0x80 || bytes[at + 1] !== LABEL_NAME || bytes[at + 2] >= 0x80 || end > messageEnd)
      return false;
    if (nameEnd + 2 > end || bytes[nameEnd] !== LABEL_VALUE || valueStart + bytes[nameEnd + 1] !== end)
      return false;
    const index = into.addLabel();
    const { labels } = into;
    labels[index] = nameStart;
    labels[index + 1] = nameEnd;
    labels[index + 2] = valueStart;
    labels[index + 3] = end;
    cursor.at = end;
    return true;
  }

  #readAnyLabel(into: LabelSet, end: number): void {
    const cursor = this.#cursor;
    const index = into.addLabel();
    const { labels } = into;
    labels.fill(0, index, index + 4);
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag !== LABEL_NAME && tag !== LABEL_VALUE) {
        this.#skip(tag, end);
        continue;
      }
      const valueEnd = cursor.lengthEnd(end);
      const offset = tag === LABEL_NAME ? index : index + 2;
      // Of a text that another one replaces nothing is checked, and it may be no UTF-8.
      if (labels[offset + 1] > 0) this.series.originalStart = -1;
      labels[offset] = cursor.at;
      labels[offset + 1] = valueEnd;
      cursor.at = valueEnd;
    }
  }

  #readSample(end: number): void {
    const cursor = this.#cursor;
    const { series } = this;
    const index = series.addSample();
    series.setValueBits(index, 0, 0);
    series.timestampsMs[index] = 0;
    series.startTimestampsMs[index] = 0;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === SAMPLE_VALUE) {
        cursor.fixed64(end);
        series.setValueBits(index, cursor.low, cursor.high);
      } else if (tag === SAMPLE_TIMESTAMP) {
        cursor.varint64(end);
        series.setTimestamp(index, cursor.low, cursor.high);
      } else {
        this.#skip(tag, end);
      }
    }
  }

  #readExemplar(into: Exemplar, end: number): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === EXEMPLAR_LABELS) {
        this.#readLabel(into, end);
        if (into.isHopeless) cursor.at = end;
      } else if (tag === EXEMPLAR_VALUE) into.value = cursor.double(end);
      else if (tag === EXEMPLAR_TIMESTAMP) into.timestampMs = cursor.int64(end);
      else this.#skip(tag, end);
    }
    this.#checkText(into, end - start);
  }

  /** What no record has room for is not looked at byte by byte either. `entryBytes` is all that the set can have. */
  #checkText(set: Series | Exemplar, entryBytes: number): void {
    const most = this.series.limits.textBytesPerSeries;
    if (most === 0 || entryBytes <= most) return;
    const { textBytes } = set;
    if (textBytes > most) set.refuse('record_too_large', textsDetail(textBytes, most));
  }

  #readHistogram(end: number): void {
    const { series } = this;
    const maxParts = series.limits.bucketsPerHistogram;
    const cursor = this.#cursor;
    const histogram = series.addHistogram();
    readHistogram(histogram, { cursor, end, maxParts, hasStart: false });
    if (histogram.hasUnknown) series.originalStart = -1;
    series.countBuckets(histogram.parts);
  }
}
