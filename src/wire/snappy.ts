/** Snappy block format: the declared length, a check of the whole structure, and the decompression. */

import type { Buffer } from 'node:buffer';
import { uncompress } from 'snappyjs';
import { AdapterError } from '../errors.ts';
import { formatSize } from '../lib/units.ts';

const LONGEST_HEADER = 5;

/** The decoded length that the header declares, and where the header ends. */
interface Header {
  readonly decodedBytes: number;
  readonly end: number;
}

function invalid(what: string): AdapterError {
  return new AdapterError('snappy_invalid', `the body is not snappy in block format: ${what}`);
}

/**
 * Reads the header (a varint of at most 32 bits) and holds it to `maxBytes`, before anything is allocated.
 * Throws AdapterError `snappy_invalid` or `decoded_too_large`.
 */
export function readHeader(body: Uint8Array, maxBytes: number): Header {
  let decodedBytes = 0;
  for (let i = 0; i < LONGEST_HEADER; i++) {
    if (i >= body.length)
      throw invalid(body.length === 0 ? 'it is empty' : 'it ends within its length header');
    const byte = body[i];
    decodedBytes += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (decodedBytes > 0xffffffff) break;
    if (decodedBytes > maxBytes) {
      throw new AdapterError(
        'decoded_too_large',
        `the body declares ${formatSize(decodedBytes)} decoded, more than http.max_decoded_size (${formatSize(maxBytes)})`,
      );
    }
    return { decodedBytes, end: i + 1 };
  }
  throw invalid('its length header is over 32 bits');
}

/**
 * Walks the elements without copying: every literal inside the body, every copy from bytes already written,
 * and all together exactly the declared length. snappyjs alone accepts streams that break these rules, and a
 * literal of nearly 4 GiB sends its position backwards for ever, so nothing unchecked may reach it.
 */
function check(body: Uint8Array, header: Header): void {
  let at = header.end;
  let written = 0;
  while (at < body.length) {
    const tag = body[at++];
    let length = (tag >>> 2) + 1;
    const kind = tag & 3;
    if (kind === 0) {
      const lengthBytes = length > 60 ? length - 60 : 0;
      if (lengthBytes > 0) length = readLittleEndian(body, at, lengthBytes) + 1;
      at += lengthBytes + length;
      if (at > body.length) throw invalid('a literal runs past its end');
    } else {
      const offsetBytes = kind === 3 ? 4 : kind;
      let offset = readLittleEndian(body, at, offsetBytes);
      if (kind === 1) {
        offset += (tag >>> 5) << 8;
        length = ((tag >>> 2) & 7) + 4;
      }
      at += offsetBytes;
      if (offset === 0 || offset > written)
        throw invalid(`a copy reaches ${offset} bytes back of ${written}`);
    }
    written += length;
    if (written > header.decodedBytes) throw invalid('it holds more than its header declares');
  }
  if (written !== header.decodedBytes) {
    throw invalid(`it holds ${written} bytes, its header declares ${header.decodedBytes}`);
  }
}

function readLittleEndian(body: Uint8Array, at: number, count: number): number {
  if (at + count > body.length) throw invalid('it ends within an element');
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + body[at + i];
  return value;
}

/** The decompressed body. Throws AdapterError `snappy_invalid` or `decoded_too_large`. */
export function decompress(body: Buffer, maxBytes: number): Uint8Array {
  check(body, readHeader(body, maxBytes));
  return uncompress(body);
}
