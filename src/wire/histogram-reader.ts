/** Reads native histograms: one message for both versions. */

import { type Int64, uint64, zigzag64 } from '../lib/int64.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { type Cursor, FIXED64, LENGTH_DELIMITED, VARINT } from './cursor.ts';
import type { Histogram } from './histogram.ts';

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
const POSITIVE_SPANS = (field.positive_spans! << 3) | LENGTH_DELIMITED;
const NEGATIVE_SPANS = (field.negative_spans! << 3) | LENGTH_DELIMITED;
const POSITIVE_DELTAS = (field.positive_deltas! << 3) | LENGTH_DELIMITED;
const POSITIVE_DELTA = (field.positive_deltas! << 3) | VARINT;
const NEGATIVE_DELTAS = (field.negative_deltas! << 3) | LENGTH_DELIMITED;
const NEGATIVE_DELTA = (field.negative_deltas! << 3) | VARINT;
const POSITIVE_COUNTS = (field.positive_counts! << 3) | LENGTH_DELIMITED;
const POSITIVE_COUNT = (field.positive_counts! << 3) | FIXED64;
const NEGATIVE_COUNTS = (field.negative_counts! << 3) | LENGTH_DELIMITED;
const NEGATIVE_COUNT = (field.negative_counts! << 3) | FIXED64;
const CUSTOM_VALUES = (field.custom_values! << 3) | LENGTH_DELIMITED;
const CUSTOM_VALUE = (field.custom_values! << 3) | FIXED64;
const SPAN_OFFSET = (span.offset! << 3) | VARINT;
const SPAN_LENGTH = (span.length! << 3) | VARINT;

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
  histogram.reset();
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (readScalar(histogram, tag, reading) || readRepeated(histogram, tag, reading)) continue;
    histogram.hasUnknown = true;
    cursor.skip(tag, end);
  }
  histogram.zeroCount = histogram.isFloat ? histogram.zeroFloat : histogram.zeroInt;
  histogram.positive.settle(histogram.isFloat);
  histogram.negative.settle(histogram.isFloat);
}

/** Reads a field that stands once; false when the tag is of another. */
function readScalar(histogram: Histogram, tag: number, { cursor, end, hasStart }: HistogramReading): boolean {
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
      histogram.zeroInt = readUint64(cursor, end);
      histogram.zeroFloat = 0;
      return true;
    case ZERO_COUNT_FLOAT:
      histogram.zeroFloat = cursor.double(end);
      histogram.zeroInt = 0;
      return true;
    case RESET_HINT:
      histogram.resetHint = cursor.lowUint32(end) | 0;
      return true;
    case TIMESTAMP:
      histogram.timestampMs = cursor.int64(end);
      return true;
    case START_TIMESTAMP:
      if (!hasStart) return false;
      histogram.startTimestampMs = cursor.int64(end);
      return true;
    default:
      return false;
  }
}

/** Reads a field of buckets or bounds; false when the tag is of another. */
function readRepeated(histogram: Histogram, tag: number, reading: HistogramReading): boolean {
  const { positive, negative, customValues } = histogram;
  switch (tag) {
    case POSITIVE_SPANS:
      readSpan(histogram, positive.spans, reading);
      return true;
    case NEGATIVE_SPANS:
      readSpan(histogram, negative.spans, reading);
      return true;
    case POSITIVE_DELTAS:
    case POSITIVE_DELTA:
      readDeltas(histogram, positive.deltas, extentOf(tag, reading));
      return true;
    case NEGATIVE_DELTAS:
    case NEGATIVE_DELTA:
      readDeltas(histogram, negative.deltas, extentOf(tag, reading));
      return true;
    case POSITIVE_COUNTS:
    case POSITIVE_COUNT:
      readDoubles(histogram, positive.floats, extentOf(tag, reading));
      return true;
    case NEGATIVE_COUNTS:
    case NEGATIVE_COUNT:
      readDoubles(histogram, negative.floats, extentOf(tag, reading));
      return true;
    case CUSTOM_VALUES:
    case CUSTOM_VALUE:
      readDoubles(histogram, customValues, extentOf(tag, reading));
      return true;
    default:
      return false;
  }
}

/** The items of a repeated field that come at once: one, or several that are packed. */
interface Extent {
  readonly reading: HistogramReading;
  /** No item begins here or later. */
  readonly stop: number;
  /** None may reach beyond. */
  readonly end: number;
}

function extentOf(tag: number, reading: HistogramReading): Extent {
  const { cursor, end } = reading;
  if ((tag & 7) !== LENGTH_DELIMITED) return { reading, stop: cursor.at + 1, end };
  const packedEnd = cursor.lengthEnd(end);
  return { reading, stop: packedEnd, end: packedEnd };
}

function readDeltas(histogram: Histogram, list: Int64[], { reading, stop, end }: Extent): void {
  const { cursor, maxParts } = reading;
  while (cursor.at < stop) {
    cursor.varint64(end);
    if (++histogram.parts <= maxParts) list.push(zigzag64(cursor.low, cursor.high));
  }
}

function readDoubles(histogram: Histogram, list: number[], { reading, stop, end }: Extent): void {
  const { cursor, maxParts } = reading;
  while (cursor.at < stop) {
    const value = cursor.double(end);
    if (++histogram.parts <= maxParts) list.push(value);
  }
}

function readSpan(histogram: Histogram, spans: number[], { cursor, end, maxParts }: HistogramReading): void {
  const spanEnd = cursor.lengthEnd(end);
  let offset = 0;
  let length = 0;
  while (cursor.at < spanEnd) {
    const tag = cursor.tag(spanEnd);
    if (tag === SPAN_OFFSET) offset = readSint32(cursor, spanEnd);
    else if (tag === SPAN_LENGTH) length = cursor.lowUint32(spanEnd);
    else {
      histogram.hasUnknown = true;
      cursor.skip(tag, spanEnd);
    }
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
