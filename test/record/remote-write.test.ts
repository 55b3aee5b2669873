/** The records of the format remote-write, read back by the decoder that protobufjs makes of proto/. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { uncompress } from 'snappyjs';
import { NOTHING, plus } from '../../src/lib/contents.ts';
import { loadProto } from '../../src/lib/proto-fields.ts';
import { RemoteWriteFormat } from '../../src/record/remote-write.ts';
import { type FormatRecord, type FormatRequest, recordsOf } from '../support/format-records.ts';
import { request, type TestSeries } from '../support/write-request.ts';
import { CORPUS } from './corpus.ts';
import { assertGolden } from './golden.ts';

const WriteRequest = loadProto('prometheus/remote_write_v1.proto').lookupType('prometheus.WriteRequest');
const LARGE = 1024 * 1024;

interface Entry {
  readonly labels: { name: string; value: string }[];
  readonly samples?: { value: number; timestamp: number }[];
}

function entriesOf(record: FormatRecord): Entry[] {
  const message = WriteRequest.decode(uncompress(record.value));
  return (WriteRequest.toObject(message, { longs: Number }) as { timeseries?: Entry[] }).timeseries ?? [];
}

function seriesNumber(i: number, samples = 1): TestSeries {
  return {
    labels: [
      ['__name__', 'up'],
      ['instance', `host-${i}`],
    ],
    samples: Array.from({ length: samples }, (_, at) => [at + 1, 1795341600000 + at] as const),
  };
}

function v1(entries: readonly TestSeries[]): FormatRequest {
  return { version: 'v1', bytes: request(entries) };
}

const names = (entries: readonly Entry[]): string[] => entries.map(({ labels }) => labels[1]!.value);

describe('the format remote-write', () => {
  test('makes of the corpus what it made of it before', () => {
    assertGolden('remote-write', new RemoteWriteFormat(LARGE), (value) =>
      Buffer.from(uncompress(value)).toString('hex'),
    );
  });

  test('writes one record a partition and request, with the series in their order', () => {
    const format = new RemoteWriteFormat(LARGE);
    const entries = Array.from({ length: 60 }, (_, i) => seriesNumber(i));
    for (let round = 0; round < 2; round++) {
      const records = recordsOf(format, v1(entries), 3);
      assert.deepEqual(records.map(({ partition }) => partition).sort(), [0, 1, 2]);
      assert.equal(
        records.reduce((sum, { contents }) => sum + contents.float, 0),
        60,
      );
      for (const record of records) {
        const numbers = names(entriesOf(record)).map((name) => Number(name.slice('host-'.length)));
        assert.deepEqual(
          numbers,
          [...numbers].sort((a, b) => a - b),
        );
        assert.equal(record.contents.float, numbers.length);
      }
    }
  });

  test('copies an entry of a 1.0 request that is in order, byte for byte', () => {
    const bytes = request([seriesNumber(1), seriesNumber(2, 5)]);
    const [record] = recordsOf(new RemoteWriteFormat(LARGE), { version: 'v1', bytes });
    assert.deepEqual(Buffer.from(uncompress(record!.value)), bytes);
  });

  test('encodes an entry that is not in order', () => {
    const labels = [
      ['job', 'node'],
      ['empty', ''],
      ['__name__', 'up'],
    ] as const;
    const [record] = recordsOf(new RemoteWriteFormat(LARGE), v1([{ labels, samples: [[1, 7]] }]));
    assert.deepEqual(entriesOf(record!), [
      {
        labels: [
          { name: '__name__', value: 'up' },
          { name: 'job', value: 'node' },
        ],
        samples: [{ value: 1, timestamp: 7 }],
      },
    ]);
  });

  test('carries the latest time in the record', () => {
    const entries = [seriesNumber(1, 3), seriesNumber(2)];
    assert.equal(recordsOf(new RemoteWriteFormat(LARGE), v1(entries))[0]!.timestampMs, 1795341600002);
  });

  test('splits what would pass the bound, between entries and within one, and counts each part', () => {
    const most = 4096;
    const entries = [...Array.from({ length: 300 }, (_, i) => seriesNumber(i)), seriesNumber(300, 2000)];
    const records = recordsOf(new RemoteWriteFormat(most), v1(entries));
    assert.ok(records.length > 5);
    const seen: string[] = [];
    for (const record of records) {
      const decoded = uncompress(record.value);
      assert.ok(decoded.length < most + 200, `${decoded.length} bytes`);
      assert.ok(record.value.length <= most, `${record.value.length} bytes compressed`);
      const samples = entriesOf(record).flatMap(({ labels, samples: own = [] }) =>
        own.map(({ value, timestamp }) => `${labels[1]!.value} ${value} ${timestamp}`),
      );
      assert.equal(record.contents.float, samples.length);
      seen.push(...samples);
    }
    const sent = entries.flatMap(({ labels, samples }) =>
      samples!.map(([value, timestamp]) => `${labels[1]![1]} ${value} ${timestamp}`),
    );
    assert.deepEqual(seen, sent);
  });

  test('forgets a request that comes to nothing', () => {
    const format = new RemoteWriteFormat(LARGE);
    const gone = recordsOf({ name: '', writeSeries: format.writeSeries.bind(format) }, v1([seriesNumber(1)]));
    assert.equal(gone.length, 0);
    format.abandonRequest();
    const records = recordsOf(format, v1([seriesNumber(2)]));
    assert.deepEqual(records.map(entriesOf).flatMap(names), ['host-2']);
  });

  test('counts all that the corpus holds, whatever the bound', () => {
    for (const [name, entry] of Object.entries(CORPUS)) {
      const counts = [LARGE, 64, 1].map((most) =>
        recordsOf(new RemoteWriteFormat(most), entry).reduce(
          (sum, { contents }) => plus(sum, contents),
          NOTHING,
        ),
      );
      assert.deepEqual(counts[1], counts[0], name);
      assert.deepEqual(counts[2], counts[0], name);
    }
  });
});
