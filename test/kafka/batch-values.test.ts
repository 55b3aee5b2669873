/** Values out of record batches that anybody may have written: what is sound is read, what is not is passed over. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { crc32c } from '@node-rs/crc32';
import { readBatches } from '../../src/kafka/batch-values.ts';
import { CODECS } from '../../src/kafka/compression.ts';
import { RecordBatch } from '../../src/kafka/record-batch.ts';
import { seededRandom } from '../support/random.ts';

const KEY = Buffer.from('key');

function written(...values: readonly string[]): RecordBatch {
  const batch = new RecordBatch(64);
  for (const [i, value] of values.entries()) {
    const bytes = Buffer.from(value);
    batch
      .begin(1_700_000_000_000 + i * 1000, undefined, i % 2 === 0 ? KEY : undefined)
      .copy(bytes, 0, bytes.length);
    batch.end();
  }
  return batch;
}

/** As the broker stores it: with its place in the log. */
function at(offset: number, pieces: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(pieces);
  bytes.writeBigInt64BE(BigInt(offset), 0);
  return bytes;
}

const batchAt = (offset: number, ...values: readonly string[]): Buffer =>
  at(offset, written(...values).seal(0));

/** With other bytes from `from` on, and a checksum that is right again. */
function changed(batch: Buffer, from: number, bytes: readonly number[]): Buffer {
  const copy = Buffer.from(batch);
  copy.set(bytes, from);
  copy.writeUInt32BE(crc32c(copy.subarray(21)), 17);
  return copy;
}

const read = (batches: Buffer, offset = 0) => {
  const { values, ...rest } = readBatches(batches, offset);
  return { values: values.map(String), ...rest };
};

describe('of batches in a row', () => {
  test('the values come in order, with keys and without, of any length', () => {
    const long = 'x'.repeat(9000);
    const batches = Buffer.concat([batchAt(5, 'a', '', long), batchAt(8, 'größer')]);
    assert.deepEqual(read(batches, 5), { values: ['a', '', long, 'größer'], nextOffset: 9, unreadable: 0 });
  });

  test('those are left out that come before the offset asked for', () => {
    const batches = batchAt(5, 'a', 'b', 'c');
    assert.deepEqual(read(batches, 7), { values: ['c'], nextOffset: 8, unreadable: 0 });
  });

  test('one that is cut off is left for the next time', () => {
    const whole = batchAt(0, 'a');
    const next = batchAt(1, 'b');
    for (let length = 0; length < next.length; length++) {
      const batches = Buffer.concat([whole, next.subarray(0, length)]);
      assert.deepEqual(read(batches), { values: ['a'], nextOffset: 1, unreadable: 0 });
    }
  });

  test('those that compaction has thinned out still say where to read on', () => {
    const thinned = changed(batchAt(0, 'a', 'b'), 23, [0, 0, 0, 9]);
    assert.deepEqual(read(thinned), { values: ['a', 'b'], nextOffset: 10, unreadable: 0 });
  });

  test('a record without a value has none', () => {
    // The length of the value, behind length, attributes, time, place and a key of three bytes.
    const batch = changed(batchAt(0, 'a'), 69, [1]);
    assert.deepEqual(read(batch), { values: [], nextOffset: 1, unreadable: 0 });
  });

  test('the marks that transactions leave are no records', () => {
    const control = changed(batchAt(3, 'commit'), 22, [0x30]);
    const batches = Buffer.concat([control, batchAt(4, 'a')]);
    assert.deepEqual(read(batches, 3), { values: ['a'], nextOffset: 5, unreadable: 0 });
  });
});

describe('passed over, and counted, are', () => {
  const behind = batchAt(2, 'behind');
  const unreadable: Readonly<Record<string, Buffer>> = {
    'a wrong checksum': (() => {
      const batch = batchAt(0, 'a', 'b');
      batch[70]! ^= 1;
      return batch;
    })(),
    'an old format': changed(batchAt(1, 'a'), 16, [1]),
    'more records than there are': changed(batchAt(0, 'a', 'b'), 57, [0x7f, 0xff, 0xff, 0xff]),
    'a record longer than the batch': changed(batchAt(0, 'a', 'b'), 61, [0x7f]),
    'a record of no length': changed(batchAt(0, 'a', 'b'), 61, [0]),
    'a value longer than its record': changed(batchAt(0, 'ab', 'b'), 69, [0x7e]),
    'a length without an end': changed(
      batchAt(0, 'a', 'b'),
      61,
      Array.from({ length: 20 }, () => 0xff),
    ),
  };
  for (const [what, bytes] of Object.entries(unreadable)) {
    test(what, () => {
      const batches = Buffer.concat([bytes, behind]);
      assert.deepEqual(read(batches), { values: ['behind'], nextOffset: 3, unreadable: 1 });
    });
  }

  for (const [name, { attributes, compress }] of Object.entries(CODECS)) {
    test(`${name}: nobody here compresses, and a small batch could be made to fill the memory`, async () => {
      const batch = written('a', 'b');
      const packed = at(0, batch.seal(attributes, await compress(batch.records())));
      assert.deepEqual(read(Buffer.concat([packed, behind])), {
        values: ['behind'],
        nextOffset: 3,
        unreadable: 1,
      });
    });
  }
});

describe('random bytes', () => {
  test('in place of records never throw, never hang, and the next batch is read', () => {
    const random = seededRandom(7);
    const behind = batchAt(100, 'behind');
    for (let round = 0; round < 3000; round++) {
      const batch = batchAt(0, 'one', 'two', 'three');
      const bytes = Array.from({ length: 1 + Math.floor(random() * 40) }, () => Math.floor(random() * 256));
      const from = 57 + Math.floor(random() * (batch.length - 57 - bytes.length));
      const { values, nextOffset } = read(
        Buffer.concat([
          changed(batch, Math.max(57, from), bytes.slice(0, batch.length - Math.max(57, from))),
          behind,
        ]),
      );
      assert.equal(values.at(-1), 'behind');
      assert.equal(nextOffset, 101);
    }
  });

  test('in place of batches never throw and never hang', () => {
    const random = seededRandom(8);
    for (let round = 0; round < 3000; round++) {
      const bytes = Buffer.from(
        Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)),
      );
      // Mostly a length that fits, so that more is looked at than that.
      if (bytes.length > 12 && round % 4 > 0) bytes.writeInt32BE(bytes.length - 12, 8);
      const { nextOffset } = readBatches(bytes, 0);
      assert.ok(nextOffset >= 0);
    }
  });
});
