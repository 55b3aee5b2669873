/** Records of every format, read back as lines. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { decoderOf } from '../../src/record/decoders.ts';
import { createFormat } from '../../src/record/formats.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import { seriesOf } from '../support/series.ts';
import type { TestSeries } from '../support/write-request.ts';

const SETTINGS = {
  json: { timestamp: 'rfc3339', value: 'string' },
  maxRecordBytes: 900_000,
} as const;

const ENTRY: TestSeries = {
  labels: [
    ['__name__', 'up'],
    ['job', 'ä"b'],
  ],
  samples: [
    [1.5, 1795341600123],
    [Number.NaN, 1795341601123],
    [Number.NEGATIVE_INFINITY, -5],
  ],
};

/** The values of the records that a format makes of one entry. */
function recordsOf(format: string): Buffer[] {
  const series = seriesOf(ENTRY);
  assert.equal(canonicalise(series), undefined);
  const records: Buffer[] = [];
  const writer = new ByteWriter();
  const made = createFormat(format, SETTINGS as unknown as Parameters<typeof createFormat>[1]);
  made.writeSeries(series, {
    begin: () => {
      writer.truncate();
      return writer;
    },
    end: () => records.push(writer.slice()),
  });
  made.endRequest?.();
  return records;
}

describe('the lines of a record', () => {
  const expected = recordsOf('json').map((record) => String(record));

  for (const format of ['json', 'protobuf', 'remote-write']) {
    test(`of the format ${format} are those of json, with the labels they are about`, () => {
      const lines = recordsOf(format).flatMap((record) => decoderOf(format)(record));
      assert.deepEqual(
        lines.map(({ text }) => text),
        expected,
      );
      for (const { labels } of lines) assert.deepEqual([...labels], ENTRY.labels);
    });
  }

  test('of the format avro say the same', () => {
    const lines = recordsOf('avro').flatMap((record) => decoderOf('avro')(record));
    assert.deepEqual(
      lines.map(({ text }) => JSON.parse(text)),
      expected.map((text) => JSON.parse(text)),
    );
    for (const { labels } of lines) assert.deepEqual([...labels], ENTRY.labels);
  });

  test('of another format than expected are an error, not nonsense', () => {
    for (const format of ['json', 'remote-write'])
      assert.throws(() => decoderOf(format)(Buffer.from('hello, this is no record')), Error, format);
  });
});
