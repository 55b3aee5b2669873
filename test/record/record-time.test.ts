/** The time a record carries. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordTime } from '../../src/record/record-time.ts';

describe('recordTime', () => {
  const now = 1_800_000_000_000;
  test("is the sample's time up to an hour ahead", () => {
    for (const sampleMs of [0, 1, now - 1, now + 3_600_000])
      assert.equal(recordTime(sampleMs, now), sampleMs);
  });
  test("is the present when Kafka would refuse the sample's", () => {
    for (const sampleMs of [-1, now + 3_600_001]) assert.equal(recordTime(sampleMs, now), now);
  });
});
