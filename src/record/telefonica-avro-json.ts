/** The format `telefonica-avro-json`: Avro's JSON encoding by the schema io.prometheus.Metric of Telefonica's adapter. */

import type { RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { goSeconds } from './go-time.ts';
import { LONGEST_ESCAPE, writeEscaped } from './json-string.ts';
import { LONGEST_PLAIN_NUMBER, writePlainNumber } from './plain-number.ts';
import { LONGEST_TIME, TimeText } from './time-text.ts';

const FIXED_BYTES = 64;
const BYTES_AROUND_LABEL = 6;

/**
 * `{"timestamp":"2026-11-22T10:00:00Z","value":"1","name":"up","labels":{...}}`, one record a float sample, with the
 * values of `telefonica-json`. There fields and labels come in an order by chance, and letters whose last byte is
 * that of a quote, slash or line break are corrupted; here the order is that of the schema, and all text is kept.
 */
export class TelefonicaAvroJsonFormat implements RecordFormat {
  readonly name = 'telefonica-avro-json';
  readonly holds = { histograms: false, exemplars: false };
  readonly #time = new TimeText(goSeconds);
  /** Name and labels, which end all records of a series. */
  readonly #tail = new ByteWriter();

  writeSeries(series: SeriesView, sink: RecordSink): void {
    this.#tail.truncate();
    writeTail(this.#tail, series);
    for (let i = 0; i < series.sampleCount; i++) {
      const out = sink.begin(series.timestampsMs[i]);
      out.reserve(LONGEST_TIME + LONGEST_PLAIN_NUMBER + FIXED_BYTES);
      out.ascii('{"timestamp":');
      this.#time.write(out, series.timestampsMs[i]);
      out.ascii(',"value":"');
      writePlainNumber(out, series.values[i]);
      out.copy(this.#tail.bytes, 0, this.#tail.length);
      sink.end();
    }
  }
}

/** From behind the value on. */
function writeTail(out: ByteWriter, series: SeriesView): void {
  const { labels, labelCount, nameLabel } = series;
  let labelBytes = 0;
  for (let range = 0; range < labelCount * 4; range += 2) labelBytes += labels[range + 1] - labels[range];
  out.reserve(labelBytes * 2 * LONGEST_ESCAPE + labelCount * BYTES_AROUND_LABEL + FIXED_BYTES);
  out.ascii('","name":"');
  writeEscaped(out, series, nameLabel * 4 + 2);
  out.ascii('","labels":{');
  for (let range = 0; range < labelCount * 4; range += 2) {
    const isName = range % 4 === 0;
    out.ascii(isName && range > 0 ? ',"' : '"');
    writeEscaped(out, series, range);
    out.ascii(isName ? '":' : '"');
  }
  out.ascii('}}');
}
