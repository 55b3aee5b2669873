/** JSON strings from bytes to bytes, several at a time. */

import { Buffer } from 'node:buffer';
import type { ByteWriter } from '../lib/byte-writer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const HEX = '0123456789abcdef';

/** The most bytes that one byte becomes: `\u00XX`. */
export const LONGEST_ESCAPE = 6;

/** Keeps the first 0 to 3 bytes of a word, and fills up the rest with spaces. */
const FIRST_BYTES = new Int32Array([0, 0xff, 0xffff, 0xffffff]);
const SPACES_AFTER = new Int32Array([0x20202020, 0x20202000, 0x20200000, 0x20000000]);

/** What stands after the backslash, for the characters that JSON writes in two (RFC 8259, section 7). */
const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: 'b',
  9: 't',
  10: 'n',
  12: 'f',
  13: 'r',
  [QUOTE]: '"',
  [BACKSLASH]: '\\',
};

/** Bytes with their view; whole words can be read up to the last byte that counts. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Pairs of offsets, start and end. */
  readonly labels: Int32Array;
}

/**
 * Bytes as a string; what is not UTF-8 is replaced. A TextDecoder would also take away a byte order mark in front,
 * which is a character like any other here.
 */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/**
 * Writes the label range at `range` as it is, eight bytes at a time: for labels that are plain. The words go through
 * float registers, which change a signalling NaN; its bytes are not ASCII, so they can only stand behind the end.
 */
export function writePlain(out: ByteWriter, source: Source, range: number): void {
  const { view, labels } = source;
  const start = labels[range];
  const end = labels[range + 1];
  const target = out.view;
  const to = out.length - start;
  for (let from = start; from < end; from += 8)
    target.setFloat64(to + from, view.getFloat64(from, true), true);
  out.length = to + end;
}

/**
 * Writes the label range at `range`, valid UTF-8, at the end of `out` as the inside of a JSON string: quote,
 * backslash and control characters escaped, nothing else. The caller has reserved LONGEST_ESCAPE a byte.
 */
export function writeEscaped(out: ByteWriter, source: Source, range: number): void {
  const { view, labels } = source;
  const start = labels[range];
  const end = labels[range + 1];
  const target = out.view;
  let to = out.length;
  let from = start;
  for (; end - from >= 4; from += 4, to += 4) {
    const word = view.getInt32(from, true);
    if (needsEscape(word)) break;
    target.setInt32(to, word, true);
  }
  const left = end - from;
  if (left < 4) {
    const word = (view.getInt32(from, true) & FIRST_BYTES[left]) | SPACES_AFTER[left];
    if (!needsEscape(word)) {
      target.setInt32(to, word, true);
      out.length = to + left;
      return;
    }
  }
  out.length = to;
  writeCarefully(out, source.bytes.subarray(from, end));
}

/**
 * Whether any of the four bytes is a quote, a backslash or below a space: the subtraction borrows into the top bit
 * of exactly such bytes (and sometimes of the byte above one, which does no harm). Bytes of UTF-8 above ASCII have
 * the top bit set themselves and do not count.
 */
function needsEscape(word: number): boolean {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const control = (word - 0x20202020) & ~word;
  return (
    ((control | ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash)) & 0x80808080) !== 0
  );
}

/** What stands behind the backslash for a byte that JSON does not take as it is; undefined for one that it does. */
export function escapeOf(byte: number): string | undefined {
  if (byte >= FIRST_PRINTABLE && byte !== QUOTE && byte !== BACKSLASH) return undefined;
  return SHORT_ESCAPES[byte] ?? `u00${HEX[byte >> 4]}${HEX[byte & 15]}`;
}

/** For each byte, eight bytes: how many are written for it, and which. */
const WRITTEN = writtenTable();

function writtenTable(): Uint8Array {
  const table = new Uint8Array(256 * 8);
  for (let byte = 0; byte < 256; byte++) {
    const escaped = escapeOf(byte);
    const written = escaped === undefined ? [byte] : [BACKSLASH, ...Buffer.from(escaped)];
    table.set([written.length, ...written], byte * 8);
  }
  return table;
}

/** By a table: a sender may bring megabytes of what has to be escaped. */
function writeCarefully(out: ByteWriter, bytes: Uint8Array): void {
  const target = out.bytes;
  let to = out.length;
  for (let i = 0; i < bytes.length; i++) {
    const row = bytes[i] * 8;
    const last = row + WRITTEN[row];
    for (let at = row + 1; at <= last; at++) target[to++] = WRITTEN[at];
  }
  out.length = to;
}
