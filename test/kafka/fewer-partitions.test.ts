/** A topic that was made anew with fewer partitions: what waits for those that are gone is answered, and all else goes on. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError } from '../../src/errors.ts';
import { Epochs } from '../../src/kafka/epochs.ts';
import type { Metadata } from '../../src/kafka/metadata.ts';
import { Topics } from '../../src/kafka/topics.ts';
import { NO_SECURITY } from './no-security.ts';
import { contentOf, metricOf, PRODUCER_ID, Stage, type Watched } from './stage.ts';

const MAX_EPOCH = 32767;

/** A stage whose topic has the partitions that the brokers tell. */
class ShrinkingStage {
  readonly stage = new Stage();
  readonly #topics: Topics;

  constructor() {
    this.#topics = new Topics({
      user: () => 'User:test',
      options: {
        brokers: [],
        clientId: 'test',
        ...NO_SECURITY,
        produceTimeoutMs: 1000,
        creation: undefined,
      },
      metadata: {} as unknown as Metadata,
      logger: {
        debug() {},
        info() {},
        warn: (fields, message) => this.warnings.push([message, fields]),
        error() {},
      },
      limits: this.stage.limits,
      now: () => performance.now(),
      giveUp: (batch, error) => this.stage.outcomes.giveUp(batch, error, 'unavailable'),
    });
  }

  readonly warnings: unknown[] = [];

  tell(count: number): void {
    const partitions = Array.from({ length: count }, (_, index) => ({ index, leader: 1 }));
    this.#topics.update([{ topic: this.stage.topic, errorCode: 0, partitions }]);
    Object.assign(this.stage, { partitions: this.#topics.partitionsOf(this.stage.topic) });
  }
}

async function assertUnavailable(request: Watched): Promise<void> {
  assert.equal(await request.now(), 'rejected');
  await assert.rejects(request.done, (error) => {
    assert.ok(error instanceof AdapterError);
    assert.deepEqual([error.code, error.status], ['kafka_unavailable', 503]);
    assert.match(
      error.message,
      /^topic metrics was made anew with 2 partitions, and partition [345] is gone$/,
    );
    return true;
  });
}

describe('a topic that has fewer partitions than before', () => {
  test('answers what waits or is under way in those that are gone, and frees their bytes', async () => {
    const shrinking = new ShrinkingStage();
    const { stage } = shrinking;
    shrinking.tell(6);
    const lives = stage.commit({ partition: 1, value: 'lives' });
    const underWay = stage.commit({ partition: 3, value: 'under way' });
    const late = stage.take(3);
    const lost = [
      stage.commit({ partition: 3, value: 'behind it' }),
      stage.commit({ partition: 4, value: 'waits' }),
      stage.commit({ partition: 0, value: 'in both' }, { partition: 5, value: 'in both' }),
    ];
    const gone = stage.partitions[3]!;
    shrinking.tell(2);
    for (const request of [underWay, ...lost]) await assertUnavailable(request);
    assert.notEqual(gone.underWay, late, 'its answer, should it come, is nobody’s');
    assert.equal(await lives.now(), 'waiting');
    assert.deepEqual(stage.drain(0), [['in both']]);
    assert.deepEqual(stage.drain(1), [['lives']]);
    assert.equal(await lives.now(), 'resolved');
    assert.equal(stage.appender.queuedBytes, 0);
    assert.equal(await metricOf(stage.metrics, 'kafka_produce_failures_total{reason="unavailable"}'), 4);
    const warning = [
      'the topic has fewer partitions than before',
      { topic: 'metrics', partitions: 2, before: 6 },
    ];
    assert.deepEqual(shrinking.warnings, [warning]);
  });

  test('is written to by the new number', () => {
    const shrinking = new ShrinkingStage();
    shrinking.tell(6);
    shrinking.tell(2);
    shrinking.stage.commit({ partition: 5, value: 'hashed to the last' });
    assert.deepEqual(contentOf(shrinking.stage.take(1)), ['hashed to the last']);
  });

  test('begins no partition in an epoch that was used, should they come back', () => {
    const shrinking = new ShrinkingStage();
    const { stage } = shrinking;
    shrinking.tell(3);
    stage.commit({ partition: 2, value: 'a' });
    stage.take(2);
    stage.answer(0, { partition: 2 });
    stage.partitions[2]!.nextEpoch();
    shrinking.tell(2);
    shrinking.tell(3);
    stage.commit({ partition: 2, value: 'b' });
    assert.deepEqual(stage.take(2).stamp, { producerId: PRODUCER_ID, epoch: 2, sequence: 0 });
    stage.commit({ partition: 1, value: 'c' });
    assert.equal(stage.partitions[1]!.take(8n)!.stamp!.epoch, 0, 'of another producer id');
  });
});

describe('the epochs that partitions leave behind', () => {
  test('ask for another producer id when they are used up, once', () => {
    let asked = 0;
    const epochs = new Epochs(() => asked++);
    epochs.leave(PRODUCER_ID, MAX_EPOCH - 1);
    assert.deepEqual([epochs.firstOf(PRODUCER_ID), asked], [MAX_EPOCH, 0]);
    epochs.leave(PRODUCER_ID, MAX_EPOCH);
    epochs.leave(PRODUCER_ID, MAX_EPOCH);
    assert.equal(asked, 1);
    assert.equal(epochs.firstOf(8n), 0);
  });
});
