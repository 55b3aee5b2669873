/** JSON strings as Go's encoding/json writes them: made safe for HTML, beside what JSON asks for. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import { escapeOf, type Source } from './json-string.ts';

const BACKSLASH = 0x5c;

/** `<`, `>`, `&` (encoding/json, `htmlSafeSet`). */
const HTML_ESCAPES: Readonly<Record<number, string>> = { 38: 'u0026', 60: 'u003c', 62: 'u003e' };
/** First byte of U+2028 and U+2029 in UTF-8, which are E2 80 A8 and E2 80 A9. */
const SEPARATOR_FIRST = 0xe2;
const SEPARATOR_SECOND = 0x80;
const LINE_SEPARATOR = 0xa8;
const PARAGRAPH_SEPARATOR = 0xa9;

/** Keeps the first 0 to 3 bytes of a word, and fills up the rest with spaces. */
const FIRST_BYTES = new Int32Array([0, 0xff, 0xffff, 0xffffff]);
const SPACES_AFTER = new Int32Array([0x20202020, 0x20202000, 0x20200000, 0x20000000]);

/** As `writePlain`, for labels that are plain but for `&`, `<` and `>`. */
export function writeGoPlain(out: ByteWriter, source: Source, range: number): void {
  const { view, labels } = source;
  const start = labels[range];
  const end = labels[range + 1];
  const target = out.view;
  const to = out.length - start;
  let html = 0;
  let from = start;
  for (; end - from >= 4; from += 4) {
    const word = view.getInt32(from, true);
    html |= htmlBytes(word);
    target.setInt32(to + from, word, true);
  }
  const word = view.getInt32(from, true);
  html |= htmlBytes(word & FIRST_BYTES[end - from]);
  target.setInt32(to + from, word, true);
  if ((html & 0x80808080) === 0) out.length = to + end;
  else writeCarefully(out, source.bytes.subarray(start, end));
}

/** Top bits of the bytes of an ASCII word that are `&`, `<` or `>` (which differ in one bit alone), or 0. */
function htmlBytes(word: number): number {
  return ((word ^ 0x26262626) - 0x01010101) | (((word | 0x02020202) ^ 0x3e3e3e3e) - 0x01010101);
}

/** As `writeEscaped`, with the escapes of Go (1.22 or newer). */
export function writeGoEscaped(out: ByteWriter, source: Source, range: number): void {
  const { view, labels } = source;
  const end = labels[range + 1];
  const target = out.view;
  let to = out.length;
  let from = labels[range];
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
 * Whether any of the four bytes may need an escape: below a space, quote, backslash, `&`, `<`, `>` (which differ in
 * one bit alone) or E2. A subtraction borrows into the top bit of exactly such bytes, and sometimes of one above.
 */
function needsEscape(word: number): boolean {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const ampersand = word ^ 0x26262626;
  const angle = (word | 0x02020202) ^ 0x3e3e3e3e;
  const separator = word ^ (SEPARATOR_FIRST * 0x01010101);
  return (
    ((((word - 0x20202020) & ~word) |
      ((quote - 0x01010101) & ~quote) |
      ((backslash - 0x01010101) & ~backslash) |
      ((ampersand - 0x01010101) & ~ampersand) |
      ((angle - 0x01010101) & ~angle) |
      ((separator - 0x01010101) & ~separator)) &
      0x80808080) !==
    0
  );
}

function writeCarefully(out: ByteWriter, bytes: Uint8Array): void {
  const target = out.bytes;
  let to = out.length;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    let escaped = escapeOf(byte) ?? HTML_ESCAPES[byte];
    if (byte === SEPARATOR_FIRST && bytes[i + 1] === SEPARATOR_SECOND) {
      if (bytes[i + 2] === LINE_SEPARATOR) escaped = 'u2028';
      else if (bytes[i + 2] === PARAGRAPH_SEPARATOR) escaped = 'u2029';
      if (escaped !== undefined) i += 2;
    }
    if (escaped === undefined) {
      target[to++] = byte;
      continue;
    }
    target[to++] = BACKSLASH;
    for (let at = 0; at < escaped.length; at++) target[to++] = escaped.charCodeAt(at);
  }
  out.length = to;
}
