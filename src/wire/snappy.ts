/** Snappy block format: the declared length, and the decompression into memory that is used again. */

import { Buffer } from 'node:buffer';
import { AdapterError } from '../errors.ts';
import { SLACK_BYTES, viewOf } from '../lib/byte-writer.ts';
import { bytesOf } from '../lib/pieces.ts';
import { describeSize, formatSize } from '../lib/units.ts';

const LONGEST_HEADER = 5;
/** The densest element: a copy of 64 bytes takes three. */
const MOST_BYTES_PER_BYTE = 64 / 3;
/** By an offset below 4: how many bytes lead to a multiple of it that is not. */
const BYTES_TO_A_WORD = [0, 3, 2, 3] as const;
/** Memory up to this size is kept for the next request; what a larger one needed is given back. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** From here on a call into the engine is faster than a loop. */
const LONG_LITERAL_BYTES = 256;

/** The decoded length that the header declares, and where the header ends. */
interface Header {
  readonly decodedBytes: number;
  readonly end: number;
}

function invalid(what: string): AdapterError {
  return new AdapterError('snappy_invalid', `the body is not snappy in block format: ${what}`);
}

/**
 * What the body declares to hold once it is decompressed, from its first bytes.
 * Throws AdapterError `snappy_invalid` or `decoded_too_large`.
 */
export function declaredBytes(body: readonly Uint8Array[], maxBytes: number): number {
  const first = body[0];
  const start = first && first.length >= LONGEST_HEADER ? first : Buffer.concat(body);
  return readHeader(start, bytesOf(body), maxBytes).decodedBytes;
}

/** Reads the header (a varint of at most 32 bits) and holds it to `maxBytes`, before anything is allocated. */
function readHeader(start: Uint8Array, bodyBytes: number, maxBytes: number): Header {
  let decodedBytes = 0;
  for (let i = 0; i < LONGEST_HEADER; i++) {
    if (i >= start.length)
      throw invalid(bodyBytes === 0 ? 'it is empty' : 'it ends within its length header');
    const byte = start[i];
    decodedBytes += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (decodedBytes > 0xffffffff) break;
    if (decodedBytes > maxBytes) {
      throw new AdapterError(
        'decoded_too_large',
        `the body declares ${describeSize(decodedBytes)} decoded, more than http.max_decoded_size (${formatSize(maxBytes)})`,
      );
    }
    if (decodedBytes > (bodyBytes - i - 1) * MOST_BYTES_PER_BYTE) {
      throw invalid(`${bodyBytes} bytes cannot hold the ${decodedBytes} that it declares`);
    }
    return { decodedBytes, end: i + 1 };
  }
  throw invalid('its length header is over 32 bits');
}

/** One stretch of memory with room to read and write whole words past its end. */
class Memory {
  bytes = Buffer.allocUnsafeSlow(SLACK_BYTES);
  view = viewOf(this.bytes);

  /** Makes room for `count` bytes; what was in it is lost. */
  ensure(count: number): void {
    const needed = count + SLACK_BYTES;
    const tooSmall = needed > this.bytes.length;
    const tooLarge = this.bytes.length > KEPT_BYTES && needed <= KEPT_BYTES;
    if (!tooSmall && !tooLarge) return;
    // A quarter more, so that bodies which grow slowly do not need new memory each time.
    this.bytes = Buffer.allocUnsafeSlow(Math.ceil(needed * 1.25));
    this.view = viewOf(this.bytes);
  }
}

/**
 * Decompresses one body after the other into the same memory. snappyjs 0.7 does the same at half the speed, into
 * new memory each time, and trusts lengths: a literal of nearly 4 GiB sends its position backwards for ever. Here
 * each element is held to the body and to the declared length before it is copied, four bytes at a time.
 */
export class Decompressor {
  readonly #source = new Memory();
  readonly #target = new Memory();
  /** Of the body: the next element, and where the last one ends. */
  #at = 0;
  #end = 0;
  #written = 0;
  #decodedBytes = 0;

  /** What `decompress` wrote, with slack behind it; valid until the next call. */
  get bytes(): Buffer {
    return this.#target.bytes;
  }

  get view(): DataView {
    return this.#target.view;
  }

  /**
   * Decompresses `body`, given in the pieces it came in, and returns how many bytes of `bytes` it filled.
   * Throws AdapterError `snappy_invalid` or `decoded_too_large`.
   */
  decompress(body: readonly Uint8Array[], maxBytes: number): number {
    const decodedBytes = this.begin(body, maxBytes);
    this.proceed(Number.POSITIVE_INFINITY);
    return decodedBytes;
  }

  /**
   * Makes ready for `proceed`; returns how many bytes there will be.
   * Throws AdapterError `snappy_invalid` or `decoded_too_large`.
   */
  begin(body: readonly Uint8Array[], maxBytes: number): number {
    const bodyBytes = bytesOf(body);
    this.#source.ensure(bodyBytes);
    const source = this.#source.bytes;
    // A copy, because a piece may end where its memory ends, and words are read past the end.
    let at = 0;
    for (const piece of body) {
      source.set(piece, at);
      at += piece.length;
    }
    const { decodedBytes, end } = readHeader(source.subarray(0, bodyBytes), bodyBytes, maxBytes);
    this.#target.ensure(decodedBytes);
    this.#at = end;
    this.#end = bodyBytes;
    this.#written = 0;
    this.#decodedBytes = decodedBytes;
    return decodedBytes;
  }

  /** Gives memory back that is only there for a large body. */
  forget(): void {
    this.#source.ensure(0);
    this.#target.ensure(0);
  }

  /**
   * Decompresses `most` bytes more, and what else belongs to the last element; true when all is done.
   * Throws AdapterError `snappy_invalid`.
   *
   * element: tag, then
   *   kind 0, literal: length - 1 in the upper 6 bits, or in the 1 to 4 bytes that follow (60 to 63), then the bytes
   *   kind 1, copy of 4 to 11 bytes: offset of 11 bits; kind 2: 1 to 64 bytes, 16 bits; kind 3: 32 bits
   */
  proceed(most: number): boolean {
    const source = this.#source.bytes;
    const end = this.#end;
    const decodedBytes = this.#decodedBytes;
    let at = this.#at;
    let written = this.#written;
    const stop = written + most;
    while (at < end && written < stop) {
      const tag = source[at++];
      let length = (tag >>> 2) + 1;
      if ((tag & 3) === 0) {
        if (length > 60) {
          const lengthBytes = length - 60;
          length = this.#littleEndian(at, lengthBytes) + 1;
          at += lengthBytes;
        }
        if (at + length > end) throw invalid('a literal runs past its end');
        if (written + length > decodedBytes) throw invalid('it holds more than its header declares');
        this.#literal(at, written, length);
        at += length;
      } else {
        let offset: number;
        if ((tag & 3) === 1) {
          offset = ((tag >>> 5) << 8) | source[at];
          length = ((tag >>> 2) & 7) + 4;
          at += 1;
        } else if ((tag & 3) === 2) {
          offset = source[at] | (source[at + 1] << 8);
          at += 2;
        } else {
          offset = this.#littleEndian(at, 4);
          at += 4;
        }
        if (at > end) throw invalid('it ends within an element');
        if (offset === 0 || offset > written)
          throw invalid(`a copy reaches ${offset} bytes back of ${written}`);
        if (written + length > decodedBytes) throw invalid('it holds more than its header declares');
        this.#copy(written, offset, length);
      }
      written += length;
    }
    this.#at = at;
    this.#written = written;
    if (at < end) return false;
    if (written === decodedBytes) return true;
    throw invalid(`it holds ${written} bytes, its header declares ${decodedBytes}`);
  }

  #littleEndian(at: number, count: number): number {
    const source = this.#source.bytes;
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + source[at + i];
    return value;
  }

  #literal(from: number, to: number, length: number): void {
    if (length > LONG_LITERAL_BYTES) {
      this.#source.bytes.copy(this.#target.bytes, to, from, from + length);
      return;
    }
    const source = this.#source.view;
    const target = this.#target.view;
    for (let i = 0; i < length; i += 4) target.setInt32(to + i, source.getInt32(from + i, true), true);
  }

  #copy(to: number, offset: number, length: number): void {
    const { view } = this.#target;
    let i = 0;
    let distance = offset;
    if (offset < 4) {
      // Words would overlap what they are made from. Byte by byte until a multiple of the offset is behind, then not.
      const { bytes } = this.#target;
      distance += BYTES_TO_A_WORD[offset]!;
      for (; i < distance - offset; i++) bytes[to + i] = bytes[to + i - offset];
    }
    for (; i < length; i += 4) view.setInt32(to + i, view.getInt32(to + i - distance, true), true);
  }
}
