/** The real producer against a real broker, and records to put through it. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { DroppedRecords } from '../../src/contracts.ts';
import { KafkaProducer, type ProducerOptions } from '../../src/kafka/producer.ts';
import { Metrics } from '../../src/metrics.ts';
import { eventually } from '../support/eventually.ts';
import type { TestHooks } from '../support/process.ts';
import { NO_SECURITY } from './no-security.ts';
import { keepingLogger, type LogLine } from './stage.ts';

export interface RunningProducer {
  readonly producer: KafkaProducer;
  readonly metrics: Metrics;
  readonly lines: LogLine[];
}

type Settings = Partial<ProducerOptions> & { readonly topic: string };

/** A producer with the defaults of the options, not started. */
export function makeProducer(test: TestHooks, brokers: string, settings: Settings): RunningProducer {
  const metrics = new Metrics();
  const { logger, lines } = keepingLogger();
  const producer = new KafkaProducer({
    options: {
      brokers: brokers.split(','),
      clientId: 'test',
      ...NO_SECURITY,
      produceTimeoutMs: 30_000,
      compression: 'none',
      maxBatchBytes: 900 * 1024,
      maxBatchRecords: 0,
      maxQueueBytes: 128 * 1024 * 1024,
      lingerMs: 0,
      creation: undefined,
      ...settings,
    },
    instruments: metrics.instruments,
    logger,
    recordTime: (sampleMs) => sampleMs,
  });
  test.after(() => producer.stop());
  return { producer, metrics, lines };
}

/** One that has reached Kafka. */
export async function startProducer(
  test: TestHooks,
  brokers: string,
  settings: Settings,
): Promise<RunningProducer> {
  const running = makeProducer(test, brokers, settings);
  running.producer.start();
  await eventually(() => running.producer.ready, { what: 'the producer has reached Kafka' });
  return running;
}

export interface SentRecord {
  /** Picks the partition: modulo their count. */
  readonly hash: number;
  readonly timestampMs: number;
  readonly value: string;
}

/** One request, once more after its topic is known, as the pipeline does it. */
export async function send(
  producer: KafkaProducer,
  topic: string,
  records: readonly SentRecord[],
): Promise<DroppedRecords> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const request = producer.open();
    for (const { hash, timestampMs, value } of records) {
      const sink = request.series(topic, hash);
      const bytes = Buffer.from(value);
      sink.begin(timestampMs).copy(bytes, 0, bytes.length);
      sink.end();
    }
    const unknown = new Set(request.unknownTopics);
    if (unknown.size === 0) return request.commit();
    request.rollback();
    await producer.learn(unknown);
  }
  return assert.fail(`the partitions of ${topic} are known, and yet they are not`);
}
