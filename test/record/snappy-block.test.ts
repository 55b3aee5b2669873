/** What the snappy encoder writes is read back by two decoders, whatever the content. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { uncompress } from 'snappyjs';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { SnappyCompressor } from '../../src/record/snappy-block.ts';
import { Decompressor } from '../../src/wire/snappy.ts';
import { seededRandom } from '../support/random.ts';

/** One for all tests: what an earlier input left in its table must not show. */
const compressor = new SnappyCompressor();
const decompressor = new Decompressor();

function roundTrip(content: Uint8Array): Buffer {
  const source = new ByteWriter();
  source.copy(content, 0, content.length);
  const out = new ByteWriter();
  out.ascii('before');
  compressor.compress(source, out);
  const compressed = out.slice('before'.length);
  const length = decompressor.decompress([compressed], content.length);
  assert.ok(Buffer.from(content).equals(decompressor.bytes.subarray(0, length)), 'our own decoder');
  assert.ok(Buffer.from(content).equals(Buffer.from(uncompress(compressed))), 'snappyjs');
  return compressed;
}

describe('the snappy encoder keeps', () => {
  const random = seededRandom(5);
  const noise = (bytes: number): Buffer =>
    Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)));

  for (const bytes of [
    0, 1, 2, 15, 16, 17, 23, 24, 25, 60, 61, 62, 255, 256, 257, 258, 65_535, 65_536, 65_537, 70_000,
  ]) {
    test(`${bytes} bytes that do not repeat, and that do`, () => {
      const compressed = roundTrip(noise(bytes));
      assert.ok(compressed.length <= bytes + 16, `${bytes} became ${compressed.length}`);
      roundTrip(Buffer.alloc(bytes));
      roundTrip(Buffer.alloc(bytes, 'label="value",'));
    });
  }

  test('copies of every length, and from 2^16 - 1 bytes back but no further', () => {
    for (let length = 1; length < 200; length++) {
      const repeated = noise(length);
      for (const between of [1, 2040, 2047, 2048, 2049])
        roundTrip(Buffer.concat([repeated, noise(between), repeated]));
    }
    const repeated = noise(1000);
    for (const between of [64_534, 64_535, 64_536, 64_537, 200_000])
      roundTrip(Buffer.concat([repeated, noise(between), repeated]));
  });

  test('random mixtures of noise, repetition and text', () => {
    for (let round = 0; round < 1500; round++) {
      const pieces: Buffer[] = [];
      const count = Math.floor(random() * 12);
      for (let i = 0; i < count; i++) {
        const bytes = Math.floor(random() ** 4 * 5000);
        const kind = random();
        if (kind < 0.3) pieces.push(noise(bytes));
        else if (kind < 0.5) pieces.push(Buffer.alloc(bytes, Math.floor(random() * 256)));
        else if (kind < 0.7) pieces.push(Buffer.alloc(bytes, noise(Math.floor(random() * 20) + 1)));
        else pieces.push(Buffer.concat(pieces).subarray(0, bytes));
      }
      roundTrip(Buffer.concat(pieces));
    }
  });

  test('its place over so many inputs that it begins to count anew', () => {
    for (let i = 0; i < 40_000; i++) {
      const source = new ByteWriter();
      source.ascii(`label="value-${i}",label="value-${i}"`);
      const out = new ByteWriter();
      compressor.compress(source, out);
      if (i % 16 === 0) assert.equal(Buffer.from(uncompress(out.slice())).toString(), source.text());
    }
  });
});
