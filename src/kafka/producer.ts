/** Delivery to Kafka through kafkajs: all in-sync replicas acknowledge, or the request fails. */

import type { Producer, TopicMessages } from 'kafkajs';
import type { Delivery, RequestRecords } from '../contracts.ts';
import { AdapterError } from '../errors.ts';
import type { Logger } from '../lib/logger.ts';
import { formatDuration } from '../lib/units.ts';
import type { Instruments } from '../metrics.ts';
import { type ClientOptions, createClient } from './client.ts';
import { failureReason, fromKafkajs } from './failures.ts';
import { CollectedRecords, type SeriesMessage } from './request-records.ts';

const ALL_IN_SYNC_REPLICAS = -1;
const CONNECT_RETRY_MS = 1000;

export interface ProducerParts {
  readonly options: ClientOptions;
  readonly instruments: Instruments;
  readonly logger: Logger;
  /** The time a record carries, from its sample's. */
  readonly recordTime: (sampleMs: number) => number;
}

export class KafkaProducer implements Delivery {
  readonly #parts: ProducerParts;
  readonly #producer: Producer;
  #ready = false;
  #lastProblem = 'not tried yet';
  #stopping = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #connecting: Promise<void> = Promise.resolve();

  constructor(parts: ProducerParts) {
    this.#parts = parts;
    this.#producer = createClient(parts.options, parts.logger).producer({
      allowAutoTopicCreation: true,
      createPartitioner:
        () =>
        ({ message, partitionMetadata }) =>
          (message as SeriesMessage).seriesHash % partitionMetadata.length,
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  get state(): string {
    return this.#ready
      ? 'ready'
      : `waiting for Kafka at ${this.#parts.options.brokers.join(',')}: ${this.#lastProblem}`;
  }

  start(): void {
    this.#connecting = this.#connect();
  }

  /** Tries until it works; the adapter serves meanwhile, with 503 on writes. */
  async #connect(): Promise<void> {
    try {
      await this.#producer.connect();
      this.#ready = true;
      this.#parts.instruments.kafkaReady.set(1);
      this.#parts.logger.info({ brokers: this.#parts.options.brokers }, 'Kafka reached');
    } catch (error) {
      if (this.#stopping) return;
      this.#lastProblem = fromKafkajs(error).message;
      this.#parts.logger.warn({ problem: this.#lastProblem }, 'Kafka not reached, trying again');
      this.#retryTimer = setTimeout(() => this.start(), CONNECT_RETRY_MS);
    }
  }

  open(): RequestRecords {
    return new CollectedRecords((byTopic) => this.#send(byTopic), this.#parts.recordTime);
  }

  async #send(byTopic: ReadonlyMap<string, SeriesMessage[]>): Promise<void> {
    const { instruments } = this.#parts;
    const started = performance.now();
    try {
      if (!this.#ready) throw new AdapterError('kafka_unavailable', this.state);
      await this.#withinTimeout(this.#sendBatch(byTopic));
    } catch (error) {
      const failure = fromKafkajs(error);
      instruments.kafkaProduceFailures.inc({ reason: failureReason(failure) });
      throw failure;
    }
    instruments.kafkaProduceDuration.observe((performance.now() - started) / 1000);
    instruments.kafkaLastAck.set(Date.now() / 1000);
    for (const [topic, messages] of byTopic) {
      const valueBytes = messages.reduce((sum, message) => sum + (message.value as Buffer).length, 0);
      instruments.kafkaRecordsProduced.inc({ topic }, messages.length);
      instruments.kafkaProducedBytes.inc({ topic }, valueBytes);
    }
  }

  async #sendBatch(byTopic: ReadonlyMap<string, SeriesMessage[]>): Promise<void> {
    const topicMessages: TopicMessages[] = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
    const { produceTimeoutMs } = this.#parts.options;
    await this.#producer.sendBatch({ topicMessages, acks: ALL_IN_SYNC_REPLICAS, timeout: produceTimeoutMs });
  }

  async #withinTimeout(sending: Promise<void>): Promise<void> {
    const { produceTimeoutMs } = this.#parts.options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const waited = formatDuration(produceTimeoutMs);
        reject(
          new AdapterError(
            'kafka_timeout',
            `Kafka did not acknowledge within kafka.produce_timeout (${waited})`,
          ),
        );
      }, produceTimeoutMs);
    });
    try {
      await Promise.race([sending, timeout]);
    } finally {
      clearTimeout(timer);
      // What kafkajs still reports after our timeout has been answered already.
      sending.catch((error: unknown) => {
        this.#parts.logger.debug({ problem: String(error) }, 'produce ended after its timeout');
      });
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retryTimer);
    await this.#producer.disconnect();
    await this.#connecting;
  }
}
