/** Encodes a series as the protobuf message that Remote-Write 1.0 has for one, in parts that are not too large. */

import type { ExemplarView, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import type { Contents } from '../lib/contents.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { writeHistogram } from './histogram-protobuf.ts';
import {
  bytesField,
  doubleField,
  FIXED64,
  LENGTH_DELIMITED,
  messageField,
  VARINT,
  varintField,
} from './protobuf-writer.ts';
import { validText } from './valid-text.ts';
import { LONGEST_VARINT, putVarint, putVarint64, varintBytes } from './varint.ts';

const root = loadProto('kafka_adapter/record.proto');
const field = fieldNumbers(root, 'kafka_adapter.Series');
const sample = fieldNumbers(root, 'kafka_adapter.Sample');
const exemplar = fieldNumbers(root, 'kafka_adapter.Exemplar');

const LABELS = (field.labels! << 3) | LENGTH_DELIMITED;
const SAMPLES = (field.samples! << 3) | LENGTH_DELIMITED;
const HISTOGRAMS = (field.histograms! << 3) | LENGTH_DELIMITED;
const EXEMPLARS = (field.exemplars! << 3) | LENGTH_DELIMITED;
/** Of an entry of a map (Protocol Buffers encoding, "Maps"). */
const KEY = (1 << 3) | LENGTH_DELIMITED;
const VALUE = (2 << 3) | LENGTH_DELIMITED;
const SAMPLE_VALUE = (sample.value! << 3) | FIXED64;
const SAMPLE_TIMESTAMP = (sample.timestamp! << 3) | VARINT;
const SAMPLE_START = (sample.start_timestamp! << 3) | VARINT;
const EXEMPLAR_LABELS = (exemplar.labels! << 3) | LENGTH_DELIMITED;

/** Tags and lengths around name and value. */
const BYTES_AROUND_LABEL = 6 * 5;
/** Tag, length, value, two times. */
const LONGEST_SAMPLE = 3 + 8 + 2 * LONGEST_VARINT + 2;

/** One part of a series: labels and metadata, then what is in this part. */
export interface SeriesPart {
  readonly head: ByteWriter;
  readonly body: ByteWriter;
  readonly contents: Contents;
  /** That of the last sample, histogram or exemplar in it. */
  readonly timestampMs: number;
}

export interface PartSettings {
  /** Also what a prometheus.TimeSeries has no place for: start timestamps, type, unit, help. */
  readonly withExtras: boolean;
  /** A part ends where it comes to be larger, so one sample may stand above it. */
  readonly maxPartBytes: number;
}

export class SeriesParts {
  readonly #settings: PartSettings;
  readonly #head = new ByteWriter();
  readonly #body = new ByteWriter();
  #emit: (part: SeriesPart) => void = () => {};
  #counts = { float: 0, histogram: 0, exemplar: 0 };
  #timestampMs = 0;

  constructor(settings: PartSettings) {
    this.#settings = settings;
  }

  /** Calls `emit` for each part, mostly once; what it is given is valid until it returns. */
  write(series: SeriesView, emit: (part: SeriesPart) => void): void {
    const { withExtras } = this.#settings;
    const { sampleCount, histogramCount, histograms, exemplarCount, exemplars } = series;
    this.#emit = emit;
    this.#head.truncate();
    writeLabels(this.#head, series);
    if (withExtras) writeMetadata(this.#head, series);
    this.#begin();
    const body = this.#body;
    for (let i = 0; i < sampleCount; i++) {
      writeSample(body, series, { index: i, withExtras });
      this.#holds('float', series.timestampsMs[i]);
    }
    for (let i = 0; i < histogramCount; i++) {
      const histogram = histograms[i]!;
      messageField(body, HISTOGRAMS, () => writeHistogram(body, histogram, withExtras));
      this.#holds('histogram', histogram.timestampMs);
    }
    for (let i = 0; i < exemplarCount; i++) {
      const one = exemplars[i]!;
      messageField(body, EXEMPLARS, () => writeExemplar(body, one));
      // The time of exemplars that stand beside samples is not that of the part.
      this.#holds('exemplar', sampleCount + histogramCount > 0 ? this.#timestampMs : one.timestampMs);
    }
    this.#end();
  }

  #begin(): void {
    this.#body.truncate();
    this.#counts = { float: 0, histogram: 0, exemplar: 0 };
  }

  #holds(kind: keyof Contents, timestampMs: number): void {
    this.#counts[kind]++;
    this.#timestampMs = timestampMs;
    if (this.#head.length + this.#body.length >= this.#settings.maxPartBytes) {
      this.#end();
      this.#begin();
    }
  }

  #end(): void {
    if (this.#body.length === 0) return;
    const contents = this.#counts;
    this.#emit({ head: this.#head, body: this.#body, contents, timestampMs: this.#timestampMs });
  }
}

/** The time of the last histogram or sample; of exemplars that stand alone that of the last of them. */
export function latestTime(series: SeriesView): number {
  const { sampleCount, timestampsMs, histogramCount, histograms, exemplarCount, exemplars } = series;
  if (histogramCount > 0) return histograms[histogramCount - 1]!.timestampMs;
  return sampleCount > 0 ? timestampsMs[sampleCount - 1] : exemplars[exemplarCount - 1]!.timestampMs;
}

function writeLabels(out: ByteWriter, { labels, labelCount, view }: SeriesView): void {
  let labelBytes = 0;
  for (let range = 0; range < labelCount * 4; range += 2) labelBytes += labels[range + 1] - labels[range];
  out.reserve(labelBytes + labelCount * BYTES_AROUND_LABEL);
  for (let range = 0; range < labelCount * 4; range += 4) {
    const nameBytes = labels[range + 1] - labels[range];
    const valueBytes = labels[range + 3] - labels[range + 2];
    out.bytes[out.length++] = LABELS;
    putVarint(out, 2 + varintBytes(nameBytes) + nameBytes + varintBytes(valueBytes) + valueBytes);
    putText(out, KEY, { view, start: labels[range], length: nameBytes });
    putText(out, VALUE, { view, start: labels[range + 2], length: valueBytes });
  }
}

interface Text {
  readonly view: DataView;
  readonly start: number;
  readonly length: number;
}

/** Eight bytes at a time, where room is reserved; what is too much is written over. */
function putText(out: ByteWriter, tag: number, { view, start, length }: Text): void {
  out.bytes[out.length++] = tag;
  putVarint(out, length);
  const to = out.length;
  const target = out.view;
  for (let i = 0; i < length; i += 8) {
    target.setInt32(to + i, view.getInt32(start + i, true), true);
    target.setInt32(to + i + 4, view.getInt32(start + i + 4, true), true);
  }
  out.length = to + length;
}

function writeSample(
  out: ByteWriter,
  { valueWords, timestampsMs, startTimestampsMs }: SeriesView,
  { index, withExtras }: { index: number; withExtras: boolean },
): void {
  out.reserve(LONGEST_SAMPLE);
  out.bytes[out.length++] = SAMPLES;
  // Never over 127 bytes, so the length is one.
  const lengthAt = out.length++;
  out.bytes[out.length++] = SAMPLE_VALUE;
  out.view.setInt32(out.length, valueWords[index * 2], true);
  out.view.setInt32(out.length + 4, valueWords[index * 2 + 1], true);
  out.length += 8;
  out.bytes[out.length++] = SAMPLE_TIMESTAMP;
  putVarint64(out, timestampsMs[index]);
  if (withExtras && startTimestampsMs[index] !== 0) {
    out.bytes[out.length++] = SAMPLE_START;
    putVarint64(out, startTimestampsMs[index]);
  }
  out.bytes[lengthAt] = out.length - lengthAt - 1;
}

function writeExemplar(out: ByteWriter, one: ExemplarView): void {
  const { bytes, labels, labelCount } = one;
  for (let range = 0; range < labelCount * 4; range += 4) {
    messageField(out, EXEMPLAR_LABELS, () => {
      bytesField(out, KEY, { bytes, start: labels[range], end: labels[range + 1] });
      bytesField(out, VALUE, { bytes, start: labels[range + 2], end: labels[range + 3] });
    });
  }
  doubleField(out, (exemplar.value! << 3) | FIXED64, one.value);
  varintField(out, (exemplar.timestamp! << 3) | VARINT, one.timestampMs);
}

function writeMetadata(out: ByteWriter, { metadata }: SeriesView): void {
  const { type, bytes, unitStart, unitEnd, helpStart, helpEnd } = metadata;
  if (type !== 0) varintField(out, (field.type! << 3) | VARINT, type);
  for (const [number, start, end] of [
    [field.unit!, unitStart, unitEnd],
    [field.help!, helpStart, helpEnd],
  ] as const) {
    if (start === end) continue;
    const text = validText(bytes.subarray(start, end));
    bytesField(out, (number << 3) | LENGTH_DELIMITED, { bytes: text, start: 0, end: text.length });
  }
}
