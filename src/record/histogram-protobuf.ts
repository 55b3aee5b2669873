/** Native histograms as protobuf: the message that both versions of Remote-Write have. */

import type { BucketsView, HistogramView } from '../contracts.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import { addInt64, type Int64 } from '../lib/int64.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import {
  bitsField,
  doubleField,
  FIXED64,
  LENGTH_DELIMITED,
  messageField,
  VARINT,
  varintField,
} from './protobuf-writer.ts';
import { LONGEST_VARINT, putVarint64, zigzag } from './varint.ts';

const root = loadProto('kafka_adapter/record.proto');
const field = fieldNumbers(root, 'kafka_adapter.Histogram');
const span = fieldNumbers(root, 'kafka_adapter.BucketSpan');

const SPAN_OFFSET = (span.offset! << 3) | VARINT;
const SPAN_LENGTH = (span.length! << 3) | VARINT;

const SIDES = {
  negative: {
    spans: (field.negative_spans! << 3) | LENGTH_DELIMITED,
    deltas: (field.negative_deltas! << 3) | LENGTH_DELIMITED,
    counts: (field.negative_counts! << 3) | LENGTH_DELIMITED,
  },
  positive: {
    spans: (field.positive_spans! << 3) | LENGTH_DELIMITED,
    deltas: (field.positive_deltas! << 3) | LENGTH_DELIMITED,
    counts: (field.positive_counts! << 3) | LENGTH_DELIMITED,
  },
} as const;

/** Writes the content of the message. `withStart`: in 1.0 there is no start timestamp. */
export function writeHistogram(out: ByteWriter, histogram: HistogramView, withStart: boolean): void {
  const { isFloat, count, zeroCount, positive, negative, customValues } = histogram;
  if (isFloat) doubleField(out, (field.count_float! << 3) | FIXED64, Number(count));
  else varintField(out, (field.count_int! << 3) | VARINT, count);
  bitsField(out, (field.sum! << 3) | FIXED64, [histogram.sumLow, histogram.sumHigh]);
  varintField(out, (field.schema! << 3) | VARINT, zigzag(histogram.schema));
  doubleField(out, (field.zero_threshold! << 3) | FIXED64, histogram.zeroThreshold);
  if (isFloat) doubleField(out, (field.zero_count_float! << 3) | FIXED64, Number(zeroCount));
  else varintField(out, (field.zero_count_int! << 3) | VARINT, zeroCount);
  writeSide(out, SIDES.negative, { side: negative, isFloat });
  writeSide(out, SIDES.positive, { side: positive, isFloat });
  if (histogram.resetHint !== 0) varintField(out, (field.reset_hint! << 3) | VARINT, histogram.resetHint);
  varintField(out, (field.timestamp! << 3) | VARINT, histogram.timestampMs);
  if (customValues.length > 0)
    messageField(out, (field.custom_values! << 3) | LENGTH_DELIMITED, () => putDoubles(out, customValues));
  if (withStart && histogram.startTimestampMs !== 0)
    varintField(out, (field.start_timestamp! << 3) | VARINT, histogram.startTimestampMs);
}

interface Side {
  readonly side: BucketsView;
  readonly isFloat: boolean;
}

function writeSide(
  out: ByteWriter,
  tags: (typeof SIDES)['positive' | 'negative'],
  { side, isFloat }: Side,
): void {
  const { spans, counts } = side;
  for (let i = 0; i < spans.length; i += 2) {
    messageField(out, tags.spans, () => {
      varintField(out, SPAN_OFFSET, zigzag(spans[i]!));
      varintField(out, SPAN_LENGTH, spans[i + 1]!);
    });
  }
  if (counts.length === 0) return;
  if (isFloat) messageField(out, tags.counts, () => putDoubles(out, counts.map(Number)));
  else messageField(out, tags.deltas, () => putDeltas(out, counts));
}

function putDoubles(out: ByteWriter, values: readonly number[]): void {
  out.reserve(values.length * 8);
  for (const value of values) {
    out.view.setFloat64(out.length, value, true);
    out.length += 8;
  }
}

/** The first count, then each as the difference to the one before. */
function putDeltas(out: ByteWriter, counts: readonly Int64[]): void {
  out.reserve(counts.length * LONGEST_VARINT);
  let before: Int64 = 0;
  for (const count of counts) {
    putVarint64(out, zigzag(addInt64(count, -before)));
    before = count;
  }
}
