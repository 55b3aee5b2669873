/** The snappy stage: sound bodies come out whole, everything else is refused before it can do harm. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compress } from 'snappyjs';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { Decompressor, declaredBytes } from '../../src/wire/snappy.ts';
import { varint } from '../support/write-request.ts';

const LIMIT = 1024 * 1024;
const decompressor = new Decompressor();

/** A copy of what comes out; the memory itself is used again. */
function decompress(body: Uint8Array, maxBytes: number): Buffer {
  const length = decompressor.decompress([body], maxBytes);
  const whole = Buffer.from(decompressor.bytes.subarray(0, length));
  // In pieces, the first too short for the header, the same has to come out.
  const pieces = [body.subarray(0, 1), body.subarray(1, 2), body.subarray(2)];
  assert.equal(declaredBytes(pieces, maxBytes), length);
  assert.equal(decompressor.decompress(pieces, maxBytes), length);
  assert.deepEqual(decompressor.bytes.subarray(0, length), whole);
  for (const step of [1, 1000]) assert.deepEqual(decompressInSteps(body, { maxBytes, step }), whole);
  return whole;
}

function decompressInSteps(body: Uint8Array, { maxBytes, step }: { maxBytes: number; step: number }): Buffer {
  const length = decompressor.begin([body], maxBytes);
  let steps = 0;
  while (!decompressor.proceed(step)) steps++;
  // An element may be 64 KiB and more, so there may be few of them.
  assert.ok(steps <= Math.ceil(length / step), String(steps));
  return Buffer.from(decompressor.bytes.subarray(0, length));
}

function refuses(body: Buffer, code: ErrorCode, text: RegExp): void {
  assert.throws(
    () => decompress(body, LIMIT),
    (error) => {
      assert.ok(error instanceof AdapterError);
      assert.equal(error.code, code);
      assert.match(error.message, text);
      return true;
    },
  );
}

/** A header that declares `decodedBytes`, then the given elements. */
function stream(decodedBytes: number, ...elements: number[]): Buffer {
  return Buffer.concat([varint(decodedBytes), Buffer.from(elements)]);
}

describe('decompress gives back', () => {
  for (const bytes of [0, 1, 59, 60, 61, 62, 255, 256, 257, 65_535, 65_536, 65_537, 300_000]) {
    test(`${bytes} bytes that do not repeat and ${bytes} that do`, () => {
      const plain = Buffer.from(Array.from({ length: bytes }, (_, i) => Math.imul(i, 2654435761) >>> 24));
      assert.deepEqual(decompress(compress(plain), LIMIT), plain);
      const repeating = Buffer.alloc(bytes, 'label="value",');
      assert.deepEqual(decompress(compress(repeating), LIMIT), repeating);
    });
  }

  test('a body that is exactly as long as the limit', () => {
    assert.equal(decompress(compress(Buffer.alloc(LIMIT)), LIMIT).length, LIMIT);
  });

  test('overlapping copies and the elements with two and four byte offsets', () => {
    // Literal "ab", then 4 bytes from 2 back in each of the three kinds of copy.
    const body = stream(14, 0x04, 0x61, 0x62, 0x01, 0x02, 0x0e, 0x02, 0x00, 0x0f, 0x02, 0, 0, 0);
    assert.equal(decompress(body, LIMIT).toString(), 'abababababab'.padEnd(14, 'ab'));
  });
});

test('a copy of any length from any offset repeats what is there', () => {
  const start = 'abcdefgh';
  for (let offset = 1; offset <= start.length; offset++) {
    for (let length = 1; length <= 64; length++) {
      const body = stream(
        start.length + length + 1,
        ...[(start.length - 1) << 2, ...Buffer.from(start)],
        ...[((length - 1) << 2) | 2, offset, 0],
        ...[0x00, 0x21],
      );
      const repeated = start.slice(-offset).repeat(64).slice(0, length);
      assert.equal(decompress(body, LIMIT).toString(), `${start}${repeated}!`, `${length} from ${offset}`);
    }
  }
});

test('memory of a large body is given back when it is asked for', () => {
  const own = new Decompressor();
  own.decompress([compress(Buffer.alloc(8 * LIMIT))], 8 * LIMIT);
  assert.ok(own.bytes.length > 8 * LIMIT);
  own.forget();
  assert.ok(own.bytes.length < 1024, String(own.bytes.length));
});

describe('decompress refuses', () => {
  test('an empty body', () => refuses(Buffer.alloc(0), 'snappy_invalid', /it is empty/));
  test('an endless header', () => refuses(Buffer.alloc(20, 0xff), 'snappy_invalid', /over 32 bits/));
  test('a header cut off', () => refuses(Buffer.from([0x80]), 'snappy_invalid', /within its length header/));
  test('one byte more than the limit, naming both and the option', () => {
    refuses(compress(Buffer.alloc(LIMIT + 1)), 'decoded_too_large', /http\.max_decoded_size \(1MiB\)/);
  });
  test('a claim of 4 GiB without allocating it', () => {
    refuses(stream(0xffffffff, 0x00, 0x61), 'decoded_too_large', /declares 4294967295 bytes decoded/);
  });
  test('a claim that so few bytes cannot hold, without allocating it', () => {
    refuses(stream(1_000_000, ...Array(100).fill(0)), 'snappy_invalid', /103 bytes cannot hold the 1000000/);
  });
  test('a literal length that would send a 32-bit position backwards', () => {
    refuses(stream(20, 0xfc, 0xf6, 0xff, 0xff, 0xff, 0x61), 'snappy_invalid', /literal runs past/);
  });
  test('a literal past the end', () =>
    refuses(stream(10, 0x24, 0x61), 'snappy_invalid', /literal runs past/));
  test('a copy from before the start', () =>
    refuses(stream(5, 0x00, 0x61, 0x01, 0x02), 'snappy_invalid', /reaches 2/));
  test('a copy from offset 0', () =>
    refuses(stream(5, 0x00, 0x61, 0x01, 0x00), 'snappy_invalid', /reaches 0/));
  test('an element cut off', () =>
    refuses(stream(5, 0x00, 0x61, 0x02, 0x01), 'snappy_invalid', /within an element/));
  test('less than it declares', () =>
    refuses(stream(5, 0x00, 0x61), 'snappy_invalid', /holds 1 bytes.*declares 5/));
  test('more than it declares', () =>
    refuses(stream(1, 0x04, 0x61, 0x62), 'snappy_invalid', /more than its header/));
  test('gzip', () => refuses(gzipSync('hello, this is not snappy'), 'snappy_invalid', /not snappy/));
  test('the framed format', () => {
    refuses(Buffer.from('ff060000734e61507059', 'hex'), 'snappy_invalid', /not snappy|over 32/);
  });
});
