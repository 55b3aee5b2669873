/** Reading prometheus.WriteRequest: what the series view holds, and what is refused. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import protobuf from 'protobufjs';
import { AdapterError } from '../../src/errors.ts';
import { readerOf } from '../support/series.ts';
import { double, field, request, STALE_BITS, sample, series, varint } from '../support/write-request.ts';

interface Read {
  labels: [string, string][];
  samples: [number, number][];
}

function readAll(bytes: Uint8Array): Read[] {
  const { reader, series: view } = readerOf(bytes);
  const all: Read[] = [];
  while (reader.next()) {
    const text = (at: number): string =>
      Buffer.from(bytes.subarray(view.labels[at], view.labels[at + 1])).toString();
    all.push({
      labels: Array.from({ length: view.labelCount }, (_, i) => [text(i * 4), text(i * 4 + 2)]),
      samples: Array.from({ length: view.sampleCount }, (_, i) => [view.values[i], view.timestampsMs[i]]),
    });
  }
  return all;
}

const UP = { labels: [['__name__', 'up']], samples: [[1, 1000]] } as const;

describe('V1Reader reads', () => {
  test('series with their labels and samples in order', () => {
    const bytes = request([
      {
        labels: [
          ['__name__', 'up'],
          ['job', 'a'],
        ],
        samples: [
          [1.5, 10],
          [-2, 20],
        ],
      },
      { labels: [['__name__', 'down']], samples: [[3, 30]] },
    ]);
    assert.deepEqual(readAll(bytes), [
      {
        labels: [
          ['__name__', 'up'],
          ['job', 'a'],
        ],
        samples: [
          [1.5, 10],
          [-2, 20],
        ],
      },
      { labels: [['__name__', 'down']], samples: [[3, 30]] },
    ]);
  });

  test('an empty request as no series', () => assert.deepEqual(readAll(Buffer.alloc(0)), []));

  test('a request of metadata only as no series, counting the entries', () => {
    const { reader, metadata } = readerOf(
      Buffer.concat([field(3, field(2, 'up')), field(3, field(2, 'down'))]),
    );
    assert.equal(reader.next(), false);
    assert.deepEqual(
      metadata.map(({ familyName }) => Buffer.from(familyName).toString()),
      ['up', 'down'],
    );
  });

  test('more labels and samples than it has room for at first', () => {
    const labels = Array.from({ length: 300 }, (_, i) => [`l${i}`, `v${i}`] as const);
    const samples = Array.from({ length: 100 }, (_, i) => [i / 2, i] as const);
    const [read] = readAll(request([{ labels, samples }]));
    assert.deepEqual(read!.labels, labels);
    assert.deepEqual(read!.samples, samples);
  });

  test('the bits of the stale marker as they are', () => {
    const { reader, series: view } = readerOf(
      request([{ labels: [['__name__', 'up']], samples: [[STALE_BITS, 1]] }]),
    );
    reader.next();
    assert.deepEqual([...view.valueWords.subarray(0, 2)], [0x00000002, 0x7ff00000]);
  });

  test('negative timestamps', () => {
    assert.deepEqual(readAll(request([{ ...UP, samples: [[1, -1500]] }]))[0]!.samples, [[1, -1500]]);
  });

  test('fields that a proto3 sender leaves out as zero', () => {
    const bytes = field(1, Buffer.concat([series({ labels: UP.labels }), field(2, Buffer.alloc(0))]));
    assert.deepEqual(readAll(bytes)[0]!.samples, [[0, 0]]);
  });

  test('samples before labels, the last of a repeated scalar, and past unknown fields of every wire type', () => {
    const unknown = Buffer.concat([
      Buffer.concat([varint(90 << 3), varint(7)]),
      double(91, 1),
      field(92, 'x'),
      Buffer.concat([varint((93 << 3) | 5), Buffer.alloc(4)]),
    ]);
    const twice = Buffer.concat([sample(1, 1), unknown, sample(2, 2)]);
    const label = Buffer.concat([field(1, 'a'), field(1, '__name__'), unknown, field(2, 'up')]);
    const bytes = Buffer.concat([
      unknown,
      field(1, Buffer.concat([field(2, twice), unknown, field(1, label)])),
    ]);
    assert.deepEqual(readAll(bytes), [{ labels: [['__name__', 'up']], samples: [[2, 2]] }]);
  });

  test('histograms and exemplars by counting them', () => {
    const extra = Buffer.concat([field(3, double(2, 1)), field(4, double(3, 1)), field(4, double(3, 2))]);
    const { reader, series: view } = readerOf(request([{ ...UP, extra }]));
    reader.next();
    assert.deepEqual([view.exemplarCount, view.histogramCount], [1, 2]);
  });
});

describe('V1Reader refuses', () => {
  const refused = (bytes: Uint8Array): void => {
    assert.throws(
      () => readAll(bytes),
      (error) => error instanceof AdapterError && error.code === 'protobuf_invalid',
    );
  };

  test('a request cut off anywhere but between series', () => {
    const bytes = request([UP, UP]);
    for (let end = 1; end < bytes.length; end++) {
      if (end !== bytes.length / 2) refused(bytes.subarray(0, end));
    }
  });

  test('a label that is longer than its series', () => {
    refused(Buffer.concat([field(1, Buffer.concat([varint((1 << 3) | 2), varint(100)])), Buffer.alloc(200)]));
  });

  test('a length of 4 GiB', () => refused(Buffer.concat([varint((1 << 3) | 2), varint(0xffffffff)])));
  test('field number 0', () => refused(Buffer.from([0x02, 0x00])));
  test('wire types 6 and 7', () => {
    refused(Buffer.from([0x0e, 0x00]));
    refused(Buffer.from([0x0f, 0x00]));
  });
  test('a varint of eleven bytes', () =>
    refused(field(1, field(2, Buffer.from([0x10, ...Array(10).fill(0xff), 1])))));
});

describe('V1Reader and the decoder that protobufjs makes of proto/', () => {
  const file = new URL('../../proto/prometheus/remote_write_v1.proto', import.meta.url);
  // What the reader leaves to later stages (UTF-8) or passes over is bytes to the oracle as well.
  const text = readFileSync(file, 'utf8').replace(
    /\b(string|repeated (?:Exemplar|Histogram|MetricMetadata))(?= \w+ = \d)/g,
    (type) => (type === 'string' ? 'bytes' : 'repeated bytes'),
  );
  const WriteRequest = protobuf.parse(text).root.lookupType('prometheus.WriteRequest');

  test('agree on random mutations of a request', () => {
    const original = request([
      {
        labels: [
          ['__name__', 'up'],
          ['job', 'prometheus'],
          ['instance', 'localhost:9090'],
        ],
        samples: [
          [1, 1000],
          [2, 2000],
        ],
      },
      { labels: [['__name__', 'down']], samples: [[3, 3000]] },
    ]);
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    let accepted = 0;
    for (let round = 0; round < 20_000; round++) {
      const end = random(2) === 0 ? original.length : random(original.length) + 1;
      const bytes = Buffer.from(original.subarray(0, end));
      for (let flips = random(4); flips > 0; flips--) bytes[random(bytes.length)] = random(256);
      const expected = attempt(() => fromOracle(WriteRequest.decode(bytes).toJSON()));
      const seen = attempt(() => readAll(bytes).map((entry) => [entry.labels.length, entry.samples.length]));
      assert.deepEqual(seen, expected, `bytes ${bytes.toString('hex')}`);
      if (expected !== 'refused') accepted++;
    }
    assert.ok(accepted > 1000, `only ${accepted} of the mutations were valid`);
  });

  function fromOracle(message: { timeseries?: { labels?: unknown[]; samples?: unknown[] }[] }): number[][] {
    return (message.timeseries ?? []).map((entry) => [entry.labels?.length ?? 0, entry.samples?.length ?? 0]);
  }

  function attempt<Result>(read: () => Result): Result | 'refused' {
    try {
      return read();
    } catch {
      return 'refused';
    }
  }
});
