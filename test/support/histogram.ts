/** Native histogram messages for tests, byte by byte, and what the reader makes of them. */

import { Buffer } from 'node:buffer';
import { Cursor } from '../../src/wire/cursor.ts';
import { Histogram } from '../../src/wire/histogram.ts';
import { readHistogram } from '../../src/wire/histogram-reader.ts';
import { double, field, type Value, varint } from './write-request.ts';

export function scalar(number: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

export function zigzag(value: number | bigint): bigint {
  const wide = BigInt(value);
  return (wide << 1n) ^ (wide >> 63n);
}

export function doubles(number: number, ...values: Value[]): Buffer {
  return field(number, Buffer.concat(values.map((value) => double(1, value).subarray(1))));
}

export function sints(number: number, ...values: (number | bigint)[]): Buffer {
  return field(number, Buffer.concat(values.map((value) => varint(zigzag(value)))));
}

export function span(number: number, offset: number, length: number): Buffer {
  return field(number, Buffer.concat([scalar(1, zigzag(offset)), scalar(2, length)]));
}

export interface ReadingOptions {
  /** Read again over what this one holds. */
  readonly into?: Histogram;
  readonly maxParts?: number;
  readonly hasStart?: boolean;
}

/** The message of these fields, read. */
export function histogramOf(fields: readonly Uint8Array[], options: ReadingOptions = {}): Histogram {
  const { into = new Histogram(), maxParts = 1000, hasStart = true } = options;
  const bytes = Buffer.concat(fields);
  // Behind the end stands what must not be read.
  const cursor = new Cursor(Buffer.concat([bytes, Buffer.alloc(20, 0x01)]));
  readHistogram(into, { cursor, end: bytes.length, maxParts, hasStart });
  return into;
}
