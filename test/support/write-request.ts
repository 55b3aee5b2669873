/** Builds remote_write 1.0 requests byte by byte, independently of the readers under test. */

import { Buffer } from 'node:buffer';
import { compress } from 'snappyjs';

export const STALE_BITS = 0x7ff0000000000002n;

/** A value as a number, or as the raw bits of a double. */
export type Value = number | bigint;

export interface TestSeries {
  /** Names and values in the order they are sent; bytes for what is not text. */
  readonly labels: readonly (readonly [string | Uint8Array, string | Uint8Array])[];
  readonly samples?: readonly (readonly [Value, number | bigint])[];
  /** Complete further fields of the TimeSeries message. */
  readonly extra?: Uint8Array;
}

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** A length-delimited field. */
export function field(number: number, content: string | Uint8Array): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

/** A double field, from a number or from its bits. */
export function double(number: number, value: Value): Buffer {
  const bytes = Buffer.alloc(8);
  if (typeof value === 'bigint') bytes.writeBigUInt64LE(value);
  else bytes.writeDoubleLE(value);
  return Buffer.concat([varint((number << 3) | 1), bytes]);
}

export function sample(value: Value, timestampMs: number | bigint): Buffer {
  return Buffer.concat([double(1, value), varint(2 << 3), varint(timestampMs)]);
}

export function series(entry: TestSeries): Buffer {
  const labels = entry.labels.map(([name, value]) =>
    field(1, Buffer.concat([field(1, name), field(2, value)])),
  );
  const samples = (entry.samples ?? []).map(([value, timestampMs]) => field(2, sample(value, timestampMs)));
  return Buffer.concat([...labels, ...samples, entry.extra ?? Buffer.alloc(0)]);
}

/** A decoded WriteRequest. */
export function request(entries: readonly TestSeries[]): Buffer {
  return Buffer.concat(entries.map((entry) => field(1, series(entry))));
}

/** A request body as it goes over the wire. */
export function body(entries: readonly TestSeries[]): Buffer {
  return compress(request(entries));
}

export const HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};
