/** What of a series can be written, and what is taken out of it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DropReason } from '../../src/errors.ts';
import { type ContentRules, keepValid, textBytesOf } from '../../src/wire/content-rules.ts';
import type { Series } from '../../src/wire/series.ts';
import { seriesOf, v2ReaderOf } from '../support/series.ts';
import { STALE_BITS } from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const NAME = ['__name__', 'up'] as const;
const NO_LIMITS: ContentRules = { labelNameBytes: 0, labelValueBytes: 0, futureMs: 0 };
const NOW_MS = Date.UTC(2026, 0, 1);

/** The reasons, one for each time something was taken out. */
function dropped(series: Series, rules: Partial<ContentRules> = {}, needsContents = false): DropReason[] {
  const reasons: DropReason[] = [];
  const onDrop = (reason: DropReason): void => void reasons.push(reason);
  keepValid(series, { rules: { ...NO_LIMITS, ...rules }, nowMs: NOW_MS, needsContents, onDrop });
  return reasons;
}

describe('of the samples of a series', () => {
  test('those stay whose time a date can hold, with the bits of every value that moves', () => {
    const samples = [
      [1, 8.64e15],
      [2, 8.64e15 + 1],
      [STALE_BITS, -8.64e15],
      [3, -(2n ** 63n)],
      [4, 2n ** 63n - 1n],
    ] as const;
    const series = seriesOf({ labels: [NAME], samples });
    assert.deepEqual(dropped(series), Array(3).fill('timestamp_out_of_range'));
    assert.equal(series.sampleCount, 2);
    assert.deepEqual([...series.timestampsMs.subarray(0, 2)], [8.64e15, -8.64e15]);
    assert.deepEqual([...series.valueWords.subarray(0, 4)], [0, 0x3ff00000, 2, 0x7ff00000]);
  });

  test('those stay that are not further ahead than limits.future', () => {
    const times = [NOW_MS - 1e9, NOW_MS + 60_000, NOW_MS + 60_001];
    const series = seriesOf({ labels: [NAME], samples: times.map((time) => [1, time] as const) });
    assert.deepEqual(dropped(series, { futureMs: 60_000 }), ['timestamp_too_far_ahead']);
    assert.equal(series.sampleCount, 2);
  });
});

describe('a series', () => {
  test('goes as a whole when its labels cannot be written', () => {
    const series = seriesOf({ labels: [['a', 'b']], samples: [[1, 1]] });
    assert.deepEqual(dropped(series), ['name_missing']);
    assert.equal(series.sampleCount, 0);
  });

  for (const [rules, reason] of [
    [{ labelNameBytes: 7 }, 'label_name_too_long'],
    [{ labelNameBytes: 8 }, undefined],
    [{ labelValueBytes: 2 }, 'label_value_too_long'],
    [{ labelValueBytes: 3 }, undefined],
  ] as const) {
    test(`with __name__="abc" under ${JSON.stringify(rules)} gives ${reason}`, () => {
      const series = seriesOf({ labels: [['__name__', 'abc']], samples: [[1, 1]] });
      assert.deepEqual(dropped(series, rules), reason === undefined ? [] : [reason]);
    });
  }

  test('takes what all its labels together do', () => {
    const labels = [
      ['__name__', 'abc'],
      ['de', 'fghij'],
    ] as [string, string][];
    const series = seriesOf({ labels, samples: [[1, 1]] });
    assert.equal(textBytesOf(series), '__name__abcdefghij'.length);
  });

  test('counts help and unit, and the labels of its exemplars', () => {
    const { reader, series } = v2ReaderOf(
      requestV2({
        symbols: ['', '__name__', 'up', 'help', 'unit', 'trace_id', '0123'],
        timeseries: [
          {
            labels_refs: [1, 2],
            exemplars: [{ labels_refs: [5, 6], value: 1, timestamp: 1 }],
            metadata: { type: 1, help_ref: 3, unit_ref: 4 },
          },
        ],
      }),
    );
    assert.ok(reader.next());
    assert.equal(textBytesOf(series), '__name__uphelpunittrace_id0123'.length);
  });

  test('without anything in it breaks a rule of 2.0 and none of 1.0', () => {
    assert.deepEqual(dropped(seriesOf({ labels: [NAME] }), {}, true), ['series_empty']);
    assert.deepEqual(dropped(seriesOf({ labels: [NAME] }), {}, false), []);
  });
});
