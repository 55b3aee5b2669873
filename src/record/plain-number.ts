/** Values without an exponent, as strconv.FormatFloat(value, 'f', -1, 64) of Go writes them. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import { formatNumber, writeNumber } from './number-text.ts';

/** `-2.2250738585072014e-308` has the most: `-0.`, 307 zeros and 17 digits, with some room to write by words. */
export const LONGEST_PLAIN_NUMBER = 352;

/** Where JavaScript begins to write exponents, and where it begins to write none. */
const FIRST_LARGE = 1e21;
const FIRST_WITHOUT = 1e-6;

/** Writes the shortest digits that read back to `value`, where LONGEST_PLAIN_NUMBER bytes are reserved. */
export function writePlainNumber(out: ByteWriter, value: number): void {
  const size = Math.abs(value);
  if ((size >= FIRST_WITHOUT && size < FIRST_LARGE) || size === 0) writeNumber(out, value);
  else out.ascii(formatPlainNumber(value));
}

/** The same as a string, for every value. */
export function formatPlainNumber(value: number): string {
  const text = formatNumber(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!parts) return text;
  const [, sign, first, rest = '', power] = parts;
  const digits = `${first}${rest}`;
  const exponent = Number(power);
  // With an exponent there are always more places than digits, to the left or to the right.
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${sign}${digits.padEnd(exponent + 1, '0')}`;
}
