/** The values in the record batches of a Fetch answer, read with suspicion: anybody may have written them. */

import type { Buffer } from 'node:buffer';
import { crc32c } from '@node-rs/crc32';
import { HEADER_BYTES } from './record-batch.ts';
import { readForeignVarint } from './varint.ts';

/** baseOffset int64, batchLength int32: what all formats of batches begin with. */
const LENGTH = 8;
const LENGTH_END = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const RECORD_COUNT = 57;

const CODEC_BITS = 0x07;
/** What transactions leave behind instead of records. */
const CONTROL_BIT = 0x20;

export interface BatchValues {
  /** Of the records at `offset` and behind, in their order; records without a value are left out. */
  readonly values: Buffer[];
  /** Where to read on. */
  readonly nextOffset: number;
  /** Batches that could not be read: compressed, of an old format, or not well-formed. */
  readonly unreadable: number;
}

/** `batches` lie one after the other, the last may be cut off; `offset` is the one that was asked for. */
export function readBatches(batches: Buffer, offset: number): BatchValues {
  const values: Buffer[] = [];
  let [at, nextOffset, unreadable] = [0, offset, 0];
  while (batches.length - at >= LENGTH_END) {
    const end = at + LENGTH_END + batches.readInt32BE(at + LENGTH);
    if (end <= at + LENGTH_END || end > batches.length) break;
    const batch = batches.subarray(at, end);
    at = end;
    const firstOffset = Number(batch.readBigInt64BE(0));
    const isReadable = isOurs(batch);
    // Formats before version 2 have one offset a message.
    const delta = isReadable ? Math.max(0, batch.readInt32BE(LAST_OFFSET_DELTA)) : 0;
    nextOffset = Math.max(nextOffset, firstOffset + delta + 1);
    const read = isReadable ? valuesOf(batch, offset - firstOffset) : undefined;
    if (read) values.push(...read);
    else unreadable++;
  }
  return { values, nextOffset, unreadable };
}

function isOurs(batch: Buffer): boolean {
  return batch.length >= HEADER_BYTES && batch.readInt8(MAGIC) === 2;
}

/** Undefined when the batch cannot be read. Records whose place is before `firstDelta` were not asked for. */
function valuesOf(batch: Buffer, firstDelta: number): Buffer[] | undefined {
  const attributes = batch.readInt16BE(ATTRIBUTES);
  if ((attributes & CONTROL_BIT) !== 0) return [];
  if ((attributes & CODEC_BITS) !== 0) return undefined;
  if (batch.readUInt32BE(CRC) !== crc32c(batch.subarray(ATTRIBUTES))) return undefined;
  const values: Buffer[] = [];
  let at = HEADER_BYTES;
  try {
    for (let count = batch.readInt32BE(RECORD_COUNT); count > 0; count--) {
      const { value: length, end: start } = readForeignVarint(batch, at);
      at = start + length;
      // Each record takes a byte at least, so that a wrong count comes to an end.
      if (length < 1 || at > batch.length) return undefined;
      const { delta, value } = readRecord(batch.subarray(start, at));
      if (value && delta >= firstDelta) values.push(value);
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return values;
}

/**
 * record: attributes int8, timestampDelta varlong, offsetDelta varint, keyLength varint, key, valueLength varint,
 * value, headers. Throws RangeError when it is cut off.
 */
function readRecord(record: Buffer): { readonly delta: number; readonly value: Buffer | undefined } {
  const timestamp = readForeignVarint(record, 1);
  const delta = readForeignVarint(record, timestamp.end);
  const key = readForeignVarint(record, delta.end);
  const value = readForeignVarint(record, key.end + Math.max(0, key.value));
  if (value.value < 0) return { delta: delta.value, value: undefined };
  const end = value.end + value.value;
  if (end > record.length) throw new RangeError('a value is cut off');
  return { delta: delta.value, value: record.subarray(value.end, end) };
}
