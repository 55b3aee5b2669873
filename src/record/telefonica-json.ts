/** The format `telefonica-json`: byte for byte the records of Telefonica's prometheus-kafka-adapter 1.9.1. */

import type { RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';
import { writeGoEscaped, writeGoPlain } from './go-string.ts';
import { goSeconds } from './go-time.ts';
import { writeHead } from './json-head.ts';
import { LONGEST_PLAIN_NUMBER, writePlainNumber } from './plain-number.ts';
import { LONGEST_TIME, TimeText } from './time-text.ts';

const BEFORE_VALUE = new Snippet(',"value":"');
const END = new Snippet('"}');
const MOST_SAMPLE_BYTES = LONGEST_TIME + BEFORE_VALUE.length + LONGEST_PLAIN_NUMBER + END.length;

/**
 * `{"labels":{...},"name":"up","timestamp":"2026-11-22T10:00:00Z","value":"1"}`, one record a float sample: seconds
 * cut off towards zero, never an exponent, NaN for stale markers too. It holds nothing else.
 */
export class TelefonicaJsonFormat implements RecordFormat {
  readonly name = 'telefonica-json';
  readonly holds = { histograms: false, exemplars: false };
  readonly #time = new TimeText(goSeconds);
  /** What the samples of a series have in common, when there are several. */
  readonly #head = new ByteWriter();

  writeSeries(series: SeriesView, sink: RecordSink): void {
    const { sampleCount, timestampsMs } = series;
    if (sampleCount === 1) {
      const out = sink.begin(timestampsMs[0]);
      writeHead(out, series, series.isPlain ? writeGoPlain : writeGoEscaped);
      this.#writeSample(out, series, 0);
      sink.end();
      return;
    }
    this.#head.truncate();
    writeHead(this.#head, series, series.isPlain ? writeGoPlain : writeGoEscaped);
    for (let i = 0; i < sampleCount; i++) {
      const out = sink.begin(timestampsMs[i]);
      out.copy(this.#head.bytes, 0, this.#head.length);
      this.#writeSample(out, series, i);
      sink.end();
    }
  }

  #writeSample(out: ByteWriter, { timestampsMs, values }: SeriesView, index: number): void {
    out.reserve(MOST_SAMPLE_BYTES);
    this.#time.write(out, timestampsMs[index]);
    BEFORE_VALUE.write(out);
    writePlainNumber(out, values[index]);
    END.write(out);
  }
}
