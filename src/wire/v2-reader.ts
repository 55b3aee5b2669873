/** Reads io.prometheus.write.v2.Request (Remote-Write 2.0) one series at a time, without an object or a string. */

import { AdapterError } from '../errors.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { describeSize, formatSize } from '../lib/units.ts';
import { Cursor, FIXED64, LENGTH_DELIMITED, MalformedError, VARINT } from './cursor.ts';
import { readHistogram } from './histogram-reader.ts';
import { Refs } from './refs.ts';
import type { Exemplar, Series, SeriesLimits } from './series.ts';
import { SYMBOLS, Symbols } from './symbols.ts';

const root = loadProto('prometheus/remote_write_v2.proto');
const request = fieldNumbers(root, 'io.prometheus.write.v2.Request');
const timeSeries = fieldNumbers(root, 'io.prometheus.write.v2.TimeSeries');
const sample = fieldNumbers(root, 'io.prometheus.write.v2.Sample');
const exemplar = fieldNumbers(root, 'io.prometheus.write.v2.Exemplar');
const metadata = fieldNumbers(root, 'io.prometheus.write.v2.Metadata');

const TIMESERIES = (request.timeseries! << 3) | LENGTH_DELIMITED;
const LABELS_REFS = (timeSeries.labels_refs! << 3) | LENGTH_DELIMITED;
const LABELS_REF = (timeSeries.labels_refs! << 3) | VARINT;
const SAMPLES = (timeSeries.samples! << 3) | LENGTH_DELIMITED;
const HISTOGRAMS = (timeSeries.histograms! << 3) | LENGTH_DELIMITED;
const EXEMPLARS = (timeSeries.exemplars! << 3) | LENGTH_DELIMITED;
const METADATA = (timeSeries.metadata! << 3) | LENGTH_DELIMITED;
const SAMPLE_VALUE = (sample.value! << 3) | FIXED64;
const SAMPLE_TIMESTAMP = (sample.timestamp! << 3) | VARINT;
const SAMPLE_START = (sample.start_timestamp! << 3) | VARINT;
const EXEMPLAR_REFS = (exemplar.labels_refs! << 3) | LENGTH_DELIMITED;
const EXEMPLAR_REF = (exemplar.labels_refs! << 3) | VARINT;
const EXEMPLAR_VALUE = (exemplar.value! << 3) | FIXED64;
const EXEMPLAR_TIMESTAMP = (exemplar.timestamp! << 3) | VARINT;
const METADATA_TYPE = (metadata.type! << 3) | VARINT;
const METADATA_HELP = (metadata.help_ref! << 3) | VARINT;
const METADATA_UNIT = (metadata.unit_ref! << 3) | VARINT;

/** Memory that serves one request after the other. */
export class V2Memory {
  readonly symbols = new Symbols();
  readonly refs: Refs;
  readonly exemplarRefs: Refs;

  constructor({ labelsPerSeries, textBytesPerSeries }: SeriesLimits) {
    this.refs = new Refs(labelsPerSeries, textBytesPerSeries);
    this.exemplarRefs = new Refs(labelsPerSeries, textBytesPerSeries);
  }
}

/**
 * Request    { repeated string symbols = 4; repeated TimeSeries timeseries = 5 }
 * TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
 *              repeated Exemplar exemplars = 4; Metadata metadata = 5 }
 *
 * Fields may come in any order, repeated scalars packed or not, the last scalar wins, unknown and reserved fields
 * are skipped (Protocol Buffers encoding). A reference outside of the table spoils its series, not the request
 * (Remote-Write 2.0, "Invalid Samples"); 0 for help or unit is nothing told, whatever the first symbol.
 */
export class V2Reader {
  readonly #cursor: Cursor;
  /** Goes before the other, once through the request. */
  readonly #symbolCursor: Cursor;
  #hasSymbols = false;
  readonly #end: number;
  readonly #memory: V2Memory;
  readonly series: Series;
  /** Whether the request holds anything that its message does not have. */
  hasUnknown = false;
  #helpRef = 0;
  #unitRef = 0;
  #textBytes = 0;

  /** Reads the first `length` bytes that `series` was given; each `next` fills `series` again. */
  constructor(series: Series, length: number, memory: V2Memory) {
    this.#cursor = new Cursor(series.bytes);
    this.#symbolCursor = new Cursor(series.bytes);
    this.#end = length;
    this.#memory = memory;
    this.series = series;
    memory.symbols.reset();
  }

  /** Whether all of the request is read. */
  get isDone(): boolean {
    return this.#hasSymbols && this.#cursor.at >= this.#end;
  }

  /**
   * Reads the next series into `series`; false at the end of the request, or when there is none within about `most`
   * bytes from here. Throws AdapterError `protobuf_invalid` when the bytes are not a Request, and `limit_exceeded`.
   */
  next(most = Number.POSITIVE_INFINITY): boolean {
    try {
      return (this.#hasSymbols || this.#readSymbols(most)) && this.#next(most);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  #readSymbols(most: number): boolean {
    const { symbols } = this.#memory;
    const cursor = this.#symbolCursor;
    const stop = Math.min(this.#end, cursor.at + most);
    this.#hasSymbols = symbols.read(cursor, [stop, this.#end], this.series.limits.symbolsPerRequest);
    return this.#hasSymbols;
  }

  #next(most: number): boolean {
    const cursor = this.#cursor;
    const end = this.#end;
    const stop = Math.min(end, cursor.at + most);
    while (cursor.at < stop) {
      const tag = cursor.tag(end);
      if (tag === TIMESERIES) {
        this.#readSeries(cursor.lengthEnd(end));
        return true;
      }
      this.hasUnknown ||= tag !== SYMBOLS;
      cursor.skip(tag, end);
    }
    return false;
  }

  #readSeries(end: number): void {
    const { series } = this;
    const cursor = this.#cursor;
    const { refs, symbols } = this.#memory;
    series.reset();
    refs.count = 0;
    this.#helpRef = 0;
    this.#unitRef = 0;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === LABELS_REFS) this.#readRefs(refs, cursor.lengthEnd(end));
      else if (tag === SAMPLES) this.#readSample(cursor.lengthEnd(end));
      else if (tag === METADATA) this.#readMetadata(cursor.lengthEnd(end));
      else if (tag === EXEMPLARS) this.#readExemplar(series.addExemplar(), cursor.lengthEnd(end));
      else if (tag === HISTOGRAMS) this.#readHistogram(cursor.lengthEnd(end));
      else if (tag === LABELS_REF) refs.add(cursor.lowUint32(end));
      else cursor.skip(tag, end);
    }
    if (refs.resolve(series, symbols, 'label_ref_invalid')) this.#resolveMetadata();
    this.#writeOut(refs.textBytes);
  }

  /**
   * A few bytes name a text of many, again and again: what is written of it, and looked at before, has to be bounded
   * as it is in 1.0, where each text stands as often as it is meant.
   */
  #writeOut(bytes: number): void {
    this.#textBytes += bytes;
    const { textBytesPerRequest } = this.series.limits;
    if (this.#textBytes <= textBytesPerRequest) return;
    throw new AdapterError(
      'decoded_too_large',
      `the texts of the request take ${describeSize(this.#textBytes)} and more, each as often as it is named: more than http.max_decoded_size (${formatSize(textBytesPerRequest)})`,
    );
  }

  #readRefs(refs: Refs, end: number): void {
    const cursor = this.#cursor;
    while (cursor.at < end) {
      refs.add(cursor.lowUint32(end));
      // What they label is lost, and there may be millions to come.
      if (refs.isHopeless) cursor.at = end;
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
      } else if (tag === SAMPLE_START) series.startTimestampsMs[index] = cursor.int64(end);
      else cursor.skip(tag, end);
    }
  }

  #readHistogram(end: number): void {
    const { series } = this;
    const maxParts = series.limits.bucketsPerHistogram;
    const cursor = this.#cursor;
    const histogram = series.addHistogram();
    readHistogram(histogram, { cursor, end, maxParts, hasStart: true });
    series.countBuckets(histogram.parts);
  }

  #readExemplar(into: Exemplar, end: number): void {
    const cursor = this.#cursor;
    const { exemplarRefs, symbols } = this.#memory;
    exemplarRefs.count = 0;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === EXEMPLAR_REFS) this.#readRefs(exemplarRefs, cursor.lengthEnd(end));
      else if (tag === EXEMPLAR_REF) exemplarRefs.add(cursor.lowUint32(end));
      else if (tag === EXEMPLAR_VALUE) into.value = cursor.double(end);
      else if (tag === EXEMPLAR_TIMESTAMP) into.timestampMs = cursor.int64(end);
      else cursor.skip(tag, end);
    }
    exemplarRefs.resolve(into, symbols, 'exemplar_ref_invalid');
    this.#writeOut(exemplarRefs.textBytes);
  }

  /** A second metadata message adds to the first, field by field, as protobuf has it. */
  #readMetadata(end: number): void {
    const cursor = this.#cursor;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === METADATA_TYPE) this.series.metadata.type = cursor.lowUint32(end) | 0;
      else if (tag === METADATA_HELP) this.#helpRef = cursor.lowUint32(end);
      else if (tag === METADATA_UNIT) this.#unitRef = cursor.lowUint32(end);
      else cursor.skip(tag, end);
    }
  }

  #resolveMetadata(): void {
    const { ranges, count } = this.#memory.symbols;
    const help = this.#helpRef;
    const unit = this.#unitRef;
    if (Math.max(help, unit) >= Math.max(count, 1)) {
      const outside = help >= count ? `help_ref ${help}` : `unit_ref ${unit}`;
      this.series.refuse('metadata_ref_invalid', `${outside}, with ${count} symbols`);
      return;
    }
    const into = this.series.metadata;
    into.helpStart = help && ranges[help * 2];
    into.helpEnd = help && ranges[help * 2 + 1];
    into.unitStart = unit && ranges[unit * 2];
    into.unitEnd = unit && ranges[unit * 2 + 1];
    this.#writeOut(into.helpEnd - into.helpStart + into.unitEnd - into.unitStart);
  }
}

/** What is thrown for `error`: bytes that are no such message become an answer. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof MalformedError)) return error;
  return new AdapterError(
    'protobuf_invalid',
    `the decompressed body is not an io.prometheus.write.v2.Request: ${error.message}`,
  );
}
