/** Native histograms as they stand in a request: one message for both versions, read into memory that is used again. */

import type { BucketsView, HistogramView } from '../contracts.ts';
import { addInt64, type Int64, uint64, zigzag64 } from '../lib/int64.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { type Cursor, FIXED64, LENGTH_DELIMITED, VARINT } from './cursor.ts';

const root = loadProto('prometheus/remote_write_v2.proto');
const field = fieldNumbers(root, 'io.prometheus.write.v2.Histogram');
const span = fieldNumbers(root, 'io.prometheus.write.v2.BucketSpan');

const COUNT_INT = (field.count_int! << 3) | VARINT;
const COUNT_FLOAT = (field.count_float! << 3) | FIXED64;
const SUM = (field.sum! << 3) | FIXED64;
const SCHEMA = (field.schema! << 3) | VARINT;
const ZERO_THRESHOLD = (field.zero_threshold! << 3) | FIXED64;
const ZERO_COUNT_INT = (field.zero_count_int! << 3) | VARINT;
const ZERO_COUNT_FLOAT = (field.zero_count_float! << 3) | FIXED64;
const RESET_HINT = (field.reset_hint! << 3) | VARINT;
const TIMESTAMP = (field.timestamp! << 3) | VARINT;
const START_TIMESTAMP = (field.start_timestamp! << 3) | VARINT;
const SPAN_OFFSET = (span.offset! << 3) | VARINT;
const SPAN_LENGTH = (span.length! << 3) | VARINT;

/** One side of a histogram. */
export class Buckets implements BucketsView {
  readonly spans: number[] = [];
  /** As sent for an integer histogram: the first count, then differences. */
  readonly deltas: Int64[] = [];
  /** As sent for a float histogram. */
  readonly floats: number[] = [];
  counts: Int64[] = [];

  reset(): void {
    this.spans.length = 0;
    this.deltas.length = 0;
    this.floats.length = 0;
  }

  /** Makes `counts` of what was sent; int64 sums wrap, as those of Prometheus do. */
  settle(isFloat: boolean): void {
    if (isFloat) {
      this.counts = this.floats;
      return;
    }
    const counts = new Array<Int64>(this.deltas.length);
    let count: Int64 = 0;
    for (let i = 0; i < counts.length; i++) {
      count = addInt64(count, this.deltas[i]!);
      counts[i] = count;
    }
    this.counts = counts;
  }
}

/** What is kept of a histogram while its series is current. */
export class Histogram implements HistogramView {
  isFloat = false;
  count: Int64 = 0;
  sum = 0;
  sumLow = 0;
  sumHigh = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount: Int64 = 0;
  readonly positive = new Buckets();
  readonly negative = new Buckets();
  readonly customValues: number[] = [];
  resetHint = 0;
  timestampMs = 0;
  startTimestampMs = 0;
  /** Spans, buckets and bounds seen; those above the limit are not kept. */
  parts = 0;
}

export interface HistogramReading {
  readonly cursor: Cursor;
  readonly end: number;
  /** Parts that are kept at most; the option `limits.buckets_per_histogram`. */
  readonly maxParts: number;
  /** Whether field 17 is the start timestamp; in 1.0 it is unknown. */
  readonly hasStart: boolean;
}

/** Reads the message up to `end` into `histogram`; throws MalformedError. */
export function readHistogram(histogram: Histogram, reading: HistogramReading): void {
  const { cursor, end } = reading;
  reset(histogram);
  // Each member of a oneof unsets the other; what counts in the end is the kind of `count`.
  const zero = { int: 0 as Int64, float: 0 };
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (!readScalar(histogram, { tag, reading, zero }) && !readRepeated(histogram, tag, reading))
      cursor.skip(tag, end);
  }
  histogram.zeroCount = histogram.isFloat ? zero.float : zero.int;
  histogram.positive.settle(histogram.isFloat);
  histogram.negative.settle(histogram.isFloat);
}

function reset(histogram: Histogram): void {
  histogram.isFloat = false;
  histogram.count = 0;
  histogram.sum = 0;
  histogram.sumLow = 0;
  histogram.sumHigh = 0;
  histogram.schema = 0;
  histogram.zeroThreshold = 0;
  histogram.positive.reset();
  histogram.negative.reset();
  histogram.customValues.length = 0;
  histogram.resetHint = 0;
  histogram.timestampMs = 0;
  histogram.startTimestampMs = 0;
  histogram.parts = 0;
}

interface Scalar {
  readonly tag: number;
  readonly reading: HistogramReading;
  readonly zero: { int: Int64; float: number };
}

/** Reads a field that stands once; false when the tag is of another. */
function readScalar(histogram: Histogram, { tag, reading, zero }: Scalar): boolean {
  const { cursor, end } = reading;
  switch (tag) {
    case COUNT_INT:
      histogram.isFloat = false;
      histogram.count = readUint64(cursor, end);
      return true;
    case COUNT_FLOAT:
      histogram.isFloat = true;
      histogram.count = cursor.double(end);
      return true;
    case SUM:
      histogram.sum = cursor.double(end);
      histogram.sumLow = cursor.low;
      histogram.sumHigh = cursor.high;
      return true;
    case SCHEMA:
      histogram.schema = readSint32(cursor, end);
      return true;
    case ZERO_THRESHOLD:
      histogram.zeroThreshold = cursor.double(end);
      return true;
    case ZERO_COUNT_INT:
      zero.int = readUint64(cursor, end);
      zero.float = 0;
      return true;
    case ZERO_COUNT_FLOAT:
      zero.float = cursor.double(end);
      zero.int = 0;
      return true;
    case RESET_HINT:
      histogram.resetHint = cursor.lowUint32(end) | 0;
      return true;
    case TIMESTAMP:
      histogram.timestampMs = cursor.int64(end);
      return true;
    case START_TIMESTAMP:
      if (!reading.hasStart) return false;
      histogram.startTimestampMs = cursor.int64(end);
      return true;
    default:
      return false;
  }
}

/** Reads a field of buckets or bounds, packed or not; false when the tag is of another. */
function readRepeated(histogram: Histogram, tag: number, reading: HistogramReading): boolean {
  const { cursor, maxParts } = reading;
  const { positive, negative, customValues } = histogram;
  const add = <Item>(list: Item[], item: Item): void => {
    if (++histogram.parts <= maxParts) list.push(item);
  };
  const wireType = tag & 7;
  switch (tag >>> 3) {
    case field.positive_spans:
    case field.negative_spans:
      if (wireType !== LENGTH_DELIMITED) return false;
      readSpan(histogram, tag >>> 3 === field.positive_spans ? positive : negative, reading);
      return true;
    case field.positive_deltas:
    case field.negative_deltas: {
      const list = tag >>> 3 === field.positive_deltas ? positive.deltas : negative.deltas;
      return readEach(reading, { wireType, itemType: VARINT }, (end) => {
        cursor.varint64(end);
        add(list, zigzag64(cursor.low, cursor.high));
      });
    }
    case field.positive_counts:
    case field.negative_counts: {
      const list = tag >>> 3 === field.positive_counts ? positive.floats : negative.floats;
      return readEach(reading, { wireType, itemType: FIXED64 }, (end) => add(list, cursor.double(end)));
    }
    case field.custom_values:
      return readEach(reading, { wireType, itemType: FIXED64 }, (end) =>
        add(customValues, cursor.double(end)),
      );
    default:
      return false;
  }
}

/** One item, or several packed into one field; false for any other wire type. */
function readEach(
  { cursor, end }: HistogramReading,
  { wireType, itemType }: { wireType: number; itemType: number },
  readItem: (end: number) => void,
): boolean {
  if (wireType === itemType) {
    readItem(end);
    return true;
  }
  if (wireType !== LENGTH_DELIMITED) return false;
  const packedEnd = cursor.lengthEnd(end);
  while (cursor.at < packedEnd) readItem(packedEnd);
  return true;
}

function readSpan(
  histogram: Histogram,
  { spans }: Buckets,
  { cursor, end, maxParts }: HistogramReading,
): void {
  const spanEnd = cursor.lengthEnd(end);
  let offset = 0;
  let length = 0;
  while (cursor.at < spanEnd) {
    const tag = cursor.tag(spanEnd);
    if (tag === SPAN_OFFSET) offset = readSint32(cursor, spanEnd);
    else if (tag === SPAN_LENGTH) length = cursor.lowUint32(spanEnd);
    else cursor.skip(tag, spanEnd);
  }
  if (++histogram.parts <= maxParts) spans.push(offset, length);
}

function readUint64(cursor: Cursor, end: number): Int64 {
  cursor.varint64(end);
  return uint64(cursor.low, cursor.high);
}

/** Zigzag of 32 bits; bits above are dropped, as protobuf does. */
function readSint32(cursor: Cursor, end: number): number {
  const zigzag = cursor.lowUint32(end);
  return (zigzag >>> 1) ^ -(zigzag & 1);
}
