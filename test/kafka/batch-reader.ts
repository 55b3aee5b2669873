/** Reads RecordBatch v2 by the protocol guide alone, independently of src, and strictly: every byte is accounted for. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';

export interface BatchRecord {
  readonly timestampMs: number;
  readonly value: Buffer;
  /** Left out where the record has none. */
  readonly key?: Buffer;
  /** Names and values; left out where the record has none. */
  readonly headers?: readonly (readonly [string, string])[];
}

export interface ReadBatch {
  readonly attributes: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly records: readonly BatchRecord[];
}

const CASTAGNOLI_REFLECTED = 0x82f63b78;
const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CASTAGNOLI_REFLECTED : crc >>> 1;
  return crc;
});

/** CRC-32C (RFC 3720, appendix B.4), a byte at a time. */
export function referenceCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The bytes of a zigzag varint of 64 bits. */
export function referenceVarlong(value: bigint): Buffer {
  let rest = value >= 0n ? 2n * value : -2n * value - 1n;
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

class RecordBytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Buffer {
    assert.ok(count >= 0 && this.#at + count <= this.#bytes.length, `${count} bytes past the end`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  varlong(): number {
    let raw = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const [byte] = this.take(1);
      raw |= BigInt(byte! & 0x7f) << shift;
      if (byte! < 0x80) break;
    }
    return Number(raw % 2n === 0n ? raw / 2n : -(raw + 1n) / 2n);
  }
}

/** `attributes INT8, timestampDelta VARLONG, offsetDelta VARINT, key, value, headers`, behind its length. */
function readRecord(from: RecordBytes, place: number, baseTimestampMs: number): BatchRecord {
  const record = new RecordBytes(from.take(from.varlong()));
  assert.equal(record.take(1)[0], 0, 'attributes of a record are unused');
  const timestampMs = baseTimestampMs + record.varlong();
  assert.equal(record.varlong(), place, 'offset delta');
  const keyBytes = record.varlong();
  const key = keyBytes === -1 ? {} : { key: Buffer.from(record.take(keyBytes)) };
  const value = Buffer.from(record.take(record.varlong()));
  const text = (): string => record.take(record.varlong()).toString();
  const headers = Array.from({ length: record.varlong() }, () => [text(), text()] as const);
  assert.ok(record.isAtEnd, 'bytes behind a record');
  return { timestampMs, value, ...key, ...(headers.length > 0 && { headers }) };
}

/** The sealed batch in `pieces`; throws where it does not keep to the layout. `decompress` undoes its codec. */
export function readBatch(
  pieces: readonly Buffer[],
  decompress: (records: Buffer) => Buffer = (records) => records,
): ReadBatch {
  const bytes = Buffer.concat(pieces);
  assert.equal(bytes.readBigInt64BE(0), 0n, 'base offset');
  assert.equal(bytes.readInt32BE(8), bytes.length - 12, 'batch length');
  assert.equal(bytes.readInt32BE(12), -1, 'partition leader epoch');
  assert.equal(bytes.readInt8(16), 2, 'magic');
  assert.equal(bytes.readUInt32BE(17), referenceCrc32c(bytes.subarray(21)), 'crc');
  const count = bytes.readInt32BE(57);
  assert.equal(bytes.readInt32BE(23), count - 1, 'last offset delta');
  const baseTimestampMs = Number(bytes.readBigInt64BE(27));
  const content = new RecordBytes(decompress(bytes.subarray(61)));
  const records = Array.from({ length: count }, (_, place) => readRecord(content, place, baseTimestampMs));
  assert.ok(content.isAtEnd, 'bytes behind the last record');
  return {
    attributes: bytes.readInt16BE(21),
    baseTimestampMs,
    maxTimestampMs: Number(bytes.readBigInt64BE(35)),
    producerId: bytes.readBigInt64BE(43),
    epoch: bytes.readInt16BE(51),
    sequence: bytes.readInt32BE(53),
    records,
  };
}

/** The values of the records, as text. */
export function textsOf(batch: ReadBatch): string[] {
  return batch.records.map(({ value }) => value.toString());
}
