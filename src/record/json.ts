/** The format `json`: one record a sample, the fields of Telefonica's adapter with nothing lost. */

import type { RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';
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
const FIXED_BYTES = 64;
const BYTES_AROUND_LABEL = 6;

/**
 * `{"labels":{...},"name":"up","timestamp":"2026-11-22T10:00:00.123Z","value":"1"}`, then `,"stale":true` for
 * the stale marker. Labels are sorted by name, the time has milliseconds in UTC, the value is a string.
 */
export class JsonFormat implements RecordFormat {
  readonly name = 'json';
  readonly #time = new TimeText();
  /** What the samples of a series have in common, when there are several. */
  readonly #head = new ByteWriter();

  writeSeries(series: SeriesView, sink: RecordSink): void {
    if (series.sampleCount === 1) {
      const out = sink.begin(series.timestampsMs[0]);
      writeHead(out, series);
      this.#writeSample(out, series, 0);
      sink.end();
      return;
    }
    this.#head.truncate();
    writeHead(this.#head, series);
    for (let i = 0; i < series.sampleCount; i++) {
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
