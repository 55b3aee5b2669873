/** The format `protobuf`: one record an entry of a series, the message Series of proto/kafka_adapter/record.proto. */

import type { RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { latestTime, SeriesParts } from './series-parts.ts';

/**
 * An entry of a 1.0 request is a record as it came, since its message is part of this one, unless it has fields that
 * 1.0 has not; all others are encoded. Nothing is left out but such fields. The record carries the time of the last
 * sample in it.
 */
export class ProtobufFormat implements RecordFormat {
  readonly name = 'protobuf';
  readonly #maxBytes: number;
  readonly #parts: SeriesParts;

  /** An entry that takes more than `maxRecordBytes` becomes several records. */
  constructor(maxRecordBytes: number) {
    this.#maxBytes = maxRecordBytes;
    this.#parts = new SeriesParts({ withExtras: true, maxPartBytes: maxRecordBytes });
  }

  writeSeries(series: SeriesView, sink: RecordSink): void {
    const { original, sampleCount, histogramCount, exemplarCount } = series;
    if (original && original.length <= this.#maxBytes) {
      const isOne = sampleCount === 1 && histogramCount === 0 && exemplarCount === 0;
      const contents = isOne
        ? undefined
        : { float: sampleCount, histogram: histogramCount, exemplar: exemplarCount };
      const out = sink.begin(latestTime(series), contents);
      out.append(original);
      sink.end();
      return;
    }
    this.#parts.write(series, ({ head, body, contents, timestampMs }) => {
      const out = sink.begin(timestampMs, contents);
      out.copy(head.bytes, 0, head.length);
      out.copy(body.bytes, 0, body.length);
      sink.end();
    });
  }
}
