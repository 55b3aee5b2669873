/** Zigzag varints: byte for byte those of an implementation with big integers. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { LONGEST_VARINT, putVarint, readVarint, varintBytes, writeVarlong } from '../../src/kafka/varint.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { seededRandom } from '../support/random.ts';
import { referenceVarlong } from './batch-reader.ts';

const RANDOM_VALUES = 20_000;
/** Below this, and from 0 on, is what lengths and offsets take. */
const SMALL = 2 ** 30;

/** Around every power of two up to 2^`bits`, both signs. */
function edges(bits: number): number[] {
  const values = new Set<number>();
  for (let power = 0; power <= bits; power++) {
    for (const near of [-1, 0, 1]) {
      const value = 2 ** power + near;
      if (value > 2 ** bits) continue;
      values.add(value);
      values.add(-value);
    }
  }
  values.delete(-0);
  return [0, ...values];
}

/** Of all sizes, not only of the largest. */
function randomValues(bits: number): number[] {
  const random = seededRandom(bits);
  return Array.from({ length: RANDOM_VALUES }, () => {
    const value = Math.floor(random() * 2 ** Math.ceil(random() * bits));
    return random() < 0.5 ? value : -value || 0;
  });
}

function written(value: number): Buffer {
  const out = new ByteWriter();
  out.byte(0xaa);
  out.reserve(LONGEST_VARINT);
  writeVarlong(out, value);
  assert.equal(out.bytes[0], 0xaa, 'the byte before stays');
  return out.slice(1);
}

const hex = (bytes: Buffer): string => bytes.toString('hex');

describe('writeVarlong writes', () => {
  test('the examples of the zigzag table', () => {
    const examples: readonly (readonly [number, string])[] = [
      [0, '00'],
      [-1, '01'],
      [1, '02'],
      [-2, '03'],
      [63, '7e'],
      [-64, '7f'],
      [64, '8001'],
      [-65, '8101'],
      [2147483647, 'feffffff0f'],
      [-2147483648, 'ffffffff0f'],
    ];
    for (const [value, bytes] of examples) assert.equal(hex(written(value)), bytes, String(value));
  });

  test('every edge from -2^53 to 2^53', () => {
    for (const value of edges(53)) {
      assert.equal(hex(written(value)), hex(referenceVarlong(BigInt(value))), String(value));
    }
  });

  test('random values of all sizes and both signs', () => {
    for (const value of randomValues(53)) {
      assert.equal(hex(written(value)), hex(referenceVarlong(BigInt(value))), String(value));
    }
  });
});

describe('putVarint writes and varintBytes counts', () => {
  const small = [...edges(30), ...randomValues(30)].filter((value) => value >= 0 && value < SMALL);

  test('every edge and random values below 2^30, at any offset', () => {
    for (const value of small) {
      const bytes = Buffer.alloc(16, 0xaa);
      const at = value % 5;
      const expected = referenceVarlong(BigInt(value));
      const end = putVarint(bytes, at, value);
      assert.equal(hex(bytes.subarray(at, end)), hex(expected), String(value));
      assert.equal(varintBytes(value), expected.length, String(value));
      assert.ok(
        bytes.subarray(0, at).every((byte) => byte === 0xaa) && bytes[end] === 0xaa,
        'the neighbours stay',
      );
    }
  });
});

describe('readVarint gives back', () => {
  test('every edge and random values of 53 bits, sign included, and where they end', () => {
    for (const value of [...edges(52), ...randomValues(52)]) {
      const bytes = Buffer.concat([
        Buffer.from([0xff, 0x80]),
        referenceVarlong(BigInt(value)),
        Buffer.from([0xff]),
      ]);
      const { value: read, end } = readVarint(bytes, 2);
      assert.equal(Object.is(read, -0) ? 0 : read, value);
      assert.equal(end, bytes.length - 1, `the end of ${value}`);
    }
  });

  test('what writeVarlong wrote', () => {
    for (const value of randomValues(52)) {
      assert.equal(readVarint(written(value), 0).value, value);
    }
  });
});
