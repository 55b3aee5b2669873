/** The format `json`: one record a sample, the fields of Telefonica's adapter with nothing lost. */

import type { RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { LONGEST_ESCAPE, writeEscaped } from './json-string.ts';
import { LONGEST_NUMBER, writeNumber } from './number-text.ts';
import { LONGEST_TIME, TimeText } from './time-text.ts';

const STALE_LOW = 0x00000002;
const STALE_HIGH = 0x7ff00000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

const BEFORE_LABELS = '{"labels":{';
const BEFORE_NAME = '},"name":"';
const BEFORE_TIME = '","timestamp":"';
const BEFORE_VALUE = '","value":"';
const END = '"}';
const STALE_END = '","stale":true}';
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
    out.ascii(BEFORE_VALUE);
    const { valueWords } = series;
    writeNumber(out, series.values[index]);
    const isStale = valueWords[index * 2] === STALE_LOW && valueWords[index * 2 + 1] === STALE_HIGH;
    out.ascii(isStale ? STALE_END : END);
  }
}

/** Everything up to the timestamp. */
function writeHead(out: ByteWriter, series: SeriesView): void {
  const { labelCount } = series;
  out.reserve(mostBytes(series));
  out.ascii(BEFORE_LABELS);
  const { bytes } = out;
  for (let range = 0; range < labelCount * 4; range += 4) {
    bytes[out.length++] = QUOTE;
    writeEscaped(out, series, range);
    bytes[out.length] = QUOTE;
    bytes[out.length + 1] = COLON;
    bytes[out.length + 2] = QUOTE;
    out.length += 3;
    writeEscaped(out, series, range + 2);
    bytes[out.length] = QUOTE;
    bytes[out.length + 1] = COMMA;
    out.length += 2;
  }
  // In the place of the last comma.
  out.length--;
  out.ascii(BEFORE_NAME);
  writeEscaped(out, series, series.nameLabel * 4 + 2);
  out.ascii(BEFORE_TIME);
}

/** An upper bound of the head, every byte of every label escaped. */
function mostBytes({ labels, labelCount }: SeriesView): number {
  let bytes = 0;
  for (let range = 0; range < labelCount * 4; range += 2) bytes += labels[range + 1] - labels[range];
  return bytes * 2 * LONGEST_ESCAPE + labelCount * BYTES_AROUND_LABEL + FIXED_BYTES;
}
