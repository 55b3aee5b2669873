/** Values as text: shortest digits that read back. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { writeNumber } from '../../src/record/number-text.ts';

const writer = new ByteWriter();

function shown(value: number): string {
  writer.truncate();
  writeNumber(writer, value);
  return writer.text();
}

describe('writeNumber', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [5e-324, '5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
  ];
  for (const [value, text] of cases) {
    test(`writes ${text}`, () => assert.equal(shown(value), text));
  }

  test('writes digits that read back to the same bits, for random bits', () => {
    const bytes = Buffer.alloc(8);
    for (let i = 0; i < 10_000; i++) {
      bytes.writeUInt32LE(Math.imul(i + 1, 2654435761) >>> 0, 0);
      bytes.writeUInt32LE(Math.imul(i + 7, 40503 * 65537) >>> 0, 4);
      const value = bytes.readDoubleLE();
      if (Number.isFinite(value)) assert.ok(Object.is(Number(shown(value)), value), String(value));
    }
  });

  test('agrees with the engine on integers and decimals of every size', () => {
    for (let digits = 0; digits <= 11; digits++) {
      for (let i = 0; i < 3000; i++) {
        const whole = Math.floor((Math.imul(i + digits * 77, 2654435761) >>> 0) * 10 ** (digits - 9));
        for (const decimals of [0, 1, 2, 3, 4]) {
          const value = Number(`${whole}.${String((i * 7919) % 10 ** decimals).padStart(decimals, '0')}`);
          assert.equal(shown(value), String(value));
          assert.equal(shown(-value), value === 0 ? '-0' : String(-value));
        }
      }
    }
  });

  test('agrees with the engine at the edges of what it does by hand', () => {
    const edges = [
      0.001, 0.0005, 0.0015, 0.002, 1e-6, 9.995, 2147483.647, 2147483.648, 2147483647, 2147483648, 4294967296,
    ];
    for (const value of edges) assert.equal(shown(value), String(value));
  });
});
