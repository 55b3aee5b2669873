/** RecordBatch v2: the bytes of the protocol guide, for every size and time, whatever was rolled back before. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js';
import { HEADER_BYTES, RecordBatch } from '../../src/kafka/record-batch.ts';
import { seededRandom } from '../support/random.ts';
import { type BatchRecord, readBatch, referenceCrc32c } from './batch-reader.ts';

const BASE_MS = 1_700_000_000_000;
const GZIP = 1;

const record = (timestampMs: number, value: string | Buffer): BatchRecord => ({
  timestampMs,
  value: Buffer.from(value),
});

/** Values that no two places share, so that a byte out of place shows. */
function filled(bytes: number): Buffer {
  return Buffer.from(
    Array.from({ length: bytes }, (_, i) => (Math.imul(i + bytes, 2654435761) >>> 24) & 0xff),
  );
}

function write(batch: RecordBatch, records: readonly BatchRecord[]): void {
  for (const { timestampMs, value } of records) {
    batch.begin(timestampMs).copy(value, 0, value.length);
    batch.end();
  }
}

function batchOf(records: readonly BatchRecord[], capacity = 1024): RecordBatch {
  const batch = new RecordBatch(capacity);
  write(batch, records);
  return batch;
}

const sealed = (batch: RecordBatch): Buffer => Buffer.concat(batch.seal(0));

/** Reads it by the reader of the tests and by that of kafkajs. */
async function assertHolds(batch: RecordBatch, records: readonly BatchRecord[]): Promise<void> {
  const bytes = sealed(batch);
  const read = readBatch([bytes]);
  assert.deepEqual(read.records, records);
  assert.equal(read.baseTimestampMs, records[0]!.timestampMs);
  assert.equal(read.maxTimestampMs, Math.max(...records.map(({ timestampMs }) => timestampMs)));
  const decoded = await decodeBatch(new Decoder(bytes));
  assert.deepEqual(
    decoded.records.map(({ timestamp, value }) => record(Number(timestamp), value!)),
    records,
  );
  assert.deepEqual(
    decoded.records.map(({ offset, key, headers }) => [offset, key, headers]),
    records.map((_, place) => [String(place), null, {}]),
  );
}

describe('the bytes of a batch', () => {
  test('are those written out by hand', () => {
    const batch = batchOf([record(1_700_000_000_000, 'a'), record(1_700_000_000_005, 'bc')]);
    batch.stamp = { producerId: 7n, epoch: 1, sequence: 42 };
    const checked = [
      '0000', // attributes: no compression, time of creation
      '00000001', // last offset delta
      '0000018bcfe56800', // base timestamp
      '0000018bcfe56805', // max timestamp
      '0000000000000007', // producer id
      '0001', // producer epoch
      '0000002a', // base sequence
      '00000002', // records
      '0e', // length 7
      '00', // attributes
      '00', // timestamp delta 0
      '00', // offset delta 0
      '01', // key length -1
      '02', // value length 1
      '61', // a
      '00', // no headers
      '10', // length 8
      '00', // attributes
      '0a', // timestamp delta 5
      '02', // offset delta 1
      '01', // key length -1
      '04', // value length 2
      '6263', // bc
      '00', // no headers
    ].join('');
    const crc = referenceCrc32c(Buffer.from(checked, 'hex')).toString(16).padStart(8, '0');
    // Base offset, bytes from here on, leader epoch -1, magic 2, CRC-32C.
    const whole = `0000000000000000${'00000042'}ffffffff02${crc}${checked}`;
    assert.equal(sealed(batch).toString('hex'), whole);
  });

  test('carry no producer before they are stamped', () => {
    const { producerId, epoch, sequence } = readBatch(batchOf([record(BASE_MS, 'a')]).seal(0));
    assert.deepEqual([producerId, epoch, sequence], [-1n, -1, -1]);
  });

  test('carry the largest producer id, epoch and sequence', () => {
    const batch = batchOf([record(BASE_MS, 'a')]);
    const stamp = { producerId: 2n ** 63n - 1n, epoch: 32767, sequence: 2147483647 };
    batch.stamp = stamp;
    const { producerId, epoch, sequence } = readBatch(batch.seal(0));
    assert.deepEqual({ producerId, epoch, sequence }, stamp);
  });

  test('are the same when sealed twice, as a repetition is', () => {
    const batch = batchOf([record(BASE_MS, 'a'), record(BASE_MS + 1, 'b')]);
    assert.deepEqual(sealed(batch), Buffer.from(sealed(batch)));
  });

  test('keep the header for compressed records, over which the CRC goes', () => {
    const records = [record(BASE_MS, filled(5000)), record(BASE_MS - 7, 'b')];
    const batch = batchOf(records);
    const read = readBatch(batch.seal(GZIP, gzipSync(batch.records())), gunzipSync);
    assert.equal(read.attributes, GZIP);
    assert.deepEqual(read.records, records);
    assert.equal(read.maxTimestampMs, BASE_MS);
  });

  test('are checked by a CRC that is that of the standard', () => {
    assert.equal(referenceCrc32c(Buffer.from('123456789')), 0xe3069283);
  });
});

describe('a batch holds', () => {
  // A record is 7 to 11 bytes longer than its value, so its own length passes the edges a little earlier.
  const edges = [0, 64, 8192, 1_048_576].flatMap((edge) =>
    Array.from({ length: 14 }, (_, near) => edge - 12 + near).filter((bytes) => bytes >= 0),
  );
  for (const bytes of [...new Set(edges)]) {
    test(`a value of ${bytes} bytes between two others`, async () => {
      const records = [
        record(BASE_MS, 'before'),
        record(BASE_MS + 1, filled(bytes)),
        record(BASE_MS + 2, 'after'),
      ];
      await assertHolds(batchOf(records), records);
      await assertHolds(batchOf(records.slice(1)), records.slice(1));
    });
  }

  test('a value written piece by piece while the memory grows', async () => {
    const value = filled(100_000);
    const batch = new RecordBatch(1024);
    const writer = batch.begin(BASE_MS);
    for (let at = 0; at < value.length; at += 777) writer.copy(value, at, Math.min(at + 777, value.length));
    batch.end();
    await assertHolds(batch, [record(BASE_MS, value)]);
  });

  test('times before, after and far from that of its first record', async () => {
    const times = [0, -1, 1, -64, 63, 64, -65, 2 ** 30, -(2 ** 30), 2 ** 32, -(2 ** 32), 1e12, -BASE_MS];
    const records = times.map((delta) => record(BASE_MS + delta, `at ${delta}`));
    await assertHolds(batchOf(records), records);
  });

  test('times from the first to the last that a date can hold', async () => {
    const records = [0, 8.64e15, 1, 8.64e15 - 1].map((timestampMs) => record(timestampMs, 'x'));
    await assertHolds(batchOf(records), records);
  });

  test('more records than two bytes can count', async () => {
    const records = Array.from({ length: 9000 }, (_, place) => record(BASE_MS + place, `value ${place}`));
    await assertHolds(batchOf(records), records);
  });
});

describe('the record closed last', () => {
  for (const bytes of [0, 10, 63, 64, 1000, 8191, 8192, 20_000]) {
    test(`can be seen again: ${bytes} bytes`, () => {
      const batch = batchOf([record(BASE_MS, 'before')]);
      const start = batch.length;
      write(batch, [record(BASE_MS, filled(bytes))]);
      assert.equal(batch.lastRecordStart, start);
      assert.deepEqual(Buffer.from(batch.lastValue()), filled(bytes));
    });
  }
});

describe('a batch that was rolled back', () => {
  const random = seededRandom(4);
  const sizes = [0, 1, 63, 64, 200, 400, 8191, 8192, 20_000];
  const anyRecord = (): BatchRecord =>
    record(BASE_MS + Math.floor((random() - 0.5) * 1e6), filled(sizes[Math.floor(random() * sizes.length)]!));

  test('at any point has the bytes of one that never went further', () => {
    const records = Array.from({ length: 12 }, anyRecord);
    const further = Array.from({ length: 5 }, anyRecord);
    for (let point = 0; point <= records.length; point++) {
      const batch = new RecordBatch(1024);
      write(batch, records.slice(0, point));
      const mark = batch.mark();
      write(batch, further);
      batch.rollback(mark);
      write(batch, records.slice(point));
      assert.deepEqual(sealed(batch), sealed(batchOf(records)), `rolled back to ${point}`);
    }
  });

  test('in the middle of a record has the bytes of one that never began it', () => {
    const records = [record(BASE_MS, 'one'), record(BASE_MS + 1, 'two')];
    const batch = batchOf(records.slice(0, 1));
    const mark = batch.mark();
    batch.begin(BASE_MS + 1e9).ascii('never closed');
    batch.rollback(mark);
    write(batch, records.slice(1));
    assert.deepEqual(sealed(batch), sealed(batchOf(records)));
  });

  test('again and again at random has the bytes of what was kept', () => {
    for (let run = 0; run < 200; run++) {
      const batch = new RecordBatch(1024);
      const kept: BatchRecord[] = [];
      for (let step = 0; step < 10; step++) {
        const mark = batch.mark();
        const records = Array.from({ length: Math.floor(random() * 4) }, anyRecord);
        write(batch, records);
        if (random() < 0.5) batch.rollback(mark);
        else kept.push(...records);
      }
      assert.equal(batch.count, kept.length);
      if (kept.length > 0) assert.deepEqual(sealed(batch), sealed(batchOf(kept)), `run ${run}`);
    }
  });
});

describe('a batch that was cleared', () => {
  test('has the bytes of a new one, and nothing else of its past', () => {
    const batch = batchOf([record(BASE_MS + 1e9, filled(30_000))]);
    batch.stamp = { producerId: 7n, epoch: 1, sequence: 42 };
    batch.deadlineMs = 1;
    batch.clear();
    assert.deepEqual([batch.length, batch.recordBytes, batch.count, batch.shares], [HEADER_BYTES, 0, 0, []]);
    assert.deepEqual([batch.stamp, batch.deadlineMs], [undefined, Number.POSITIVE_INFINITY]);
    const records = [record(BASE_MS, 'a'), record(BASE_MS - 1, 'b')];
    write(batch, records);
    assert.deepEqual(sealed(batch), sealed(batchOf(records)));
  });
});
