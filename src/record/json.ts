/** The format `json`: one record a sample, the fields of Telefonica's adapter with nothing lost. */

import type { RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';

const STALE_LOW = 0x00000002;
const STALE_HIGH = 0x7ff00000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const HEX = '0123456789abcdef';

/** What stands after the backslash, for the characters that JSON writes in two (RFC 8259, section 7). */
const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: 'b',
  9: 't',
  10: 'n',
  12: 'f',
  13: 'r',
  [QUOTE]: '"',
  [BACKSLASH]: '\\',
};

/**
 * `{"labels":{...},"name":"up","timestamp":"2026-11-22T10:00:00.123Z","value":"1"}`, then `,"stale":true` for
 * the stale marker. Labels are sorted by name, the time has milliseconds in UTC, the value is a string.
 */
export class JsonFormat implements RecordFormat {
  readonly name = 'json';
  /** Everything up to the timestamp, the same for all samples of a series. */
  readonly #head = new ByteWriter();

  writeSeries(series: SeriesView, sink: RecordSink): void {
    this.#writeHead(series);
    for (let i = 0; i < series.sampleCount; i++) {
      const timestampMs = series.timestampsMs[i];
      const out = sink.begin(timestampMs);
      out.copy(this.#head.bytes, 0, this.#head.length);
      out.ascii(new Date(timestampMs).toISOString());
      out.ascii('","value":"');
      out.ascii(formatValue(series.values[i]));
      const stale = series.valueWords[i * 2] === STALE_LOW && series.valueWords[i * 2 + 1] === STALE_HIGH;
      out.ascii(stale ? '","stale":true}' : '"}');
      sink.end();
    }
  }

  #writeHead(series: SeriesView): void {
    const head = this.#head;
    head.truncate();
    head.ascii('{"labels":{');
    for (let i = 0; i < series.labelCount; i++) {
      if (i > 0) head.byte(COMMA);
      writeString(head, series, i * 4);
      head.byte(COLON);
      writeString(head, series, i * 4 + 2);
    }
    head.ascii('},"name":');
    writeString(head, series, series.nameLabel * 4 + 2);
    head.ascii(',"timestamp":"');
  }
}

/** The shortest digits that read back to the same number; `NaN`, `+Inf`, `-Inf`; keeps the sign of zero. */
export function formatValue(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** The label range at `offset` as a JSON string, which must be valid UTF-8: escapes quote, backslash and control characters, nothing else. */
function writeString(out: ByteWriter, series: SeriesView, offset: number): void {
  const { bytes, labels } = series;
  const start = labels[offset];
  const end = labels[offset + 1];
  out.reserve((end - start) * 6 + 2);
  const target = out.bytes;
  let at = out.length;
  target[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
      target[at++] = byte;
      continue;
    }
    const short = SHORT_ESCAPES[byte];
    const escaped = short ?? `u00${HEX[byte >> 4]}${HEX[byte & 15]}`;
    target[at++] = BACKSLASH;
    for (let k = 0; k < escaped.length; k++) target[at++] = escaped.charCodeAt(k);
  }
  target[at++] = QUOTE;
  out.length = at;
}
