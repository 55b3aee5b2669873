/** Values as the shortest digits that read back to the same number, written straight to bytes where that pays. */

import type { ByteWriter } from '../lib/byte-writer.ts';

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
/** `-1.7976931348623157e+308` and all other doubles. */
export const LONGEST_NUMBER = 24;

const MAX_INT32 = 0x7fffffff;
const DECIMALS = 1000;

/**
 * Writes `value` at the end of `out`, where LONGEST_NUMBER bytes are reserved: `NaN`, `+Inf`, `-Inf`, the sign of
 * zero kept. Integers of 31 bits and numbers with up to three decimals are done by hand; the others by the engine,
 * whose shortest digits alone take longer than all the rest of a record.
 */
export function writeNumber(out: ByteWriter, value: number): void {
  if (value > 0 && value <= MAX_INT32) writePositive(out, value);
  else if (value < 0 && value >= -MAX_INT32) {
    out.bytes[out.length++] = MINUS;
    writePositive(out, -value);
  } else out.ascii(formatNumber(value));
}

/** The same as a string, for every value. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function writePositive(out: ByteWriter, value: number): void {
  const integer = value | 0;
  if (integer === value) {
    writeDigits(out, integer);
    return;
  }
  const thousandths = Math.round(value * DECIMALS);
  // A decimal of at most 15 digits that reads back to the value is the shortest one that does. Below a thousandth
  // the engine may choose the form with an exponent.
  if (thousandths > MAX_INT32 || thousandths === 0 || thousandths / DECIMALS !== value) {
    out.ascii(String(value));
    return;
  }
  const whole = (thousandths / DECIMALS) | 0;
  writeDigits(out, whole);
  writeFraction(out, thousandths - whole * DECIMALS);
}

function writeFraction(out: ByteWriter, thousandths: number): void {
  const { bytes } = out;
  const tenths = (thousandths / 100) | 0;
  const hundredths = ((thousandths / 10) | 0) - tenths * 10;
  const rest = thousandths - tenths * 100 - hundredths * 10;
  let at = out.length;
  bytes[at++] = POINT;
  bytes[at++] = ZERO + tenths;
  if (hundredths !== 0 || rest !== 0) bytes[at++] = ZERO + hundredths;
  if (rest !== 0) bytes[at++] = ZERO + rest;
  out.length = at;
}

function writeDigits(out: ByteWriter, integer: number): void {
  const { bytes } = out;
  const start = out.length;
  const end = start + countDigits(integer);
  let rest = integer;
  for (let at = end - 1; at >= start; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = ZERO + rest - next * 10;
    rest = next;
  }
  out.length = end;
}

function countDigits(integer: number): number {
  if (integer < 10_000) {
    if (integer < 100) return integer < 10 ? 1 : 2;
    return integer < 1000 ? 3 : 4;
  }
  if (integer < 1_000_000) return integer < 100_000 ? 5 : 6;
  if (integer < 100_000_000) return integer < 10_000_000 ? 7 : 8;
  return integer < 1_000_000_000 ? 9 : 10;
}
