/** RecordBatch, magic 2: records are written straight into the bytes that go over the wire. */

import type { Buffer } from 'node:buffer';
import { crc32c } from '@node-rs/crc32';
import { ByteWriter } from '../lib/byte-writer.ts';
import { type Contents, ONE_FLOAT } from '../lib/contents.ts';
import type { PendingRequest } from './pending-request.ts';
import { LONGEST_VARINT, putVarint, varintBytes, writeVarlong } from './varint.ts';

/**
 * Offsets of the header: baseOffset int64, batchLength int32, partitionLeaderEpoch int32, magic int8, crc uint32,
 * attributes int16, lastOffsetDelta int32, baseTimestamp int64, maxTimestamp int64, producerId int64,
 * producerEpoch int16, baseSequence int32, recordCount int32.
 */
const BASE_OFFSET = 0;
const BATCH_LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORD_COUNT = 57;
export const HEADER_BYTES = 61;

/** Lengths of record and value are taken for two bytes, which is right for values of 64 to 8191 bytes. */
const USUAL_LENGTH_BYTES = 2;
/** Attributes and key length (-1: no key). */
const FIXED_RECORD_BYTES = 2;
const NO_KEY = 1;
/** A number of 0. */
const NO_HEADERS: Uint8Array = new Uint8Array(1);
const MOST_FRAME_BYTES = 2 * USUAL_LENGTH_BYTES + 2 * LONGEST_VARINT + FIXED_RECORD_BYTES;
const MOST_SHIFT_BYTES = 6;

/** What makes a batch idempotent: the broker knows a repeated sequence of the same producer and epoch. */
export interface ProducerStamp {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  /** Nobody knows of an attempt with it whether it was appended. */
  mayBeAppended?: boolean;
}

/** The records of one request in a batch: from `first` up to the next share. */
export interface Share {
  readonly request: PendingRequest;
  readonly first: number;
}

/** Where a batch stood before a request wrote to it. */
export interface Mark {
  readonly length: number;
  readonly count: number;
  readonly maxTimestampMs: number;
}

export class RecordBatch {
  readonly writer: ByteWriter;
  count = 0;
  /** Requests that have records in here, with the place of the first of these; in order. */
  shares: Share[] = [];
  /** `performance.now()` until which an acknowledgement is of use; that of the oldest request. */
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Set at the first sending; a repetition carries the same. */
  stamp: ProducerStamp | undefined;
  /** The time that the records count from; that of the first. */
  baseTimestampMs = 0;
  #maxTimestampMs = 0;
  /** As it was before the record begun last. */
  #maxBeforeMs = 0;
  #recordStart = 0;
  #valueStart = 0;
  #headerBytes = 0;
  /** By place, of the records that hold something else than one float sample. */
  readonly #contents = new Map<number, Contents>();

  constructor(capacity: number) {
    this.writer = new ByteWriter(capacity);
    this.writer.length = HEADER_BYTES;
  }

  /** Bytes so far, header included. */
  get length(): number {
    return this.writer.length;
  }

  /** Bytes of the records alone. */
  get recordBytes(): number {
    return this.writer.length - HEADER_BYTES;
  }

  mark(): Mark {
    return { length: this.writer.length, count: this.count, maxTimestampMs: this.#maxTimestampMs };
  }

  rollback(mark: Mark): void {
    this.writer.truncate(mark.length);
    if (this.#contents.size > 0) this.#forgetContents(mark.count);
    this.count = mark.count;
    this.#maxTimestampMs = mark.maxTimestampMs;
  }

  #forgetContents(from: number): void {
    for (const place of this.#contents.keys()) if (place >= from) this.#contents.delete(place);
  }

  /** What the record at `place` holds. */
  contentsOf(place: number): Contents {
    return this.#contents.get(place) ?? ONE_FLOAT;
  }

  /** Empties the batch for another use of its memory. */
  clear(): void {
    this.rollback({ length: HEADER_BYTES, count: 0, maxTimestampMs: 0 });
    this.shares = [];
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.stamp = undefined;
  }

  /**
   * record: length varint, attributes int8, timestampDelta varlong, offsetDelta varint, keyLength varint, key,
   * valueLength varint, value, headerCount varint.
   * Begins one; the value is what the caller writes to `writer` before `end`.
   */
  begin(timestampMs: number, contents?: Contents, key?: Uint8Array): ByteWriter {
    const { writer } = this;
    this.#maxBeforeMs = this.#maxTimestampMs;
    if (this.count === 0) {
      this.baseTimestampMs = timestampMs;
      this.#maxTimestampMs = timestampMs;
    } else if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs;
    writer.reserve(MOST_FRAME_BYTES);
    this.#recordStart = writer.length;
    writer.length += USUAL_LENGTH_BYTES;
    writer.bytes[writer.length++] = 0;
    writeVarlong(writer, timestampMs - this.baseTimestampMs);
    writer.length = putVarint(writer.bytes, writer.length, this.count);
    if (key) this.#writeKey(key);
    else writer.bytes[writer.length++] = NO_KEY;
    if (contents) this.#contents.set(this.count, contents);
    writer.length += USUAL_LENGTH_BYTES;
    this.#valueStart = writer.length;
    return writer;
  }

  #writeKey(key: Uint8Array): void {
    const { writer } = this;
    writer.length = putVarint(writer.bytes, writer.length, key.length);
    writer.copy(key, 0, key.length);
    writer.reserve(USUAL_LENGTH_BYTES);
  }

  /** Closes the record: its two lengths are known now. `headers` begin with their number. */
  end(headers = NO_HEADERS): void {
    const { writer } = this;
    const valueBytes = writer.length - this.#valueStart;
    const frameBytes = this.#valueStart - this.#recordStart - 2 * USUAL_LENGTH_BYTES;
    const recordBytes = frameBytes + varintBytes(valueBytes) + valueBytes + headers.length;
    if (varintBytes(valueBytes) !== USUAL_LENGTH_BYTES || varintBytes(recordBytes) !== USUAL_LENGTH_BYTES) {
      this.#shift(valueBytes, recordBytes);
    } else {
      putVarint(writer.bytes, this.#recordStart, recordBytes);
      putVarint(writer.bytes, this.#valueStart - USUAL_LENGTH_BYTES, valueBytes);
    }
    if (headers.length === 1) writer.byte(0);
    else writer.copy(headers, 0, headers.length);
    this.#headerBytes = headers.length;
    this.count++;
  }

  /** Where the record closed last starts. */
  get lastRecordStart(): number {
    return this.#recordStart;
  }

  /** The value of the record closed last. */
  lastValue(): Buffer {
    const { bytes, length } = this.writer;
    return bytes.subarray(this.#valueStart, length - this.#headerBytes);
  }

  /** Takes the record closed last out again. */
  dropLast(): void {
    this.rollback({ length: this.#recordStart, count: this.count - 1, maxTimestampMs: this.#maxBeforeMs });
  }

  /** Moves the parts of a very short or very long record to where its lengths leave them. */
  #shift(valueBytes: number, recordBytes: number): void {
    const { writer } = this;
    writer.reserve(MOST_SHIFT_BYTES);
    const { bytes } = writer;
    const frameStart = this.#recordStart + USUAL_LENGTH_BYTES;
    const frameEnd = this.#valueStart - USUAL_LENGTH_BYTES;
    // A copy: what a Buffer slices off is the same memory, which the value may be about to cover.
    const frame = new Uint8Array(bytes.subarray(frameStart, frameEnd));
    const valueStart = this.#recordStart + varintBytes(recordBytes) + frame.length + varintBytes(valueBytes);
    bytes.copyWithin(valueStart, this.#valueStart, this.#valueStart + valueBytes);
    const frameAt = putVarint(bytes, this.#recordStart, recordBytes);
    bytes.set(frame, frameAt);
    putVarint(bytes, frameAt + frame.length, valueBytes);
    this.#valueStart = valueStart;
    writer.length = valueStart + valueBytes;
  }

  /** The records alone, for compression. */
  records(): Buffer {
    return this.writer.bytes.subarray(HEADER_BYTES, this.writer.length);
  }

  /**
   * Fills in the header and returns the batch as it goes over the wire. `compressed` are the records as the codec
   * of `attributes` left them, undefined when they go as they are.
   */
  seal(attributes: number, compressed?: Buffer): Buffer[] {
    const { bytes, view, length } = this.writer;
    const recordBytes = compressed ? compressed.length : length - HEADER_BYTES;
    view.setBigInt64(BASE_OFFSET, 0n);
    view.setInt32(BATCH_LENGTH, HEADER_BYTES + recordBytes - LEADER_EPOCH);
    view.setInt32(LEADER_EPOCH, -1);
    view.setInt8(MAGIC, 2);
    view.setInt16(ATTRIBUTES, attributes);
    view.setInt32(LAST_OFFSET_DELTA, this.count - 1);
    view.setBigInt64(BASE_TIMESTAMP, BigInt(this.baseTimestampMs));
    view.setBigInt64(MAX_TIMESTAMP, BigInt(this.#maxTimestampMs));
    view.setBigInt64(PRODUCER_ID, this.stamp?.producerId ?? -1n);
    view.setInt16(PRODUCER_EPOCH, this.stamp?.epoch ?? -1);
    view.setInt32(BASE_SEQUENCE, this.stamp?.sequence ?? -1);
    view.setInt32(RECORD_COUNT, this.count);
    if (!compressed) {
      view.setUint32(CRC, crc32c(bytes.subarray(ATTRIBUTES, length)));
      return [bytes.subarray(0, length)];
    }
    view.setUint32(CRC, crc32c(compressed, crc32c(bytes.subarray(ATTRIBUTES, HEADER_BYTES))));
    return [bytes.subarray(0, HEADER_BYTES), compressed];
  }
}
