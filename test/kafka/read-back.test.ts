/** What the producer wrote, read by three other clients: kafkajs, librdkafka (kcat) and Java, in every compression. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { decompressFrame } from 'lz4-napi';
import { uncompress } from 'snappyjs';
import { CODECS } from '../../src/kafka/compression.ts';
import {
  createTopic,
  readTopic as readByKafkajs,
  runtimeOfTests,
  type TestKafka,
  testKafka,
  uniqueTopic,
} from '../support/kafka.ts';
import { startProcess } from '../support/process.ts';
import { type SentRecord, send, startProducer } from './real-producer.ts';
import { metricOf } from './stage.ts';

const COMPRESSIONS = ['none', ...Object.keys(CODECS)];
const PARTITIONS = 3;
/** An hour back: brokers refuse times too far ahead. */
const BASE_MS = Date.now() - 3_600_000;
const LARGEST_BATCH_BYTES = 200_000;

/** A record as each of the readers tells of it. */
interface Seen {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly value: string;
}

/** Values of all lengths that lengths are written in, text beyond ASCII, and times in no order. */
function recordsOf(compression: string): SentRecord[] {
  const lengths = [0, 1, 10, 50, 63, 64, 65, 300, 8100, 8191, 8192, 20_000, 100_000];
  return Array.from({ length: 260 }, (_, i) => {
    const value = `{"compression":"${compression}","i":${i},"text":"größer ≥ 𝕏 \\n"}`;
    return {
      hash: i * 7,
      timestampMs: BASE_MS + ((i * 7919) % 1000) * (i % 2 === 0 ? 1 : -1000),
      value: value + String.fromCharCode(97 + (i % 26)).repeat(lengths[i % lengths.length]!),
    };
  });
}

const sent = new Map(COMPRESSIONS.map((compression) => [compression, recordsOf(compression)]));
const topics = new Map<string, string>();
const prefix = uniqueTopic('read-back');
const cleanUps: (() => unknown)[] = [];
let kafka: TestKafka;

/** Snappy as snappy-java frames it: a header of 16 bytes, then blocks behind their lengths. */
function fromSnappyJava(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 16; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    blocks.push(Buffer.from(uncompress(bytes.subarray(at + 4, at + 4 + length))));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

const codec = (decompress: (bytes: Buffer) => Buffer | Promise<Buffer>) => () => ({
  compress: () => assert.fail('nobody compresses with this'),
  decompress: async (bytes: Buffer) => decompress(bytes),
});

before(async () => {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.Snappy] = codec(fromSnappyJava);
  CompressionCodecs[CompressionTypes.LZ4] = codec((bytes) => decompressFrame(bytes));
  CompressionCodecs[CompressionTypes.ZSTD] = codec((bytes) => zstdDecompressSync(bytes));
  kafka = await testKafka();
  const hooks = { after: (cleanUp: () => unknown) => void cleanUps.push(cleanUp) };
  for (const [compression, records] of sent) {
    const topic = await createTopic(kafka.brokers, {
      name: `${prefix}-${compression}`,
      partitions: PARTITIONS,
    });
    topics.set(compression, topic);
    const settings = { topic, compression, maxBatchBytes: LARGEST_BATCH_BYTES };
    const { producer, metrics } = await startProducer(hooks, kafka.brokers, settings);
    // Several requests at a time: they share batches, and some reach over more than one.
    const requests = [];
    for (let at = 0; at < records.length; at += 20)
      requests.push(send(producer, topic, records.slice(at, at + 20)));
    for (const dropped of await Promise.all(requests)) assert.equal(dropped.size, 0);
    assert.equal(await metricOf(metrics, `kafka_records_produced_total{topic="${topic}"}`), records.length);
    assert.equal(await metricOf(metrics, 'kafka_retries_total'), 0, 'the broker took every batch at once');
    assert.equal(await metricOf(metrics, 'kafka_epoch_changes_total'), 0);
  }
});

after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await kafka.stop();
});

/** Everything that was sent is there once, in order, with its time, on the partition of its hash. */
function assertAllThere(compression: string, seen: readonly Seen[]): void {
  const records = sent.get(compression)!;
  assert.equal(seen.length, records.length);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const here = seen.filter((record) => record.partition === partition).sort((a, b) => a.offset - b.offset);
    const expected = records.filter(({ hash }) => hash % PARTITIONS === partition);
    assert.deepEqual(
      here,
      expected.map(({ timestampMs, value }, offset) => ({ partition, offset, timestampMs, value })),
    );
  }
}

describe('the consumer of kafkajs reads everything back', () => {
  for (const compression of COMPRESSIONS) {
    test(compression, async () => {
      const records = await readByKafkajs(kafka.brokers, topics.get(compression)!);
      const seen = records.map(({ partition, offset, timestamp, value, key, headers }) => {
        assert.deepEqual([key, headers], [null, {}]);
        return { partition, offset, timestampMs: timestamp, value: value!.toString() };
      });
      assertAllThere(compression, seen);
    });
  }
});

/** Lines of `partition TAB offset TAB time TAB value`. */
function parseLines(text: string, line: RegExp): Seen[] {
  const lines = text.split('\n').filter((candidate) => candidate !== '');
  return lines.map((candidate) => {
    const [, partition, offset, timestampMs, value] =
      line.exec(candidate) ?? assert.fail(candidate.slice(0, 200));
    return {
      partition: Number(partition),
      offset: Number(offset),
      timestampMs: Number(timestampMs),
      value: value!,
    };
  });
}

describe('kcat reads everything back', () => {
  const isMissing = spawnSync('kcat', ['-V']).error !== undefined;
  const skip =
    isMissing && process.env['CI'] !== 'true' ? 'NO kcat ON THIS MACHINE: librdkafka is not tested' : false;
  for (const compression of COMPRESSIONS) {
    test(compression, { skip }, async (t) => {
      const topic = topics.get(compression)!;
      const kcat = startProcess(t, {
        command: 'kcat',
        args: [
          '-C',
          '-q',
          '-e',
          '-o',
          'beginning',
          '-X',
          'check.crcs=true',
          '-b',
          kafka.brokers,
          '-t',
          topic,
        ].concat(['-f', '%p\\t%o\\t%T\\t%s\\n']),
      });
      assert.deepEqual(await kcat.waitForExit(), { code: 0, signal: null }, kcat.stderr);
      assertAllThere(compression, parseLines(kcat.stdout, /^(\d+)\t(\d+)\t(\d+)\t(.*)$/));
    });
  }
});

describe('the console consumer of Java reads everything back', () => {
  test('all compressions in one run', async (t) => {
    const runtime = await runtimeOfTests();
    const count = [...sent.values()].reduce((sum, records) => sum + records.length, 0);
    const shown = ['timestamp', 'partition', 'offset'].flatMap((what) => [
      '--property',
      `print.${what}=true`,
    ]);
    const consumer = startProcess(t, {
      command: runtime.java,
      args: ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData']
        .concat(['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', runtime.classPath])
        .concat(['org.apache.kafka.tools.consumer.ConsoleConsumer', '--bootstrap-server', kafka.brokers])
        .concat(['--include', `${prefix}-.*`, '--from-beginning', '--isolation-level', 'read_committed'])
        .concat(['--max-messages', String(count), '--timeout-ms', '60000', ...shown]),
    });
    const status = await consumer.waitForExit(120_000);
    assert.equal(status.code, 0, consumer.stderr);
    const lines = consumer.stdout.split('\n');
    for (const compression of COMPRESSIONS) {
      const own = lines.filter((line) => line.includes(`{"compression":"${compression}"`)).join('\n');
      const seen = own.replace(/^CreateTime:(\d+)\tPartition:(\d+)\tOffset:(\d+)\t/gm, '$2\t$3\t$1\t');
      assertAllThere(compression, parseLines(seen, /^(\d+)\t(\d+)\t(\d+)\t(.*)$/));
    }
  });
});
