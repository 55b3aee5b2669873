/** The hash that Kafka's Java client picks partitions by. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { murmur2 } from '../../src/lib/murmur2.ts';

/** SHA-256 of the hashes, one a line, of 10 000 keys, as Utils.toPositive(Utils.murmur2(key)) of kafka-clients 4.1.0 gave them. */
const OF_JAVA = '5e6a85904d2374d1b28004933ec52751009220d30740a50355da6974cf4b5777';

/** java.util.Random: the keys are those of `new Random(7)`, the first 64 of lengths 0 to 63, the rest of nextInt(80). */
class JavaRandom {
  #seed: bigint;

  constructor(seed: bigint) {
    this.#seed = (seed ^ 0x5deece66dn) & ((1n << 48n) - 1n);
  }

  #next(bits: number): number {
    this.#seed = (this.#seed * 0x5deece66dn + 0xbn) & ((1n << 48n) - 1n);
    return Number(BigInt.asIntN(32, this.#seed >> BigInt(48 - bits)));
  }

  nextBelow(bound: number): number {
    for (;;) {
      const bits = this.#next(31);
      const value = bits % bound;
      if (bits - value + bound - 1 <= 0x7fffffff) return value;
    }
  }

  nextBytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let i = 0; i < count; ) {
      let word = this.#next(32);
      for (let left = Math.min(count - i, 4); left > 0; left--, word >>= 8) bytes[i++] = word & 0xff;
    }
    return bytes;
  }
}

describe('murmur2', () => {
  test('is that of the Java client on 10 000 keys of every length', () => {
    const random = new JavaRandom(7n);
    const hashes = Array.from({ length: 10_000 }, (_, i) => {
      const length = i < 64 ? i : random.nextBelow(80);
      return murmur2(random.nextBytes(length));
    });
    assert.equal(createHash('sha256').update(hashes.join('\n')).digest('hex'), OF_JAVA);
  });

  test('takes a range of the bytes', () => {
    const bytes = Buffer.from('..key..');
    assert.equal(murmur2(bytes, 2, 5), murmur2(Buffer.from('key')));
  });
});
