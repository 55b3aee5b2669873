/** Headers of records, as they stand at the end of each. */

import { Buffer } from 'node:buffer';
import type { RecordHeaders } from '../contracts.ts';
import { putVarint, varintBytes } from './varint.ts';

const NONE = new Uint8Array(1);

/** Their number, then each: nameLength varint, name, valueLength varint, value. */
export function encodeHeaders(headers: RecordHeaders | undefined): Uint8Array {
  if (headers === undefined) return NONE;
  const entries = Object.entries(headers);
  const parts = entries.flat().flatMap((text) => {
    const bytes = Buffer.from(text);
    return [varint(bytes.length), bytes];
  });
  return Buffer.concat([varint(entries.length), ...parts]);
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(varintBytes(value));
  putVarint(bytes, 0, value);
  return bytes;
}
