/** What becomes of a batch by the broker's answer, for every error code. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { AdapterError } from '../../src/errors.ts';
import { nameOf, type Verdict, verdictOf } from '../../src/kafka/protocol-errors.ts';
import { BASE_MS, contentOf, metricOf, PRODUCER_ID, Stage, type TestRecord, type Watched } from './stage.ts';

const MESSAGE_TOO_LARGE = 10;
const NOT_LEADER = 6;
const OUT_OF_ORDER = 45;
const DUPLICATE = 46;
const TOPIC_AUTHORIZATION_FAILED = 29;
const INVALID_TIMESTAMP = 32;
const INVALID_RECORD = 87;

/** As org.apache.kafka.common.protocol.Errors has them, and as the Java producer treats them. */
const CODES: Readonly<Record<Verdict, Readonly<Record<string, number>>>> = {
  ok: { NONE: 0 },
  duplicate: { DUPLICATE_SEQUENCE_NUMBER: 46 },
  retry: {
    CORRUPT_MESSAGE: 2,
    UNKNOWN_TOPIC_OR_PARTITION: 3,
    LEADER_NOT_AVAILABLE: 5,
    NOT_LEADER_OR_FOLLOWER: 6,
    REQUEST_TIMED_OUT: 7,
    NETWORK_EXCEPTION: 13,
    NOT_ENOUGH_REPLICAS: 19,
    NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
    KAFKA_STORAGE_ERROR: 56,
    FENCED_LEADER_EPOCH: 74,
    UNKNOWN_LEADER_EPOCH: 75,
  },
  epoch: {
    OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
    INVALID_PRODUCER_EPOCH: 47,
    UNKNOWN_PRODUCER_ID: 59,
  },
  split: { MESSAGE_TOO_LARGE: 10, RECORD_LIST_TOO_LARGE: 18 },
  drop: { INVALID_TIMESTAMP: 32, INVALID_RECORD: 87 },
  refused: {
    INVALID_TOPIC_EXCEPTION: 17,
    TOPIC_AUTHORIZATION_FAILED: 29,
    CLUSTER_AUTHORIZATION_FAILED: 31,
    UNKNOWN_SERVER_ERROR: -1,
    UNSUPPORTED_VERSION: 35,
    POLICY_VIOLATION: 44,
  },
};

describe('the verdict', () => {
  for (const [verdict, codes] of Object.entries(CODES)) {
    for (const [name, code] of Object.entries(codes)) {
      test(`on ${name} (${code}) is ${verdict}`, () => {
        assert.equal(verdictOf(code), verdict);
        assert.equal(nameOf(code), name);
      });
    }
  }

  test('on a code that nobody knows is refused, naming the code', () => {
    assert.equal(verdictOf(999), 'refused');
    assert.equal(nameOf(999), 'error code 999');
  });
});

const states = (requests: readonly Watched[]): Promise<string[]> =>
  Promise.all(requests.map((request) => request.now()));

/** Everything is answered and no byte is counted any more. */
function assertEmpty(stage: Stage): void {
  assert.equal(stage.appender.queuedBytes, 0);
  assert.equal(stage.partition.hasRecords, false);
  assert.equal(stage.partition.underWay, undefined);
}

describe('an acknowledged batch', () => {
  for (const code of [0, DUPLICATE]) {
    test(`(${nameOf(code)}) is counted, its requests are answered, its memory is free`, async () => {
      const stage = new Stage();
      const requests = [stage.commit('a', 'b'), stage.commit('c')];
      const batch = stage.take();
      const { length } = batch;
      stage.answer(code);
      assert.deepEqual(await states(requests), ['resolved', 'resolved']);
      assertEmpty(stage);
      assert.deepEqual(stage.recycled, [batch]);
      assert.equal(await metricOf(stage.metrics, 'kafka_records_produced_total{topic="metrics"}'), 3);
      assert.equal(await metricOf(stage.metrics, 'kafka_batch_bytes_sum'), length);
      assert.ok((await metricOf(stage.metrics, 'kafka_last_ack_timestamp_seconds')) > 1.7e9);
    });
  }
});

describe('a batch to be sent again', () => {
  test('goes before all others, unchanged, after a rest and fresh metadata', async () => {
    const stage = new Stage({ maxBatchBytes: 300 });
    const request = stage.commit('a');
    const batch = stage.take();
    const before = Buffer.concat(batch.seal(0));
    stage.commit('b'.repeat(200), 'c'.repeat(200));
    const { queuedBytes } = stage.appender;
    stage.answer(NOT_LEADER);
    assert.equal(stage.metadataRefreshes, 1);
    assert.ok(stage.partition.notBeforeMs > performance.now(), 'it rests');
    assert.equal(await request.now(), 'waiting');
    assert.equal(stage.appender.queuedBytes, queuedBytes);
    assert.equal(stage.take(), batch);
    assert.deepEqual(Buffer.concat(batch.seal(0)), before);
    assert.equal(await metricOf(stage.metrics, 'kafka_retries_total'), 1);
    stage.answer(0);
    assert.equal(await request.now(), 'resolved');
  });
});

describe('a batch whose producer the broker has lost track of', () => {
  test('is sent in a new epoch, from sequence 0, and the next ones after it', async () => {
    const stage = new Stage();
    stage.commit('a', 'b', 'c');
    stage.take();
    stage.answer(0);
    const request = stage.commit('d', 'e');
    assert.equal(stage.take().stamp!.sequence, 3);
    stage.answer(OUT_OF_ORDER);
    assert.deepEqual(stage.take().stamp, { producerId: PRODUCER_ID, epoch: 1, sequence: 0 });
    stage.answer(0);
    assert.equal(await request.now(), 'resolved');
    stage.commit('f');
    assert.equal(stage.take().stamp!.sequence, 2);
    assert.equal(await metricOf(stage.metrics, 'kafka_epoch_changes_total'), 1);
    assert.equal(stage.renewals, 0);
  });

  test('asks for another producer id once all epochs are used up', () => {
    const stage = new Stage();
    stage.commit('a');
    stage.take();
    for (let i = 0; i < 32_767; i++) stage.partition.nextEpoch();
    stage.answer(OUT_OF_ORDER);
    assert.equal(stage.renewals, 1);
    const batch = stage.partition.take(8n)!;
    assert.deepEqual(batch.stamp, { producerId: 8n, epoch: 0, sequence: 0 });
  });
});

describe('a batch too large for the topic', () => {
  test('is split in halves, again and again, and every record arrives in order', async () => {
    const stage = new Stage();
    const values = Array.from({ length: 37 }, (_, i) => `value ${i}`);
    const requests = [
      stage.commit(...values.slice(0, 5)),
      stage.commit(...values.slice(5, 30)),
      stage.commit(...values.slice(30)),
    ];
    const sent: string[] = [];
    const sequences: number[] = [];
    while (stage.partition.hasRecords) {
      const batch = stage.take();
      if (batch.count > 4) {
        stage.answer(MESSAGE_TOO_LARGE);
        continue;
      }
      sequences.push(batch.stamp!.sequence);
      assert.equal(batch.stamp!.sequence, sent.length, 'sequences go on without a gap');
      sent.push(...contentOf(batch));
      stage.answer(0);
    }
    assert.deepEqual(sent, values);
    assert.deepEqual(await states(requests), ['resolved', 'resolved', 'resolved']);
    for (const request of requests) assert.deepEqual(await request.dropped(), {});
    assertEmpty(stage);
  });

  test('keeps its halves before what came later', () => {
    const stage = new Stage();
    stage.commit('a', 'b', 'c');
    stage.take();
    stage.commit('d');
    stage.answer(MESSAGE_TOO_LARGE);
    assert.deepEqual(stage.drain(), [['a'], ['b', 'c'], ['d']]);
  });

  test('answers each request once its own halves are there', async () => {
    const stage = new Stage();
    const requests = [stage.commit('a'), stage.commit('b', 'c'), stage.commit('d')];
    stage.take();
    stage.answer(MESSAGE_TOO_LARGE);
    assert.deepEqual(await states(requests), ['waiting', 'waiting', 'waiting']);
    stage.take();
    stage.answer(0);
    assert.deepEqual(await states(requests), ['resolved', 'waiting', 'waiting']);
    stage.take();
    stage.answer(0);
    assert.deepEqual(await states(requests), ['resolved', 'resolved', 'resolved']);
  });

  test('loses the one record that is too large alone, and only that', async () => {
    const stage = new Stage();
    const large = 'l'.repeat(500);
    const requests = [stage.commit('a', large), stage.commit('b', 'c')];
    const sent: string[] = [];
    while (stage.partition.hasRecords) {
      const batch = stage.take();
      const content = contentOf(batch);
      if (content.includes(large)) {
        stage.answer(MESSAGE_TOO_LARGE);
        continue;
      }
      assert.equal(batch.stamp!.sequence, sent.length, 'sequences go on without a gap');
      sent.push(...content);
      stage.answer(0);
    }
    assert.deepEqual(sent, ['a', 'b', 'c']);
    assert.deepEqual(await requests[0]!.dropped(), { record_too_large: 1 });
    assert.deepEqual(await requests[1]!.dropped(), {});
    assertEmpty(stage);
  });

  test('and alone does not answer a request that has records elsewhere before these are there', async () => {
    const stage = new Stage({ partitions: 2 });
    const request = stage.commit({ partition: 0, value: 'too large' }, { partition: 1, value: 'b' });
    stage.take(0);
    stage.answer(MESSAGE_TOO_LARGE);
    assert.equal(await request.now(), 'waiting');
    stage.take(1);
    stage.answer(0, { partition: 1 });
    assert.deepEqual(await request.dropped(), { record_too_large: 1 });
  });
});

describe('a batch with records that the broker refuses for good', () => {
  test('loses those that it names; the rest is sent in their place', async () => {
    const stage = new Stage();
    const requests = [stage.commit('a', 'b'), stage.commit('c'), stage.commit('d', 'e')];
    stage.take();
    stage.commit('f');
    stage.answer(INVALID_TIMESTAMP, { refusedRecords: [1, 2], errorMessage: 'too old' });
    assert.equal(await requests[1]!.now(), 'resolved', 'nothing of it is left to wait for');
    const rest = stage.take();
    assert.deepEqual(contentOf(rest), ['a', 'd', 'e']);
    assert.equal(rest.stamp!.sequence, 0, 'its sequence was not used');
    stage.answer(0);
    assert.deepEqual(await Promise.all(requests.map((request) => request.dropped())), [
      { record_refused: 1 },
      { record_refused: 1 },
      {},
    ]);
    assert.deepEqual(stage.drain(), [['f']]);
    assertEmpty(stage);
  });

  test('is lost as a whole when the broker names none', async () => {
    const stage = new Stage();
    const requests = [stage.commit('a', 'b'), stage.commit('c')];
    stage.take();
    stage.answer(INVALID_RECORD);
    assert.deepEqual(await Promise.all(requests.map((request) => request.dropped())), [
      { record_refused: 2 },
      { record_refused: 1 },
    ]);
    assertEmpty(stage);
  });

  test('and nothing else does not answer a request that has records elsewhere before these are there', async () => {
    const stage = new Stage({ partitions: 2 });
    const request = stage.commit({ partition: 0, value: 'refused' }, { partition: 1, value: 'b' });
    stage.take(0);
    stage.answer(INVALID_TIMESTAMP, { refusedRecords: [0] });
    assert.equal(await request.now(), 'waiting', 'partition 1 is not acknowledged');
    stage.take(1);
    stage.answer(0, { partition: 1 });
    assert.deepEqual(await request.dropped(), { record_refused: 1 });
  });

  test('is logged as an error, with what the broker says and how many', () => {
    const stage = new Stage();
    stage.commit('a', 'b');
    stage.take();
    stage.answer(INVALID_TIMESTAMP, { refusedRecords: [1], errorMessage: 'too old' });
    assert.deepEqual(stage.log, [
      {
        level: 'error',
        message: 'records dropped: the broker refuses them for good',
        fields: { topic: 'metrics', records: 1, problem: 'INVALID_TIMESTAMP', detail: 'too old' },
      },
    ]);
  });
});

describe('a batch that is refused', () => {
  test('fails its requests with what the broker says; its sequence is free for the next', async () => {
    const stage = new Stage();
    const requests = [stage.commit('a'), stage.commit('b')];
    stage.take();
    stage.answer(TOPIC_AUTHORIZATION_FAILED, { errorMessage: 'not yours' });
    for (const request of requests) {
      await assert.rejects(request.done, (error) => {
        assert.ok(error instanceof AdapterError);
        assert.equal(error.code, 'kafka_refused');
        assert.match(
          error.message,
          /^User:test has .* topic metrics: Kafka refuses Write \(TOPIC_AUTHORIZATION_FAILED \(not yours\)\);/,
        );
        return true;
      });
    }
    assertEmpty(stage);
    assert.equal(await metricOf(stage.metrics, 'kafka_produce_failures_total{reason="refused"}'), 2);
    stage.commit('c');
    assert.equal(stage.take().stamp!.sequence, 0);
  });
});

test('a request that fails in all its partitions is counted as one', async () => {
  const stage = new Stage({ partitions: 3 });
  const request = stage.commit(
    { partition: 0, value: 'a' },
    { partition: 1, value: 'b' },
    { partition: 2, value: 'c' },
  );
  for (const partition of [0, 1, 2]) {
    stage.take(partition);
    stage.answer(TOPIC_AUTHORIZATION_FAILED, { partition });
  }
  assert.equal(await request.now(), 'rejected');
  assert.equal(await metricOf(stage.metrics, 'kafka_produce_failures_total{reason="refused"}'), 1);
});

describe('all answers in any order', () => {
  test('leave every record sent once or dropped once, in order, and every request answered', async () => {
    const stage = new Stage({ maxBatchBytes: 600 });
    const requests: Watched[] = [];
    const values: TestRecord[] = [];
    for (let i = 0; i < 40; i++) {
      const written = Array.from({ length: (i % 7) + 1 }, (_, j) => ({
        value: `${i}.${j}`,
        timestampMs: BASE_MS + i - j,
      }));
      values.push(...written);
      requests.push(stage.commit(...written));
    }
    const codes = [
      NOT_LEADER,
      MESSAGE_TOO_LARGE,
      0,
      OUT_OF_ORDER,
      INVALID_RECORD,
      DUPLICATE,
      MESSAGE_TOO_LARGE,
    ];
    const gone = new Set<string>();
    const sent: string[] = [];
    for (let step = 0; stage.partition.hasRecords; step++) {
      const content = contentOf(stage.take());
      const code = codes[step % codes.length]!;
      if (code === 0 || code === DUPLICATE) sent.push(...content);
      if (code === INVALID_RECORD || (code === MESSAGE_TOO_LARGE && content.length === 1))
        gone.add(content[0]!);
      stage.answer(code, { refusedRecords: code === INVALID_RECORD ? [0] : [] });
    }
    assert.ok(gone.size > 0);
    assert.deepEqual(
      sent,
      values.map(({ value }) => value).filter((value) => !gone.has(value)),
    );
    const dropped = await Promise.all(requests.map((request) => request.dropped()));
    const total = dropped.flatMap((counts) => Object.values(counts)).reduce((sum, count) => sum + count, 0);
    assert.equal(total, gone.size);
    assertEmpty(stage);
  });
});
