/** The format `json`: one record a sample, the fields of Telefonica's adapter with nothing lost. */

import type { HistogramView, RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { type Contents, NOTHING, ONE_FLOAT, ONE_HISTOGRAM } from '../lib/contents.ts';
import { HistogramText } from './histogram-json.ts';
import { Extras, hasExtras } from './json-extras.ts';
import { writeHead } from './json-head.ts';
import { writeEscaped, writePlain } from './json-string.ts';
import { isStale } from './stale.ts';
import { LONGEST_TIME, TIME_FORMS, TimeText } from './time-text.ts';
import { LONGEST_VALUE, VALUE_FORMS, type ValueForm } from './value-form.ts';

/** Longest of what an entry may have beside labels, times and texts of its own. */
const FIXED_ENTRY_BYTES = 160;
/** Around time and value. */
const FIXED_SAMPLE_BYTES = 32;

export interface JsonSettings {
  /** `record.json_timestamp` */
  readonly timestamp: keyof typeof TIME_FORMS;
  /** `record.json_value` */
  readonly value: keyof typeof VALUE_FORMS;
}

/**
 * `{"labels":{...},"name":"up","timestamp":"2026-11-22T10:00:00.123Z","value":"1"}`, then where they apply
 * `"stale":true`, `start_timestamp`, `type`, `unit`, `help` and, with the last record of an entry, `exemplars`.
 * Labels are sorted by name, the time has milliseconds in UTC, the value is a string. A native histogram has
 * `histogram` in the place of `value`; exemplars that come alone are a record with neither.
 */
export class JsonFormat implements RecordFormat {
  readonly name = 'json';
  readonly #time: TimeText;
  readonly #value: ValueForm;
  /** What the samples of a series have in common, when there are several. */
  readonly #head = new ByteWriter();
  readonly #histogram = new HistogramText();
  readonly #extras: Extras;

  constructor(settings: JsonSettings = { timestamp: 'rfc3339', value: 'string' }) {
    const timeForm = TIME_FORMS[settings.timestamp];
    this.#time = new TimeText(timeForm);
    this.#value = VALUE_FORMS[settings.value];
    this.#extras = new Extras(timeForm, this.#value);
  }

  writeSeries(series: SeriesView, sink: RecordSink): void {
    const { sampleCount, histogramCount, exemplarCount } = series;
    const isUsual = histogramCount === 0 && exemplarCount === 0 && !hasExtras(series);
    if (isUsual && sampleCount === 1) {
      const out = sink.begin(series.timestampsMs[0]);
      writeHead(out, series, series.isPlain ? writePlain : writeEscaped);
      this.#writeSample(out, series, 0);
      sink.end();
      return;
    }
    this.#head.truncate();
    writeHead(this.#head, series, series.isPlain ? writePlain : writeEscaped);
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
    const form = this.#value;
    out.reserve(LONGEST_TIME + LONGEST_VALUE + FIXED_SAMPLE_BYTES);
    this.#time.write(out, series.timestampsMs[index]);
    form.before.write(out);
    const { valueWords } = series;
    form.write(out, series.values[index]);
    const { staleEnd, end } = form;
    (isStale(valueWords[index * 2], valueWords[index * 2 + 1]) ? staleEnd : end).write(out);
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
    out.ascii(',"histogram":');
    this.#histogram.write(out, histogram);
    if (isStale(histogram.sumLow, histogram.sumHigh)) out.ascii(',"stale":true');
  }

  /** With the time of the last of them. */
  #writeExemplarsAlone(series: SeriesView, sink: RecordSink): void {
    const { exemplars, exemplarCount } = series;
    const { timestampMs } = exemplars[exemplarCount - 1]!;
    const out = this.#begin(sink, timestampMs, { ...NOTHING, exemplar: exemplarCount });
    this.#time.write(out, timestampMs);
    this.#extras.write(out, 0, true);
    sink.end();
  }
}
