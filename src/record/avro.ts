/** The format `avro`: one record a sample, by the schema io.kafka_adapter.Sample of proto/kafka_adapter/sample.avsc. */

import type { ExemplarView, HistogramView, RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { type Contents, NOTHING, ONE_FLOAT, ONE_HISTOGRAM } from '../lib/contents.ts';
import type { AvroFraming } from './avro-framing.ts';
import {
  writeBits,
  writeDouble,
  writeItems,
  writeLabels,
  writeLabelText,
  writeLong,
  writeNull,
  writeSomething,
  writeText,
  writeWord,
} from './avro-writer.ts';
import { writeHistogram } from './histogram-avro.ts';
import { metricTypeName } from './metric-types.ts';
import { isStale } from './stale.ts';
import { validText } from './valid-text.ts';

/**
 * Written by hand: encoding objects with avsc 5.7.9 takes 3600 ns of CPU a sample, five times as much, most of it for
 * strings that nobody looks at. Nothing is left out.
 */
export class AvroFormat implements RecordFormat {
  readonly name = 'avro';
  readonly prepare: (() => Promise<void>) | undefined;
  readonly #framing: AvroFraming;
  /** Name and labels, which all records of a series begin with. */
  readonly #head = new ByteWriter();
  /** Type, unit and help, which stand behind the start timestamp. */
  readonly #metadata = new ByteWriter();

  constructor(framing: AvroFraming) {
    this.#framing = framing;
    this.prepare = framing.prepare?.bind(framing);
  }

  writeSeries(series: SeriesView, sink: RecordSink): void {
    const { sampleCount, timestampsMs, histogramCount, histograms, exemplarCount } = series;
    this.#useSeries(series);
    const last = sampleCount + histogramCount - 1;
    const contents = (place: number, kind: Contents): Contents | undefined => {
      if (place === last && exemplarCount > 0) return { ...kind, exemplar: exemplarCount };
      return kind === ONE_FLOAT ? undefined : kind;
    };
    for (let i = 0; i < sampleCount; i++) {
      const out = this.#begin(sink, timestampsMs[i], contents(i, ONE_FLOAT));
      this.#writeSample(out, series, i);
      writeNull(out);
      this.#writeExemplars(out, i === last ? series : undefined);
      sink.end();
    }
    for (let i = 0; i < histogramCount; i++) {
      const histogram = histograms[i]!;
      const place = sampleCount + i;
      const out = this.#begin(sink, histogram.timestampMs, contents(place, ONE_HISTOGRAM));
      this.#writeHistogram(out, histogram);
      this.#writeExemplars(out, place === last ? series : undefined);
      sink.end();
    }
    if (last < 0) this.#writeExemplarsAlone(series, sink);
  }

  #useSeries(series: SeriesView): void {
    const head = this.#head;
    head.truncate();
    head.copy(this.#framing.prefix, 0, this.#framing.prefix.length);
    writeLabelText(head, series, series.nameLabel * 4 + 2);
    writeLabels(head, series);
    this.#useMetadata(series);
  }

  #useMetadata({ metadata }: SeriesView): void {
    const { type, bytes, unitStart, unitEnd, helpStart, helpEnd } = metadata;
    const out = this.#metadata;
    out.truncate();
    if (type === 0) writeNull(out);
    else {
      writeSomething(out);
      writeWord(out, metricTypeName(type));
    }
    writeOptionalText(out, bytes.subarray(unitStart, unitEnd));
    writeOptionalText(out, bytes.subarray(helpStart, helpEnd));
  }

  /** Up to the timestamp. */
  #begin(sink: RecordSink, timestampMs: number, contents: Contents | undefined): ByteWriter {
    const out = sink.begin(timestampMs, contents);
    out.copy(this.#head.bytes, 0, this.#head.length);
    writeLong(out, timestampMs);
    return out;
  }

  #writeSample(out: ByteWriter, { valueWords, startTimestampsMs }: SeriesView, index: number): void {
    const low = valueWords[index * 2];
    const high = valueWords[index * 2 + 1];
    writeSomething(out);
    writeBits(out, low, high);
    out.byte(isStale(low, high) ? 1 : 0);
    this.#writeStart(out, startTimestampsMs[index]);
  }

  #writeHistogram(out: ByteWriter, histogram: HistogramView): void {
    writeNull(out);
    out.byte(isStale(histogram.sumLow, histogram.sumHigh) ? 1 : 0);
    this.#writeStart(out, histogram.startTimestampMs);
    writeSomething(out);
    writeHistogram(out, histogram);
  }

  /** The start timestamp, 0 = not told, and the metadata behind it. */
  #writeStart(out: ByteWriter, startTimestampMs: number): void {
    if (startTimestampMs === 0) writeNull(out);
    else {
      writeSomething(out);
      writeLong(out, startTimestampMs);
    }
    out.copy(this.#metadata.bytes, 0, this.#metadata.length);
  }

  #writeExemplars(out: ByteWriter, series: SeriesView | undefined): void {
    if (!series || series.exemplarCount === 0) out.byte(0);
    else writeItems(out, series.exemplars.slice(0, series.exemplarCount), writeExemplar);
  }

  /** With the time of the last of them. */
  #writeExemplarsAlone(series: SeriesView, sink: RecordSink): void {
    const { exemplars, exemplarCount } = series;
    const { timestampMs } = exemplars[exemplarCount - 1]!;
    const out = this.#begin(sink, timestampMs, { ...NOTHING, exemplar: exemplarCount });
    writeNull(out);
    out.byte(0);
    this.#writeStart(out, 0);
    writeNull(out);
    this.#writeExemplars(out, series);
    sink.end();
  }
}

function writeOptionalText(out: ByteWriter, bytes: Uint8Array): void {
  if (bytes.length === 0) writeNull(out);
  else {
    writeSomething(out);
    writeText(out, validText(bytes));
  }
}

function writeExemplar(out: ByteWriter, exemplar: ExemplarView): void {
  writeLabels(out, exemplar);
  writeDouble(out, exemplar.value);
  writeLong(out, exemplar.timestampMs);
}
