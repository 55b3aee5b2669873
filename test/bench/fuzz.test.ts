/** A short run of `npm run bench fuzz`, and that such a run would notice a fault. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import type { DropReason } from '../../src/errors.ts';
import { body, request } from '../support/write-request.ts';
import { Comparison } from './fuzz/compare.ts';
import { type Expected, expect } from './fuzz/oracle-records.ts';
import { CapturingPipeline } from './fuzz/pipeline.ts';
import { runFuzz } from './fuzz.ts';

const VERDICTS = [
  'written',
  'written in parts',
  'protobuf_invalid',
  'snappy_invalid',
  'limit_exceeded',
  'decoded_too_large',
];

/** The reasons that src/wire gives. */
const REASONS: readonly DropReason[] = [
  'buckets_too_many',
  'exemplar_labels_invalid',
  'exemplar_ref_invalid',
  'histogram_invalid',
  'label_duplicate',
  'label_name_empty',
  'label_name_too_long',
  'label_not_utf8',
  'label_ref_invalid',
  'label_value_too_long',
  'labels_too_many',
  'metadata_ref_invalid',
  'name_missing',
  'series_empty',
  'timestamp_out_of_range',
  'timestamp_too_far_ahead',
];

test('random and damaged requests become what an oracle expects, and meet every rule', async () => {
  const report = await runFuzz({ seed: 1, first: 1, requests: 8000 });
  assert.deepEqual(report.failures, []);
  assert.equal(report.requests, 8000);
  for (const verdict of VERDICTS)
    assert.ok((report.verdicts[verdict] ?? 0) > 10, `${verdict}: ${report.verdicts[verdict]}`);
  assert.deepEqual(Object.keys(report.dropped).sort(), REASONS);
});

describe('the comparison notices', () => {
  const entries = [
    { labels: [['__name__', 'up']], samples: [[1, 1000]] },
    { labels: [['no', 'name']], samples: [[1, 1000]] },
  ] as const;

  async function seenAndExpected() {
    const seen = await new CapturingPipeline().write([Buffer.from(body(entries))], 'v1', false);
    const expected = expect(request(entries), 'v1') as Expected;
    assert.equal(new Comparison().differenceOf(seen, expected), undefined);
    return { seen, expected };
  }

  test('another value, time or hash of a record', async () => {
    const { seen, expected } = await seenAndExpected();
    const [record] = seen.records;
    const comparison = new Comparison();
    const differenceOf = (change: object): string | undefined =>
      comparison.differenceOf({ ...seen, records: [{ ...record!, ...change }] }, expected);
    assert.equal(differenceOf({}), undefined);
    assert.match(differenceOf({ text: record!.text.replace('"1"', '"2"') })!, /^record/);
    assert.match(differenceOf({ timestampMs: 1001 })!, /^timestamp/);
    assert.match(differenceOf({ hash: record!.hash ^ 1 })!, /^hash/);
    assert.match(differenceOf({ contents: { float: 2, histogram: 0, exemplar: 0 } })!, /^written/);
  });

  test('a record that is missing or one too many, and a reason that is not told', async () => {
    const { seen, expected } = await seenAndExpected();
    const comparison = new Comparison();
    assert.match(comparison.differenceOf({ ...seen, records: [] }, expected)!, /^written/);
    const twice = [...seen.records, ...seen.records];
    assert.match(comparison.differenceOf({ ...seen, records: twice }, expected)!, /^written/);
    const silent = { ...seen, outcome: { ...seen.outcome!, refusal: undefined } };
    assert.match(comparison.differenceOf(silent, expected)!, /^dropped/);
  });

  test('another verdict, and an error that is none of the expected kind', async () => {
    const { seen, expected } = await seenAndExpected();
    const comparison = new Comparison();
    assert.match(comparison.differenceOf(seen, ['protobuf_invalid'])!, /but it was written/);
    const failed = { error: new RangeError('out of bounds'), records: [] };
    assert.match(comparison.differenceOf(failed, expected)!, /a fault/);
    assert.match(comparison.differenceOf(failed, ['protobuf_invalid'])!, /a fault/);
  });
});
