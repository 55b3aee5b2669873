/** The appender: a request in several batches is one promise, or leaves nothing behind. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import type { RecordBatch } from '../../src/kafka/record-batch.ts';
import { seededRandom } from '../support/random.ts';
import { readBatch } from './batch-reader.ts';
import { BASE_MS, contentOf, Stage, type TestRecord, type Watched } from './stage.ts';

const MAX_BYTES = 400;
const PARTITIONS = 3;

const staged = (): Stage => new Stage({ partitions: PARTITIONS, maxBatchBytes: MAX_BYTES });

/** So many records of about 100 bytes, spread over all partitions. */
const records = (count: number, name: string): TestRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    partition: i % PARTITIONS,
    value: `${name} ${i}`.padEnd(100, '.'),
    timestampMs: BASE_MS + i,
  }));

describe('a request', () => {
  test('is answered once all batches it has records in are acknowledged, not before', async () => {
    const stage = staged();
    const request = stage.commit(...records(20, 'a'));
    let batches = 0;
    while (stage.partitions.some(({ hasRecords }) => hasRecords)) {
      assert.equal(await request.now(), 'waiting', `after ${batches} batches`);
      const partition = stage.partitions.findIndex(({ hasRecords }) => hasRecords);
      stage.take(partition);
      stage.answer(0, { partition });
      batches++;
    }
    assert.ok(batches > PARTITIONS, `${batches} batches`);
    assert.deepEqual(await request.dropped(), {});
  });

  test('does not wait for batches that only others have records in', async () => {
    const stage = staged();
    const first = stage.commit({ partition: 0, value: 'first' });
    const second = stage.commit({ partition: 1, value: 'second' });
    stage.take(1);
    stage.answer(0, { partition: 1 });
    assert.deepEqual([await first.now(), await second.now()], ['waiting', 'resolved']);
  });

  test('shares the acknowledgement of a batch with the others that have records in it', async () => {
    const stage = staged();
    const requests = [stage.commit('a'), stage.commit('b', 'c'), stage.commit('d')];
    stage.take();
    stage.answer(0);
    assert.deepEqual(await Promise.all(requests.map((request) => request.now())), Array(3).fill('resolved'));
  });

  test('without a record is answered at once, and nothing is sent', async () => {
    const stage = staged();
    assert.deepEqual(await stage.commit().dropped(), {});
    assert.equal(stage.commits, 0);
  });

  test('with records asks for sending once', () => {
    const stage = staged();
    stage.commit(...records(10, 'a'));
    assert.equal(stage.commits, 1);
  });

  test('is told of its own dropped records only', async () => {
    const stage = staged();
    const huge = 'x'.repeat(MAX_BYTES);
    assert.deepEqual(await stage.commit(huge, huge).dropped(), { record_too_large: 2 });
    const next = stage.commit('small');
    stage.take();
    stage.answer(0);
    assert.deepEqual(await next.dropped(), {});
  });

  test('sends each series to the partition of its hash', () => {
    const stage = staged();
    const hashes = [0, 1, 2, 3, 4, 5, 0xffffffff];
    stage.commit(...hashes.map((hash) => ({ partition: hash, value: String(hash) })));
    const expected = [0, 1, 2].map((partition) =>
      hashes.filter((hash) => hash % PARTITIONS === partition).map(String),
    );
    assert.deepEqual(
      [0, 1, 2].map((partition) => stage.drain(partition).flat()),
      expected,
    );
  });

  test('takes the time of its records from one present', () => {
    const seen: (readonly number[])[] = [];
    const stage = new Stage({
      recordTime: (sampleMs, nowMs) => {
        seen.push([sampleMs, nowMs]);
        return sampleMs + 1;
      },
    });
    const before = Date.now();
    stage.commit({ value: 'a', timestampMs: 10 }, { value: 'b', timestampMs: 20 });
    const nowMs = seen[0]![1]!;
    assert.ok(nowMs >= before && nowMs <= Date.now());
    assert.deepEqual(seen, [
      [10, nowMs],
      [20, nowMs],
    ]);
    const { records: read } = readBatch(stage.take().seal(0));
    assert.deepEqual(
      read.map(({ timestampMs }) => timestampMs),
      [11, 21],
    );
  });

  test('has until its own deadline, and a batch until that of the oldest in it', async () => {
    const stage = new Stage({ timeoutMs: 1000 });
    const before = performance.now();
    stage.commit('old');
    const after = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    stage.commit('young');
    const { deadlineMs } = stage.take();
    assert.ok(deadlineMs >= before + 1000 && deadlineMs <= after + 1000, `${deadlineMs - before}`);
    stage.commit('younger');
    assert.equal(stage.partition.take(7n)!.deadlineMs > deadlineMs, true);
  });
});

describe('a request that fails', () => {
  test('is refused as soon as one of its batches is given up, whatever becomes of the others', async () => {
    const stage = staged();
    const request = stage.commit({ partition: 0, value: 'a' }, { partition: 1, value: 'b' });
    const error = new AdapterError('kafka_timeout', 'late');
    stage.outcomes.giveUp(stage.take(0), error, 'timeout');
    await assert.rejects(request.done, error);
    stage.take(1);
    stage.answer(0, { partition: 1 });
    await assert.rejects(request.done, error);
  });
});

describe('a request that is rolled back', () => {
  /** What the partitions hold, batch by batch. */
  const drainAll = (stage: Stage): string[][] =>
    Array.from({ length: PARTITIONS }, (_, partition) => stage.drain(partition).flat());

  for (const count of [0, 1, 2, 4, 9, 30, 100]) {
    test(`after ${count} records leaves nothing behind, in closed batches neither`, async () => {
      const stage = staged();
      const kept = [stage.commit(...records(5, 'before'))];
      const { queuedBytes } = stage.appender;
      stage.write(...records(count, 'rolled back')).rollback();
      assert.equal(stage.appender.queuedBytes, queuedBytes);
      kept.push(stage.commit(...records(5, 'after')));
      const expected = staged();
      expected.commit(...records(5, 'before'), ...records(5, 'after'));
      assert.deepEqual(drainAll(stage), drainAll(expected));
      for (const request of kept) assert.deepEqual(await request.dropped(), {});
      assert.equal(stage.appender.queuedBytes, 0);
    });
  }

  test('in the middle of a record leaves nothing of it', () => {
    const stage = staged();
    stage.commit('before');
    const request = stage.appender.open();
    request.series(stage.topic, 0).begin(BASE_MS).ascii('half a record');
    request.rollback();
    stage.commit('after');
    assert.deepEqual(stage.drain(), [['before', 'after']]);
  });

  test('at random among others leaves exactly the others, each answered by what it wrote', async () => {
    const random = seededRandom(20);
    for (let run = 0; run < 30; run++) {
      const stage = staged();
      const kept: Watched[] = [];
      const values: string[][] = [[], [], []];
      for (let step = 0; step < 20; step++) {
        const written = records(Math.floor(random() * 12), `run ${run} step ${step}`);
        if (random() < 0.5) {
          stage.write(...written).rollback();
        } else {
          kept.push(stage.commit(...written));
          for (const { partition, value } of written) values[partition!]!.push(value);
        }
        if (random() < 0.2) stage.drain(Math.floor(random() * PARTITIONS)).flat();
      }
      const queued = stage.partitions.flatMap(({ waiting }) => [...waiting]);
      assert.ok(queued.every((batch) => batch.count === 0 || batch.shares[0]!.first === 0));
      drainAll(stage);
      assert.equal(stage.appender.queuedBytes, 0, `run ${run}`);
      for (const request of kept) assert.deepEqual(await request.dropped(), {});
    }
  });
});

describe('the queue', () => {
  const LIMIT = 2000;
  const limited = (): Stage => new Stage({ maxBatchBytes: MAX_BYTES, maxQueueBytes: LIMIT });
  const value = 'v'.repeat(90);

  const isRefused = (code: ErrorCode) => (error: unknown) => {
    assert.ok(error instanceof AdapterError);
    assert.equal(error.code, code);
    assert.match(error.message, /kafka\.max_queue_size \(2000B?\)/);
    return true;
  };

  test('counts the bytes of all batches that are not acknowledged', () => {
    const stage = limited();
    stage.commit(value, value, value, value, value);
    const batches: RecordBatch[] = [stage.take(), stage.take()];
    const bytes = batches.reduce((sum, batch) => sum + batch.recordBytes, 0);
    assert.equal(stage.appender.queuedBytes, bytes);
  });

  test('refuses a request with queue_full once it is full, and takes one again after an acknowledgement', async () => {
    const stage = limited();
    while (stage.appender.queuedBytes <= LIMIT) stage.commit(value);
    assert.throws(() => stage.write('one more'), isRefused('queue_full'));
    stage.appender.rollback();
    stage.take();
    stage.answer(0);
    const request = stage.commit('taken');
    stage.drain();
    assert.equal(await request.now(), 'resolved');
    assert.equal(stage.appender.queuedBytes, 0);
  });

  const refusals: Readonly<Record<string, readonly [string, number, ErrorCode]>> = {
    'that finds no room beside others': [value.repeat(10), 20, 'queue_full'],
    'that would find no room in an empty queue': ['before', 50, 'limit_exceeded'],
  };
  for (const [name, [before, count, code]] of Object.entries(refusals)) {
    test(`refuses a request ${name} with ${code}, which is rolled back cleanly`, () => {
      const stage = new Stage({ maxQueueBytes: LIMIT });
      stage.commit(before);
      const { queuedBytes } = stage.appender;
      assert.throws(() => stage.write(...Array.from({ length: count }, () => value)), isRefused(code));
      stage.appender.rollback();
      assert.equal(stage.appender.queuedBytes, queuedBytes);
      stage.commit('after');
      assert.deepEqual(stage.drain().flat(), [before, 'after']);
    });
  }
});

describe('one series', () => {
  const LIMIT = 100_000;

  /** Writes records to one sink until one is refused; gives how many there were. */
  function writeUntilRefused(stage: Stage, { topic, bytes }: { topic: string; bytes: number }): number {
    const sink = stage.appender.open().series(topic, 0);
    let written = 0;
    const writeOne = (): void => {
      sink.begin(BASE_MS).copy(Buffer.alloc(bytes), 0, bytes);
      sink.end();
      written++;
    };
    assert.throws(
      () => {
        for (let i = 0; i < LIMIT; i++) writeOne();
      },
      (error) => error instanceof AdapterError && error.code === 'limit_exceeded',
    );
    stage.appender.rollback();
    return written;
  }

  for (const [what, topic, bytes] of [
    ['of many samples', 'metrics', 1000],
    ['of records that fit no batch', 'metrics', 30_000],
    ['of a topic not yet known', 'new', 1000],
  ] as const) {
    test(`${what} may not make more than kafka.max_queue_size of records`, async () => {
      const stage = new Stage({ maxBatchBytes: 20_000, maxQueueBytes: LIMIT });
      const written = writeUntilRefused(stage, { topic, bytes });
      assert.ok(written * bytes <= LIMIT + bytes, `${written} records of ${bytes} bytes`);
      assert.equal(stage.appender.queuedBytes, 0);
      assert.deepEqual(stage.drain(), []);
    });
  }
});

describe('a topic whose partitions are not known', () => {
  test('is named, and what was written for it goes nowhere', async () => {
    const stage = staged();
    const request = stage.appender.open();
    for (const topic of ['new', 'newer', 'new']) {
      const sink = request.series(topic, 1);
      for (let i = 0; i < 100; i++) {
        sink.begin(BASE_MS).copy(Buffer.alloc(100), 0, 100);
        sink.end();
      }
    }
    assert.deepEqual([...request.unknownTopics], ['new', 'newer']);
    request.rollback();
    assert.equal(stage.appender.queuedBytes, 0);
    assert.equal(
      stage.partitions.some(({ hasRecords }) => hasRecords),
      false,
    );
  });

  test('is forgotten by the next request', () => {
    const stage = staged();
    stage.appender.open().series('new', 0);
    stage.appender.rollback();
    assert.equal(stage.appender.open().unknownTopics.size, 0);
  });

  test('does not keep the known ones from being rolled back', () => {
    const stage = staged();
    const request = stage.write('known');
    request.series('new', 0).begin(BASE_MS);
    request.rollback();
    stage.commit('written again');
    assert.deepEqual(contentOf(stage.take()), ['written again']);
  });
});
