/** Keys and headers of records: in their batch, in the batches made of it, and in a real Kafka. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { compress } from 'snappyjs';
import { redistribute } from '../../src/kafka/batch-records.ts';
import { PendingRequest } from '../../src/kafka/pending-request.ts';
import { RecordBatch } from '../../src/kafka/record-batch.ts';
import { encodeHeaders } from '../../src/kafka/record-headers.ts';
import { NOTHING } from '../../src/lib/contents.ts';
import { Metrics } from '../../src/metrics.ts';
import { WritePipeline } from '../../src/pipeline.ts';
import { destinations } from '../../src/record/destination.ts';
import { JsonFormat } from '../../src/record/json.ts';
import { createTopic, readTopic, testKafka } from '../support/kafka.ts';
import { startProcess } from '../support/process.ts';
import { TEST_LIMITS } from '../support/series.ts';
import { body, field, varint } from '../support/write-request.ts';
import { type BatchRecord, readBatch } from './batch-reader.ts';
import { startProducer } from './real-producer.ts';
import { BASE_MS, PRODUCER_ID, Stage } from './stage.ts';

/** Around the edges of the lengths, for keys and values alike. */
const LENGTHS = [0, 1, 63, 64, 300, 8191, 8192, 20_000];
const HEADERS = { tenant: 'größer', empty: '' };
const bytesOf = (length: number): Buffer => Buffer.alloc(length, `${length},`);

/** A record of every pair of lengths, some without key, some without headers. */
const RECORDS: readonly BatchRecord[] = LENGTHS.flatMap((keyBytes, i) =>
  LENGTHS.map((valueBytes, j) => ({
    timestampMs: BASE_MS + i * 100 - j,
    value: bytesOf(valueBytes),
    ...((i + j) % 4 !== 3 && { key: bytesOf(keyBytes) }),
    ...((i + j) % 3 !== 2 && { headers: Object.entries(HEADERS) }),
  })),
);

function batchOf(records: readonly BatchRecord[]): RecordBatch {
  const batch = new RecordBatch(1024);
  for (const { timestampMs, value, key, headers } of records) {
    batch.begin(timestampMs, NOTHING, key).copy(value, 0, value.length);
    batch.end(headers && encodeHeaders(Object.fromEntries(headers)));
  }
  return batch;
}

describe('a record keeps its key and its headers', () => {
  test('in its batch, whatever the lengths of key and value', () => {
    assert.deepEqual(readBatch(batchOf(RECORDS).seal(0)).records, RECORDS);
  });

  test('and what it holds when its batch is split', () => {
    const batch = batchOf(RECORDS);
    batch.shares = [{ request: new PendingRequest(1, new Map()), first: 0 }];
    const halves = [new RecordBatch(1024), new RecordBatch(1024)];
    redistribute(batch, (place) => halves[place % 2]);
    for (const [half, made] of halves.entries()) {
      const expected = RECORDS.filter((_, place) => place % 2 === half);
      assert.deepEqual(readBatch(made.seal(0)).records, expected);
      assert.ok(expected.every((_, place) => made.contentsOf(place) === NOTHING));
    }
  });

  test('when it does not fit its batch any more and goes to the next', () => {
    const stage = new Stage({ maxBatchBytes: 400 });
    const records = Array.from({ length: 12 }, (_, i) => ({
      value: `${i}`.padEnd(60, '.'),
      key: Buffer.from(`key ${i}`.padEnd(50)),
      contents: NOTHING,
    }));
    stage.commit(...records);
    const batches: RecordBatch[] = [];
    while (stage.partition.hasRecords) {
      const batch = stage.partition.take(PRODUCER_ID)!;
      batches.push(batch);
      stage.answer(0);
    }
    assert.ok(batches.length > 3, `${batches.length} batches`);
    assert.deepEqual(
      batches.flatMap((batch) =>
        readBatch(batch.seal(0)).records.map(({ key, value }) => [key, String(value)]),
      ),
      records.map(({ key, value }) => [key, value]),
    );
    assert.ok(batches.every((batch) => batch.contentsOf(batch.count - 1) === NOTHING));
  });

  test('and one that is larger than a batch may be is told by what it holds', async () => {
    const stage = new Stage({ maxBatchBytes: 400 });
    const contents = { float: 0, histogram: 1, exemplar: 2 };
    const dropped = await stage.commit({ value: '', key: bytesOf(500), contents }).done;
    assert.deepEqual([...dropped], [['record_too_large', contents]]);
  });
});

describe('in a real Kafka', () => {
  interface Family {
    readonly name: string;
    readonly type: number;
    readonly help: string;
  }

  const families: readonly Family[] = Array.from({ length: 40 }, (_, i) => ({
    name: i === 0 ? 'größe 😀' : `metric_${i}_total`,
    type: i % 8,
    help: 'x'.repeat(i * 300),
  }));

  function metadataOf({ name, type, help }: Family): Buffer {
    return field(3, Buffer.concat([varint(1 << 3), varint(type), field(2, name), field(4, help)]));
  }

  /** Writes the families and one sample by the pipeline; gives the topics. */
  async function write(t: TestContext, brokers: string): Promise<{ topic: string; metadataTopic: string }> {
    const topic = await createTopic(brokers, { partitions: 1 });
    const metadataTopic = await createTopic(brokers, {
      partitions: 3,
      settings: { 'cleanup.policy': 'compact' },
    });
    // Small batches, so that records move from one to the next.
    const { producer } = await startProducer(t, brokers, { topic, maxBatchBytes: 16 * 1024 });
    const pipeline = new WritePipeline({
      format: new JsonFormat(),
      delivery: producer,
      instruments: new Metrics().instruments,
      topic,
      router: undefined,
      destinationOf: destinations({ key: 'metric', partitionBy: 'series' }),
      metadataTopic,
      maxDecodedBytes: 1024 * 1024,
      limits: TEST_LIMITS,
      rules: { labelNameBytes: 0, labelValueBytes: 0, futureMs: 0 },
    });
    const samples = body([{ labels: [['__name__', 'up']], samples: [[1, BASE_MS]] }]);
    await pipeline.write({ body: [samples], version: 'v1', headers: HEADERS });
    const requests = [families, families.slice(0, 5)].map((some) => Buffer.concat(some.map(metadataOf)));
    for (const request of requests) {
      const outcome = await pipeline.write({ body: [compress(request)], version: 'v1' });
      assert.deepEqual(outcome.written, NOTHING);
    }
    return { topic, metadataTopic };
  }

  test('metadata is read back by family, samples by their key and headers, by kafkajs and by kcat', async (t) => {
    const kafka = await testKafka();
    t.after(() => kafka.stop());
    const { topic, metadataTopic } = await write(t, kafka.brokers);
    const [sample, ...others] = await readTopic(kafka.brokers, topic);
    assert.deepEqual(others, []);
    assert.deepEqual([String(sample!.key), sample!.headers], ['up', HEADERS]);
    const records = await readTopic(kafka.brokers, metadataTopic);
    assert.equal(records.length, families.length + 5);
    const partitions = new Map<string, number>();
    for (const { key, value, partition, headers } of records) {
      const { name, help } = JSON.parse(String(value)) as Family;
      const family = families.find((one) => one.name === name);
      assert.deepEqual([String(key), help, headers], [name, family?.help, {}]);
      assert.equal(partitions.get(name) ?? partition, partition, `${name} is in two partitions`);
      partitions.set(name, partition);
    }
    assert.deepEqual([...partitions.keys()].sort(), families.map(({ name }) => name).sort());
    await t.test('kcat', { skip: skipKcat() }, (context) =>
      assertKcat(context, kafka.brokers, metadataTopic),
    );
  });

  function skipKcat(): string | false {
    const isMissing = spawnSync('kcat', ['-V']).error !== undefined;
    return isMissing && process.env['CI'] !== 'true' && 'NO kcat ON THIS MACHINE: librdkafka is not tested';
  }

  async function assertKcat(t: TestContext, brokers: string, topic: string): Promise<void> {
    const args = ['-C', '-q', '-e', '-o', 'beginning', '-X', 'check.crcs=true', '-b', brokers, '-t', topic];
    const kcat = startProcess(t, { command: 'kcat', args: [...args, '-f', '%k\\t%K\\t%s\\n'] });
    assert.deepEqual(await kcat.waitForExit(), { code: 0, signal: null }, kcat.stderr);
    const lines = kcat.stdout.split('\n').filter((line) => line !== '');
    assert.equal(lines.length, families.length + 5);
    for (const line of lines) {
      const [key, keyBytes, value] = line.split('\t');
      const { name } = JSON.parse(value!) as Family;
      assert.deepEqual([key, Number(keyBytes)], [name, Buffer.byteLength(name)]);
    }
  }
});
