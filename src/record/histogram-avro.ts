/** Native histograms as Avro, the record Histogram of proto/kafka_adapter/sample.avsc. */

import type { BucketsView, HistogramView } from '../contracts.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import type { Int64 } from '../lib/int64.ts';
import {
  writeBits,
  writeDouble,
  writeItems,
  writeLong,
  writeNull,
  writeSomething,
  writeWord,
} from './avro-writer.ts';
import { resetHintName } from './reset-hints.ts';

/** Writes the fields in the order of the schema. */
export function writeHistogram(out: ByteWriter, histogram: HistogramView): void {
  const { isFloat, positive, negative } = histogram;
  writeCount(out, histogram.count, isFloat);
  writeBits(out, histogram.sumLow, histogram.sumHigh);
  writeLong(out, histogram.schema);
  writeDouble(out, histogram.zeroThreshold);
  writeCount(out, histogram.zeroCount, isFloat);
  writeSide(out, negative, isFloat);
  writeSide(out, positive, isFloat);
  writeItems(out, histogram.customValues, writeDouble);
  writeWord(out, resetHintName(histogram.resetHint));
}

/** A pair of fields, of which one is null. */
function writeCount(out: ByteWriter, count: Int64, isFloat: boolean): void {
  if (isFloat) writeNull(out);
  writeSomething(out);
  if (isFloat) writeDouble(out, Number(count));
  else {
    writeLong(out, count);
    writeNull(out);
  }
}

function writeSide(out: ByteWriter, { spans, counts }: BucketsView, isFloat: boolean): void {
  const offsets = spans.filter((_, i) => i % 2 === 0);
  writeItems(out, [...offsets.keys()], (_out, i) => {
    writeLong(out, spans[i * 2]!);
    writeLong(out, spans[i * 2 + 1]!);
  });
  writeItems(out, isFloat ? [] : counts, writeLong);
  writeItems(out, isFloat ? counts.map(Number) : [], writeDouble);
}
