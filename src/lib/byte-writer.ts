/** A growing byte buffer that is written front to back and used again and again. */

import { Buffer } from 'node:buffer';

const SMALLEST_CAPACITY = 1024;
/** Of a writer that is trimmed: what it keeps beyond its content, and how many times content and that it may have. */
const SPARE_BYTES = 64 * 1024;
const MOST_SPARE = 2;
/** Writes of whole words may run this far past the last byte that counts. */
export const SLACK_BYTES = 8;

export class ByteWriter {
  /** Backing memory; only the first `length` bytes mean anything. Replaced when it grows, as `view` is. */
  bytes: Buffer;
  /** The same memory, for writing words at any offset. */
  view: DataView;
  length = 0;

  constructor(capacity = SMALLEST_CAPACITY) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, SMALLEST_CAPACITY));
    this.view = viewOf(this.bytes);
  }

  /** Makes room for `count` more bytes and some slack, so that a caller may write to `bytes` and `view` directly. */
  reserve(count: number): void {
    const needed = this.length + count + SLACK_BYTES;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  /** Gives back most of what was reserved and is not needed. */
  trim(): void {
    if (this.bytes.length <= MOST_SPARE * (this.length + SPARE_BYTES)) return;
    const trimmed = Buffer.allocUnsafeSlow(this.length + SPARE_BYTES);
    this.bytes.copy(trimmed, 0, 0, this.length);
    this.bytes = trimmed;
    this.view = viewOf(trimmed);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Text known to be ASCII (digits, punctuation, keywords). */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length + i] = text.charCodeAt(i);
    this.length += text.length;
  }

  /** Bytes `start` up to `end` of `source`. */
  copy(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    // A view costs half of what the subarray of a Buffer does.
    this.bytes.set(new Uint8Array(source.buffer, source.byteOffset + start, end - start), this.length);
    this.length += end - start;
  }

  /** As `copy`, for a short text with some slack behind it: by whole words, and what is too much is written over. */
  copyText(view: DataView, start: number, end: number): void {
    this.reserve(end - start);
    let to = this.length;
    for (let at = start; at < end; at += 4, to += 4) this.view.setInt32(to, view.getInt32(at, true), true);
    this.length += end - start;
  }

  /** All bytes of `source`. */
  append(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  /** A copy of what was written from `start` on. */
  slice(start = 0): Buffer {
    return Buffer.from(this.bytes.subarray(start, this.length));
  }

  text(): string {
    return this.bytes.toString('utf8', 0, this.length);
  }

  /** Forgets everything after `length`. */
  truncate(length = 0): void {
    this.length = length;
  }
}

/** A view of the same memory as `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
