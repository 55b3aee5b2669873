/** A partition: batches that fill and close, what is too large for one, stamps, and deadlines. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Partition, type Touched } from '../../src/kafka/partition.ts';
import { HEADER_BYTES, RecordBatch } from '../../src/kafka/record-batch.ts';
import { type ReadBatch, readBatch, textsOf } from './batch-reader.ts';
import { BASE_MS, contentOf, PRODUCER_ID, Stage } from './stage.ts';

const MAX_BYTES = 400;
/** Two lengths of two bytes, attributes, two deltas, key length and header count. */
const FRAME_BYTES = 9;
const MAX_SEQUENCE = 2_147_483_647;

/** A value whose record takes `bytes` in a batch, when it is the first there. */
const filling = (bytes: number): string => 'x'.repeat(bytes - FRAME_BYTES);

const small = (): Stage => new Stage({ maxBatchBytes: MAX_BYTES });

/** All batches of the partition as they would go out. */
function takeAll(stage: Stage): ReadBatch[] {
  const taken: ReadBatch[] = [];
  while (stage.partition.hasRecords) {
    const batch = stage.partition.take(PRODUCER_ID);
    if (!batch) break;
    taken.push(readBatch(batch.seal(0)));
    stage.answer(0);
  }
  return taken;
}

describe('records share a batch', () => {
  test('until it is full; then it closes and another opens, in order and none too large', () => {
    const stage = small();
    const values = Array.from({ length: 100 }, (_, i) => `value ${i} ${'.'.repeat(i)}`);
    stage.commit(...values);
    let contents: string[] = [];
    while (stage.partition.hasRecords) {
      const batch = stage.take();
      assert.ok(batch.length <= MAX_BYTES, `${batch.length} bytes`);
      contents = [...contents, ...contentOf(batch)];
      stage.answer(0);
    }
    assert.deepEqual(contents, values);
  });

  test('across requests', () => {
    const stage = small();
    stage.commit('a');
    stage.commit('b', 'c');
    assert.deepEqual(stage.drain(), [['a', 'b', 'c']]);
  });

  test('up to exactly the largest size', () => {
    const stage = small();
    stage.commit(filling(MAX_BYTES - HEADER_BYTES));
    const batch = stage.take();
    assert.equal(batch.length, MAX_BYTES);
    stage.answer(0);
    assert.equal(stage.partition.hasRecords, false);
  });

  test('but not once the batch is taken: the next record opens another', () => {
    const stage = small();
    stage.commit('a');
    const batch = stage.take();
    stage.commit('b');
    assert.deepEqual(contentOf(batch), ['a']);
    stage.answer(0);
    assert.deepEqual(stage.drain(), [['b']]);
  });
});

describe('a record that does not fit any more', () => {
  const fits = 'f'.repeat(200);
  const moved = 'm'.repeat(180);

  test('moves whole to the next batch, time and all, and leaves nothing behind', () => {
    const stage = small();
    stage.commit(
      { value: fits, timestampMs: BASE_MS },
      { value: moved, timestampMs: BASE_MS + 5000 },
      'after',
    );
    const [first, second] = takeAll(stage);
    assert.deepEqual(textsOf(first!), [fits]);
    assert.deepEqual(textsOf(second!), [moved, 'after']);
    assert.equal(second!.records[0]!.timestampMs, BASE_MS + 5000);
    assert.equal(first!.maxTimestampMs, BASE_MS, 'the newest time of the batch it left');
    assert.equal(second!.maxTimestampMs, BASE_MS + 5000);
  });

  test('counts its bytes once', () => {
    const stage = small();
    stage.commit(fits, moved);
    const bytes = [stage.take(), stage.take()].reduce((sum, batch) => sum + batch.recordBytes, 0);
    assert.equal(stage.appender.queuedBytes, bytes);
  });

  test('belongs to its own request, which alone waits for the batch it moved to', async () => {
    const stage = small();
    const first = stage.commit(fits);
    const second = stage.commit(moved);
    stage.take();
    stage.answer(0);
    assert.deepEqual([await first.now(), await second.now()], ['resolved', 'waiting']);
    stage.take();
    stage.answer(0);
    assert.equal(await second.now(), 'resolved');
  });
});

describe('a record larger than a batch may be', () => {
  const huge = filling(MAX_BYTES - HEADER_BYTES + 1);

  test('is dropped and counted, alone in an empty batch', async () => {
    const stage = small();
    const request = stage.commit(huge);
    assert.deepEqual(await request.dropped(), { record_too_large: 1 });
    assert.equal(stage.partition.hasRecords, false);
    assert.equal(stage.appender.queuedBytes, 0);
  });

  test('is dropped between others, which all arrive in order', async () => {
    const stage = small();
    const request = stage.commit('a', huge, 'b', huge.repeat(30), 'c');
    assert.deepEqual(stage.drain().flat(), ['a', 'b', 'c']);
    assert.deepEqual(await request.dropped(), { record_too_large: 2 });
    assert.equal(stage.appender.queuedBytes, 0);
  });

  test('does not keep the records of another request from leaving', async () => {
    const stage = small();
    const other = stage.commit('a');
    const request = stage.commit(huge);
    assert.deepEqual(await request.dropped(), { record_too_large: 1 });
    assert.deepEqual(stage.drain(), [['a']]);
    assert.deepEqual(await other.dropped(), {});
  });
});

describe('stamps', () => {
  const stampsOf = (stage: Stage, ...counts: readonly number[]): (readonly unknown[])[] =>
    counts.map((count) => {
      stage.commit(...Array.from({ length: count }, () => 'x'));
      const { producerId, epoch, sequence } = stage.take().stamp!;
      stage.answer(0);
      return [producerId, epoch, sequence];
    });

  /** Lets the next batch begin at `sequence`. */
  const continueAt = (partition: Partition, sequence: number): void => {
    const stamp = { producerId: PRODUCER_ID, epoch: 0, sequence };
    partition.takeBackStamp({ stamp } as RecordBatch);
  };

  test('count on by the records of each batch', () => {
    assert.deepEqual(stampsOf(new Stage(), 3, 1, 5, 2), [
      [PRODUCER_ID, 0, 0],
      [PRODUCER_ID, 0, 3],
      [PRODUCER_ID, 0, 4],
      [PRODUCER_ID, 0, 9],
    ]);
  });

  for (const [first, count, next] of [
    [MAX_SEQUENCE - 2, 2, MAX_SEQUENCE],
    [MAX_SEQUENCE - 2, 3, 0],
    [MAX_SEQUENCE - 2, 4, 1],
    [MAX_SEQUENCE, 1, 0],
    [MAX_SEQUENCE, 10, 9],
  ] as const) {
    test(`go from ${first} by ${count} records to ${next}, as the broker counts`, () => {
      const stage = new Stage();
      stampsOf(stage, 1);
      continueAt(stage.partition, first);
      const sequences = stampsOf(stage, count, 1).map(([, , sequence]) => sequence);
      assert.deepEqual(sequences, [first, next]);
    });
  }

  test('begin anew with another producer id', () => {
    const stage = new Stage();
    stampsOf(stage, 3);
    stage.partition.nextEpoch();
    stage.commit('x');
    assert.deepEqual(stage.partition.take(8n)!.stamp, { producerId: 8n, epoch: 0, sequence: 0 });
  });

  test('begin at 0 in a new epoch', () => {
    const stage = new Stage();
    stampsOf(stage, 3);
    assert.equal(stage.partition.nextEpoch(), true);
    assert.deepEqual(stampsOf(stage, 2, 1), [
      [PRODUCER_ID, 1, 0],
      [PRODUCER_ID, 1, 2],
    ]);
  });

  test('stay on a batch that is sent again, even if the producer has another id by then', () => {
    const stage = new Stage();
    stage.commit('x');
    const batch = stage.take();
    const { stamp } = batch;
    stage.outcomes.sendAgain(stage.partition, batch, 'test');
    assert.equal(stage.partition.take(8n), batch);
    assert.equal(batch.stamp, stamp);
  });

  test('are free for the next batch once taken back', () => {
    const stage = new Stage();
    stampsOf(stage, 3);
    stage.commit('x', 'y');
    const batch = stage.take();
    assert.equal(batch.stamp!.sequence, 3);
    stage.partition.takeBackStamp(batch);
    assert.equal(batch.stamp, undefined);
    assert.deepEqual(stampsOf(stage, 1), [[PRODUCER_ID, 0, 3]]);
  });

  test('are used up after 32768 epochs, then it takes another producer id', () => {
    const { partition } = new Stage();
    for (let epoch = 1; epoch <= 32_767; epoch++) assert.equal(partition.nextEpoch(), true, `epoch ${epoch}`);
    assert.equal(partition.nextEpoch(), false);
  });
});

describe('take', () => {
  test('gives nothing when nothing is there', () => {
    const { partition } = new Stage();
    assert.equal(partition.hasRecords, false);
    assert.equal(partition.take(PRODUCER_ID), undefined);
    assert.equal(partition.underWay, undefined);
  });

  test('gives the memory of full batches back that a rolled back request left without a record', () => {
    const stage = small();
    stage.write(...Array.from({ length: 50 }, () => 'rolled back')).rollback();
    stage.commit('kept');
    assert.ok(stage.partition.waiting.length > 0, 'there are such batches');
    assert.deepEqual(stage.drain(), [['kept']]);
    assert.equal(stage.partition.waiting.length, 0);
    assert.ok(stage.recycled.length > 1);
  });
});

describe('expire', () => {
  test('gives the waiting batches whose time is up, oldest first, and leaves the later ones', () => {
    const stage = small();
    for (const letter of ['a', 'b', 'c', 'd']) stage.commit(letter.repeat(300));
    // Each of these was closed by the one behind it.
    const waiting = [...stage.partition.waiting];
    assert.equal(waiting.length, 3);
    for (const [i, batch] of waiting.entries()) batch.deadlineMs = 10 * (i + 1);
    assert.deepEqual(stage.partition.expire(9), []);
    assert.deepEqual(stage.partition.expire(20), waiting.slice(0, 2));
    assert.deepEqual(stage.partition.waiting, waiting.slice(2));
  });

  test('gives the open batch too, and the records after it are in another', () => {
    const stage = new Stage({ timeoutMs: 1000 });
    const beforeMs = performance.now();
    stage.commit('late');
    assert.deepEqual(stage.partition.expire(beforeMs + 999), []);
    const [expired] = stage.partition.expire(performance.now() + 1001);
    assert.deepEqual(contentOf(expired!), ['late']);
    stage.commit('later');
    assert.deepEqual(stage.drain(), [['later']]);
  });

  test('gives nothing of an open batch that is empty', () => {
    assert.deepEqual(new Stage().partition.expire(Number.MAX_VALUE), []);
  });

  test('leaves what is under way alone', () => {
    const stage = new Stage();
    stage.commit('x');
    const batch = stage.take();
    assert.deepEqual(stage.partition.expire(Number.MAX_VALUE), []);
    assert.equal(stage.partition.underWay, batch);
  });

  for (const before of [[], ['committed before']]) {
    test(`reaches what waits behind batches that a rolled back request left empty, ${before.length} before them`, () => {
      const stage = small();
      if (before.length > 0) stage.commit(...before);
      stage.write(...Array.from({ length: 50 }, () => 'rolled back')).rollback();
      stage.commit('waits for a broker that is away');
      const expired = stage.partition.expire(performance.now() + 60_000);
      const contents = expired.filter(({ count }) => count > 0).flatMap(contentOf);
      assert.deepEqual(contents, [...before, 'waits for a broker that is away']);
    });
  }
});

describe('the memory of batches', () => {
  const MEBIBYTE = 1024 * 1024;

  test('is held only for records: an empty partition has none, also after a request that was rolled back', () => {
    let made = 0;
    const stage = small();
    const limits = { ...stage.limits, newBatch: () => new RecordBatch(++made) };
    const partition = new Partition('metrics', 0, limits);
    assert.equal(made, 0);
    const writing = {
      admit() {},
      recordTimeMs: (timeMs: number) => timeMs,
      headers: new Uint8Array(1),
      touch: ({ batch, mark }: Touched) => batch.rollback(mark),
      tooLarge() {},
      wrote() {},
    };
    partition.writeFor(writing, undefined).begin(BASE_MS);
    partition.endWriting();
    assert.deepEqual([made, stage.recycled.length], [1, 1]);
    assert.equal(partition.hasRecords, false);
  });

  test('does not stay large after a record of many megabytes, with others in the batch or alone', () => {
    const stage = new Stage({ maxBatchBytes: MAX_BYTES, maxQueueBytes: 64 * MEBIBYTE });
    stage.commit('a', 'x'.repeat(8 * MEBIBYTE), 'b');
    let batches = 0;
    for (let batch = stage.partition.take(PRODUCER_ID); batch; batch = stage.partition.take(PRODUCER_ID)) {
      batches++;
      assert.ok(batch.writer.bytes.length < MEBIBYTE, `${batch.writer.bytes.length} bytes`);
      stage.answer(0);
    }
    assert.equal(batches, 2);
    for (const batch of stage.recycled) assert.ok(batch.writer.bytes.length < MEBIBYTE);
  });
});
