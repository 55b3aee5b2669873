/** Delivery to Kafka: batches that grow while others are under way, and one promise a request. */

import type { Delivery, RecordHeaders, RequestRecords } from '../contracts.ts';
import { AdapterError } from '../errors.ts';
import type { Logger } from '../lib/logger.ts';
import { formatDuration } from '../lib/units.ts';
import type { Instruments } from '../metrics.ts';
import { Appender } from './appender.ts';
import { BatchPool } from './batch-pool.ts';
import type { ClientOptions } from './client-options.ts';
import { Epochs } from './epochs.ts';
import { Metadata, type TopicInfo } from './metadata.ts';
import { Outcomes } from './outcomes.ts';
import { ProducerIdentity } from './producer-identity.ts';
import type { RecordBatch } from './record-batch.ts';
import { producerIdRefusal } from './refusals.ts';
import { Sending } from './sending.ts';
import { type TopicCreation, Topics } from './topics.ts';
import { type BrokerLink, Transport } from './transport.ts';

const SHORTEST_ATTEMPT_MS = 500;
/** How often deadlines are looked at, and what rested is tried again. */
const TICK_MS = 50;
/** How often a topic that is refused at the start is asked for again. */
const ASK_AGAIN_MS = 2000;

export interface ProducerOptions extends ClientOptions {
  /** Looked for at the start; undefined when topics depend on labels and are found as they come. */
  readonly topic: string | undefined;
  readonly compression: string;
  readonly maxBatchBytes: number;
  /** 0 = no bound. */
  readonly maxBatchRecords: number;
  readonly maxQueueBytes: number;
  readonly lingerMs: number;
  readonly creation: TopicCreation | undefined;
}

export interface ProducerParts {
  readonly options: ProducerOptions;
  readonly instruments: Instruments;
  readonly logger: Logger;
  /** The time a record carries, from its sample's and the present. */
  readonly recordTime: (sampleMs: number, nowMs: number) => number;
}

export class KafkaProducer implements Delivery {
  readonly #parts: ProducerParts;
  readonly #pool = new BatchPool();
  readonly #metadata: Metadata;
  readonly #identity: ProducerIdentity;
  readonly #topics: Topics;
  readonly #outcomes: Outcomes;
  readonly #sending: Sending;
  readonly #appender: Appender;
  #pump: NodeJS.Immediate | NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;
  #wasReady = false;
  #askedMs = 0;

  constructor(parts: ProducerParts) {
    this.#parts = parts;
    const { options, instruments, logger } = parts;
    const attemptTimeoutMs = Math.max(SHORTEST_ATTEMPT_MS, Math.floor(options.produceTimeoutMs / 3));
    const newBatch = (): RecordBatch => this.#pool.take();
    const recycle = (batch: RecordBatch): void => this.#pool.give(batch);
    const transport = new Transport(options, attemptTimeoutMs, logger);
    const user = (): string => transport.user;
    this.#metadata = new Metadata({
      transport,
      // Else a topic would have the partitions that the broker gives it, and not those of the options.
      brokersMayCreate: options.creation === undefined,
      logger,
      onChange: (topics) => this.#onTopics(topics),
    });
    this.#identity = new ProducerIdentity({
      metadata: this.#metadata,
      logger,
      onChange: () => this.#pumpSoon(),
      whoMayNot: (error) => producerIdRefusal({ user: user(), topic: options.topic, error }),
    });
    this.#topics = new Topics({
      user,
      options,
      metadata: this.#metadata,
      logger,
      limits: {
        maxBatchBytes: options.maxBatchBytes,
        maxBatchRecords: options.maxBatchRecords || Number.POSITIVE_INFINITY,
        newBatch,
        recycle,
        epochs: new Epochs(() => this.#identity.renew()),
      },
      giveUp: (batch, error) => this.#outcomes.giveUp(batch, error, 'unavailable'),
      now: () => performance.now(),
    });
    this.#outcomes = new Outcomes({
      user,
      instruments,
      logger,
      newBatch,
      recycle,
      onGone: (bytes) => {
        this.#appender.queuedBytes -= bytes;
      },
      refreshMetadata: () => this.#metadata.refreshSoon(),
      renewProducerId: () => this.#identity.renew(),
    });
    this.#sending = new Sending({
      metadata: this.#metadata,
      outcomes: this.#outcomes,
      instruments,
      logger,
      compression: options.compression,
      attemptTimeoutMs,
      onIdle: () => this.#pumpSoon(),
    });
    this.#appender = new Appender({
      partitionsOf: (topic) => this.#topics.partitionsOf(topic),
      recordTime: parts.recordTime,
      newBatch,
      maxQueueBytes: options.maxQueueBytes,
      timeoutMs: options.produceTimeoutMs,
      onCommit: () => this.#pumpSoon(options.lingerMs),
    });
    instruments.kafkaQueueLimitBytes.set(options.maxQueueBytes);
  }

  #onTopics(topics: readonly TopicInfo[]): void {
    this.#topics.update(topics);
    this.#pumpSoon();
  }

  /** From the first moment on in which records can be written; later trouble is answered request by request. */
  get ready(): boolean {
    this.#wasReady ||= this.#problem === '';
    return this.#wasReady;
  }

  get state(): string {
    if (this.ready) return 'ready';
    return `waiting for Kafka at ${this.#parts.options.brokers.join(',')}: ${this.#problem}`;
  }

  /** What is in the way of a first record; '' when nothing is. */
  get #problem(): string {
    if (!this.#metadata.isReached) return this.#metadata.lastProblem;
    const { topic } = this.#parts.options;
    const refusal = (topic && this.#topics.refusalOf(topic)) || this.#identity.refusal;
    if (refusal !== '') return refusal;
    return this.#identity.producerId === undefined ? 'no producer id yet' : '';
  }

  start(): void {
    const { topic } = this.#parts.options;
    if (topic !== undefined) this.#topics.add(topic);
    void this.#metadata.refresh();
    this.#identity.renew();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
  }

  open(headers?: RecordHeaders): RequestRecords {
    return this.#appender.open(headers);
  }

  learn(topics: ReadonlySet<string>): Promise<void> {
    return this.#topics.learn(topics);
  }

  /** Once for all that is committed in one turn of the event loop, or within the linger time. */
  #pumpSoon(lingerMs = 0): void {
    if (this.#pump) return;
    const pump = (): void => {
      this.#pump = undefined;
      const { producerId } = this.#identity;
      if (producerId !== undefined) this.#sending.send(this.#topics.partitions(), producerId);
    };
    this.#pump = lingerMs > 0 ? setTimeout(pump, lingerMs) : setImmediate(pump);
  }

  #onTick(): void {
    const { instruments, options } = this.#parts;
    const nowMs = performance.now();
    for (const partition of this.#topics.partitions()) {
      const leader = this.#metadata.linkOf(partition.leader);
      for (const batch of partition.expire(nowMs)) {
        // It was sent before, so it may be there or come to be there: fence it off.
        if (batch.stamp) this.#outcomes.beginEpoch(partition);
        if (batch.count > 0)
          this.#outcomes.giveUp(batch, timedOut(options.produceTimeoutMs, leader), 'timeout');
      }
      const { underWay } = partition;
      if (!underWay || underWay.deadlineMs > nowMs) continue;
      partition.underWay = undefined;
      this.#outcomes.beginEpoch(partition);
      this.#outcomes.giveUp(underWay, timedOut(options.produceTimeoutMs, leader), 'timeout');
      this.#sending.cutOff(underWay, new Error('the broker did not answer in time'));
    }
    if (!this.ready && nowMs > this.#askedMs + ASK_AGAIN_MS) {
      this.#askedMs = nowMs;
      // What is waited for is in use.
      if (options.topic !== undefined) this.#topics.add(options.topic);
      this.#metadata.refreshSoon();
    }
    instruments.kafkaQueueBytes.set(this.#appender.queuedBytes);
    instruments.kafkaReady.set(this.ready ? 1 : 0);
    instruments.kafkaConnectedBrokers.set(this.#metadata.connectedBrokers);
    this.#pumpSoon();
  }

  /** Waits until every record is acknowledged or its time is up, then closes the connections. */
  async stop(): Promise<void> {
    while (this.#appender.queuedBytes > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    clearInterval(this.#tick);
    this.#identity.stop();
    await this.#metadata.stop();
    await this.#topics.stop();
  }
}

function timedOut(timeoutMs: number, leader: BrokerLink | undefined): AdapterError {
  const problem = leader?.problem ? `: ${leader.problem}` : '';
  return new AdapterError(
    'kafka_timeout',
    `Kafka did not acknowledge within kafka.produce_timeout (${formatDuration(timeoutMs)})${problem}`,
  );
}
