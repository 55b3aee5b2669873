/** The format `json`: one record a sample, the fields of Telefonica's adapter with nothing lost. */

import type { HistogramView, RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { type Contents, NOTHING, ONE_FLOAT, ONE_HISTOGRAM } from '../lib/contents.ts';
import { Snippet } from '../lib/snippet.ts';
import { writeHistogram } from './histogram-json.ts';
import { Extras, hasExtras } from './json-extras.ts';
import { LONGEST_ESCAPE, writeEscaped, writePlain } from './json-string.ts';
import { LONGEST_NUMBER, writeNumber } from './number-text.ts';
import { LONGEST_TIME, TimeText } from './time-text.ts';

const STALE_LOW = 0x00000002;
const STALE_HIGH = 0x7ff00000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

const BEFORE_LABELS = new Snippet('{"labels":{');
const BEFORE_NAME = new Snippet('},"name":"');
const BEFORE_TIME = new Snippet('","timestamp":"');
const BEFORE_VALUE = new Snippet('","value":"');
const END = new Snippet('"}');
const STALE_END = new Snippet('","stale":true}');
/** Longest of what an entry may have beside labels, times and texts of its own. */
const FIXED_ENTRY_BYTES = 160;
const FIXED_BYTES = 64;
const BYTES_AROUND_LABEL = 6;

/**
 * `{"labels":{...},"name":"up","timestamp":"2026-11-22T10:00:00.123Z","value":"1"}`, then where they apply
 * `"stale":true`, `start_timestamp`, `type`, `unit`, `help` and, with the last record of an entry, `exemplars`.
 * Labels are sorted by name, the time has milliseconds in UTC, the value is a string. A native histogram has
 * `histogram` in the place of `value`; exemplars that come alone are a record with neither.
 */
export class JsonFormat implements RecordFormat {
  readonly name = 'json';
  readonly #time = new TimeText();
  /** What the samples of a series have in common, when there are several. */
  readonly #head = new ByteWriter();
  readonly #extras = new Extras();

  writeSeries(series: SeriesView, sink: RecordSink): void {
    const { sampleCount, histogramCount, exemplarCount } = series;
    const isUsual = histogramCount === 0 && exemplarCount === 0 && !hasExtras(series);
    if (isUsual && sampleCount === 1) {
      const out = sink.begin(series.timestampsMs[0]);
      writeHead(out, series);
      this.#writeSample(out, series, 0);
      sink.end();
      return;
    }
    this.#head.truncate();
    writeHead(this.#head, series);
    if (!isUsual) {
      this.#writeEntry(series, sink);
      return;
    }
    for (let i = 0; i < sampleCount; i++) {
      const out = sink.begin(series.timestampsMs[i]);
      out.copy(this.#head.bytes, 0, this.#head.length);
      this.#writeSample(out, series, i);
      sink.end();
    }
  }

  #writeSample(out: ByteWriter, series: SeriesView, index: number): void {
    out.reserve(LONGEST_TIME + BEFORE_VALUE.length + LONGEST_NUMBER + STALE_END.length);
    this.#time.write(out, series.timestampsMs[index]);
    BEFORE_VALUE.write(out);
    const { valueWords } = series;
    writeNumber(out, series.values[index]);
    const isStale = valueWords[index * 2] === STALE_LOW && valueWords[index * 2 + 1] === STALE_HIGH;
    (isStale ? STALE_END : END).write(out);
  }

  /** An entry with more than samples: each record ends in what else was told. */
  #writeEntry(series: SeriesView, sink: RecordSink): void {
    const { sampleCount, histogramCount, histograms, exemplarCount } = series;
    this.#extras.use(series);
    const last = sampleCount + histogramCount - 1;
    const contents = (place: number, kind: Contents): Contents =>
      place === last ? { ...kind, exemplar: exemplarCount } : kind;
    for (let i = 0; i < sampleCount; i++) {
      const out = this.#begin(sink, series.timestampsMs[i], contents(i, ONE_FLOAT));
      this.#writeSample(out, series, i);
      // In the place of the brace.
      out.length--;
      this.#extras.write(out, series.startTimestampsMs[i], i === last);
      sink.end();
    }
    for (let i = 0; i < histogramCount; i++) {
      const histogram = histograms[i]!;
      const place = sampleCount + i;
      const out = this.#begin(sink, histogram.timestampMs, contents(place, ONE_HISTOGRAM));
      this.#writeHistogram(out, histogram);
      this.#extras.write(out, histogram.startTimestampMs, place === last);
      sink.end();
    }
    if (last < 0) this.#writeExemplarsAlone(series, sink);
  }

  #begin(sink: RecordSink, timestampMs: number, contents: Contents): ByteWriter {
    const out = sink.begin(timestampMs, contents);
    out.copy(this.#head.bytes, 0, this.#head.length);
    out.reserve(FIXED_ENTRY_BYTES);
    return out;
  }

  #writeHistogram(out: ByteWriter, histogram: HistogramView): void {
    this.#time.write(out, histogram.timestampMs);
    out.ascii('","histogram":');
    writeHistogram(out, histogram);
    const isStale = histogram.sumLow === STALE_LOW && histogram.sumHigh === STALE_HIGH;
    if (isStale) out.ascii(',"stale":true');
  }

  /** With the time of the last of them. */
  #writeExemplarsAlone(series: SeriesView, sink: RecordSink): void {
    const { exemplars, exemplarCount } = series;
    const { timestampMs } = exemplars[exemplarCount - 1]!;
    const out = this.#begin(sink, timestampMs, { ...NOTHING, exemplar: exemplarCount });
    this.#time.write(out, timestampMs);
    out.ascii('"');
    this.#extras.write(out, 0, true);
    sink.end();
  }
}

/** Everything up to the timestamp. */
function writeHead(out: ByteWriter, series: SeriesView): void {
  out.reserve(mostBytes(series));
  BEFORE_LABELS.write(out);
  if (series.isPlain) writePlainLabels(out, series);
  else writeEscapedLabels(out, series);
  // In the place of the last comma.
  out.length--;
  BEFORE_NAME.write(out);
  writeEscaped(out, series, series.nameLabel * 4 + 2);
  BEFORE_TIME.write(out);
}

function writePlainLabels(out: ByteWriter, series: SeriesView): void {
  const { bytes } = out;
  for (let range = 0; range < series.labelCount * 4; range += 4) {
    bytes[out.length++] = QUOTE;
    writePlain(out, series, range);
    writeBetween(out);
    writePlain(out, series, range + 2);
    writeAfter(out);
  }
}

function writeEscapedLabels(out: ByteWriter, series: SeriesView): void {
  const { bytes } = out;
  for (let range = 0; range < series.labelCount * 4; range += 4) {
    bytes[out.length++] = QUOTE;
    writeEscaped(out, series, range);
    writeBetween(out);
    writeEscaped(out, series, range + 2);
    writeAfter(out);
  }
}

/** `":"`, and room for one byte more. */
function writeBetween(out: ByteWriter): void {
  out.view.setInt32(out.length, QUOTE | (COLON << 8) | (QUOTE << 16), true);
  out.length += 3;
}

/** `",` */
function writeAfter(out: ByteWriter): void {
  out.view.setInt16(out.length, QUOTE | (COMMA << 8), true);
  out.length += 2;
}

/** An upper bound of the head, every byte of every label escaped. */
function mostBytes({ labels, labelCount }: SeriesView): number {
  let bytes = 0;
  for (let range = 0; range < labelCount * 4; range += 2) bytes += labels[range + 1] - labels[range];
  return bytes * 2 * LONGEST_ESCAPE + labelCount * BYTES_AROUND_LABEL + FIXED_BYTES;
}
