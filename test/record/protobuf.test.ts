/** The records of the format protobuf, read back by the decoder that protobufjs makes of proto/. */

import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { loadProto } from '../../src/lib/proto-fields.ts';
import { ProtobufFormat } from '../../src/record/protobuf.ts';
import { recordsOf } from '../support/format-records.ts';
import { request } from '../support/write-request.ts';
import { CORPUS } from './corpus.ts';
import { assertGolden } from './golden.ts';

const root = loadProto('kafka_adapter/record.proto');
const Series = root.lookupType('kafka_adapter.Series');
const prometheus = loadProto('prometheus/remote_write_v1.proto');
const LARGE = 1024 * 1024;

function decoded(value: Buffer): Record<string, unknown> {
  return Series.toObject(Series.decode(value), { longs: String, enums: String }) as Record<string, unknown>;
}

function corpusRecords(name: string): Record<string, unknown>[] {
  return recordsOf(new ProtobufFormat(LARGE), CORPUS[name]!).map(({ value }) => decoded(value));
}

describe('the format protobuf', () => {
  test('makes of the corpus what it made of it before', () => {
    assertGolden('protobuf', new ProtobufFormat(LARGE), (value) => value.toString('hex'));
  });

  test('has the fields of prometheus.TimeSeries under their numbers and types', () => {
    for (const [theirs, ours] of [
      ['TimeSeries', 'Series'],
      ['Sample', 'Sample'],
      ['Exemplar', 'Exemplar'],
      ['Histogram', 'Histogram'],
      ['BucketSpan', 'BucketSpan'],
    ] as const) {
      const own = root.lookupType(`kafka_adapter.${ours}`).fields;
      for (const { name, id, type } of Object.values(prometheus.lookupType(`prometheus.${theirs}`).fields)) {
        assert.equal(own[name]?.id, id, `${ours}.${name}`);
        // A map is a repeated message of key and value.
        if (name !== 'labels') assert.equal(own[name]?.type, type, `${ours}.${name}`);
      }
    }
  });

  test('copies an entry of a 1.0 request that is in order, byte for byte', () => {
    const entry = { labels: [['__name__', 'up']], samples: [[1, 1795341600123]] } as const;
    const bytes = request([entry]);
    const [record] = recordsOf(new ProtobufFormat(LARGE), { version: 'v1', bytes });
    assert.deepEqual(record!.value, bytes.subarray(2));
    assert.equal(record!.timestampMs, 1795341600123);
  });

  test('keeps start timestamps, type, unit and help', () => {
    assert.deepEqual(corpusRecords('metadata and start'), [
      {
        labels: { __name__: 'rpc_seconds', job: 'node' },
        samples: [
          { value: 1, timestamp: '1795341600123', start_timestamp: '1795341540123' },
          { value: 2, timestamp: '1795341600124' },
        ],
        type: 'COUNTER',
        unit: 'seconds',
        help: 'Seconds "of" work.',
      },
    ]);
  });

  test('keeps histograms as they were sent', () => {
    assert.deepEqual(corpusRecords('integer histogram')[0]!['histograms'], [
      {
        count_int: '12',
        sum: 18.4,
        schema: 1,
        zero_threshold: 0.001,
        zero_count_int: '2',
        negative_spans: [{ offset: -3, length: 1 }],
        negative_deltas: ['1'],
        positive_spans: [{ length: 2 }, { offset: 1, length: 2 }],
        positive_deltas: ['1', '1', '-1', '4'],
        timestamp: '1795341600123',
      },
    ]);
    const large = recordsOf(new ProtobufFormat(1), CORPUS['large and empty histograms']!).map(({ value }) =>
      decoded(value),
    );
    const [histogram] = large[0]!['histograms'] as { count_int: string; positive_deltas: string[] }[];
    assert.deepEqual(
      [histogram!.count_int, histogram!.positive_deltas],
      ['9007199254740993', ['9007199254740993']],
    );
  });

  test('keeps exemplars, alone and beside samples', () => {
    const exemplars = [
      { labels: { trace_id: 'ab"c<&>é' }, value: 0.25, timestamp: '1795341600118' },
      { value: Number.NaN },
    ];
    assert.deepEqual(corpusRecords('exemplars')[0]!['exemplars'], exemplars);
    assert.deepEqual(corpusRecords('exemplars alone'), [
      { labels: { __name__: 'rpc_seconds', job: 'node' }, exemplars },
    ]);
  });

  test('splits a large entry, each part with all labels', () => {
    const samples = Array.from({ length: 1000 }, (_, i) => [i + 1, i + 1] as const);
    const bytes = request([{ labels: [['__name__', 'up']], samples }]);
    const records = recordsOf(new ProtobufFormat(2000), { version: 'v1', bytes });
    assert.ok(records.length > 5);
    const values = records.flatMap(({ value, contents, timestampMs }) => {
      const { labels, samples: own } = decoded(value) as { labels: unknown; samples: { value: number }[] };
      assert.deepEqual(labels, { __name__: 'up' });
      assert.equal(contents.float, own.length);
      assert.equal(timestampMs, own.at(-1)!.value);
      assert.ok(value.length < 2050);
      return own.map((sample) => sample.value);
    });
    assert.deepEqual(
      values,
      samples.map(([value]) => value),
    );
  });
});
