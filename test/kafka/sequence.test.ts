/** A sequence is used again only when nothing can have been appended with it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PRODUCER_ID, Stage } from './stage.ts';

const NOT_LEADER = 6;
const ENDS = { refused: 29, split: 10, drop: 87 };

describe('the sequence of a batch that goes a different way', () => {
  const ATTEMPTS: Readonly<Record<string, (stage: Stage) => void>> = {
    'was answered REQUEST_TIMED_OUT': (stage) => stage.answer(7),
    'was answered NOT_ENOUGH_REPLICAS_AFTER_APPEND': (stage) => stage.answer(20),
    'was not answered': (stage) =>
      stage.outcomes.unanswered(stage.partition, stage.partition.underWay!, 'connection lost'),
  };

  for (const [attempt, first] of Object.entries(ATTEMPTS))
    for (const [end, code] of Object.entries(ENDS))
      test(`is not used again when an attempt ${attempt}: ${end}`, async () => {
        const stage = new Stage();
        const request = stage.commit('a', 'b');
        const batch = stage.take();
        const { stamp } = batch;
        first(stage);
        // What is known of a later attempt says nothing of the one before.
        assert.equal(stage.take(), batch);
        stage.answer(NOT_LEADER);
        assert.equal(stage.take(), batch);
        assert.equal(batch.stamp, stamp);
        stage.answer(code, { refusedRecords: code === ENDS.drop ? [0] : [] });
        stage.commit('c', 'd');
        const next = stage.take();
        assert.deepEqual(next.stamp, { producerId: PRODUCER_ID, epoch: 1, sequence: 0 });
        stage.answer(0);
        // Only once: what follows goes on in that epoch.
        if (stage.partition.hasRecords) assert.equal(stage.take().stamp?.epoch, 1);
        await request.now();
      });

  test('is not used again after UNKNOWN_SERVER_ERROR', async () => {
    const stage = new Stage();
    const request = stage.commit('a');
    stage.take();
    stage.answer(-1);
    assert.equal(await request.now(), 'rejected');
    stage.commit('c');
    assert.deepEqual(stage.take().stamp, { producerId: PRODUCER_ID, epoch: 1, sequence: 0 });
  });

  for (const [end, code] of Object.entries(ENDS))
    test(`is used again when no attempt can have been appended: ${end}`, async () => {
      const stage = new Stage();
      await stage.commit('before').now();
      stage.take();
      stage.answer(0);
      const request = stage.commit('a', 'b');
      stage.take();
      stage.answer(NOT_LEADER);
      stage.take();
      stage.answer(code, { refusedRecords: code === ENDS.drop ? [0] : [] });
      stage.commit('c');
      assert.deepEqual(stage.take().stamp, { producerId: PRODUCER_ID, epoch: 0, sequence: 1 });
      await request.now();
    });
});
