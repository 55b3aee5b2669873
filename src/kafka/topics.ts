/** The topics written to and their partitions, kept in step with what the brokers say. */

import { AdapterError } from '../errors.ts';
import type { Logger } from '../lib/logger.ts';
import { Seldom } from '../lib/seldom.ts';
import { createClient } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import type { Metadata, TopicInfo } from './metadata.ts';
import { Partition, type PartitionLimits } from './partition.ts';
import {
  nameOf,
  TOPIC_AUTHORIZATION_FAILED,
  UNKNOWN_TOPIC_OR_PARTITION,
  verdictOf,
} from './protocol-errors.ts';
import type { RecordBatch } from './record-batch.ts';
import { topicRefusal } from './refusals.ts';
import { TopicUse } from './topic-use.ts';

/** How a missing topic is made. */
export interface TopicCreation {
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface TopicsParts {
  readonly options: ClientOptions & { readonly creation: TopicCreation | undefined };
  readonly metadata: Metadata;
  readonly logger: Logger;
  readonly limits: PartitionLimits;
  /** As access control lists name this client. */
  readonly user: () => string;
  /** Answers the requests of a batch whose partition is gone. */
  readonly giveUp: (batch: RecordBatch, error: AdapterError) => void;
  /** In milliseconds that only grow. */
  readonly now: () => number;
}

/** How long a request waits for a topic that the brokers may be about to create. */
const MISSING_TOPIC_WAIT_MS = 2000;
/** How soon brokers that have told of a topic are asked for it again. */
const ASK_AGAIN_MS = 100;
/** Of `kafka.topic_partitions` and `kafka.topic_replication_factor`. */
const LEFT_TO_BROKERS = -1;
const CREATE_AGAIN_MS = 5000;

/** Why a topic has no partitions. */
interface Problem {
  /** An error code of Kafka. */
  readonly code: number;
  /** When it was told last. */
  readonly toldMs: number;
}

export class Topics {
  readonly #parts: TopicsParts;
  readonly #known = new Map<string, Partition[]>();
  readonly #problems = new Map<string, Problem>();
  readonly #creating = new Map<string, Promise<void>>();
  /** The time before which a creation that failed is not tried again. */
  readonly #restsUntilMs = new Map<string, number>();
  readonly #warnings = new Seldom();
  readonly #use: TopicUse;

  constructor(parts: TopicsParts) {
    this.#parts = parts;
    this.#use = new TopicUse(parts.now);
  }

  /** Has the brokers asked for the topic from now on, as long as it is in use. */
  add(topic: string): void {
    this.#use.note(topic);
    this.#parts.metadata.addTopic(topic);
  }

  /** The partitions of `topic`, by index; undefined while they are not known. */
  partitionsOf(topic: string): readonly Partition[] | undefined {
    return this.#known.get(topic);
  }

  *partitions(): Generator<Partition> {
    for (const partitions of this.#known.values()) yield* partitions;
  }

  /** Takes over leaders and the number of partitions. */
  update(topics: readonly TopicInfo[]): void {
    for (const { topic, errorCode, partitions } of topics) {
      if (errorCode !== 0 || partitions.length === 0) {
        this.#note(topic, errorCode);
        if (errorCode === UNKNOWN_TOPIC_OR_PARTITION) this.#create(topic);
        continue;
      }
      this.#problems.delete(topic);
      const known = this.#known.get(topic) ?? [];
      this.#known.set(topic, known);
      this.#cut(known, partitions.at(-1)!.index + 1);
      for (const { index, leader } of partitions) {
        known[index] ??= new Partition(topic, index, this.#parts.limits);
        known[index].leader = leader;
      }
    }
    for (const topic of this.#use.release((name) => this.#known.get(name) ?? [])) this.#forget(topic);
  }

  #forget(topic: string): void {
    this.#parts.metadata.dropTopic(topic);
    for (const partition of this.#known.get(topic) ?? []) partition.leave();
    this.#known.delete(topic);
    this.#problems.delete(topic);
    this.#restsUntilMs.delete(topic);
  }

  /** Kafka takes no partitions away: with fewer of them than before, the topic was deleted and made anew. */
  #cut(known: Partition[], count: number): void {
    const before = known.length;
    for (const partition of known.splice(count)) {
      const { topic, index } = partition;
      if (index === count)
        this.#parts.logger.warn(
          { topic, partitions: count, before },
          'the topic has fewer partitions than before',
        );
      const problem = `topic ${topic} was made anew with ${count} partitions, and partition ${index} is gone`;
      for (const batch of partition.leave())
        this.#parts.giveUp(batch, new AdapterError('kafka_unavailable', problem));
    }
  }

  #note(topic: string, errorCode: number): void {
    const isNews = this.#problems.get(topic)?.code !== errorCode;
    this.#problems.set(topic, { code: errorCode, toldMs: this.#parts.now() });
    const problem = this.refusalOf(topic);
    if (isNews && problem !== '') this.#parts.logger.error({ topic, problem }, 'Kafka refuses the topic');
  }

  /** Why nothing can be written to the topic until a hand is lent; '' when nothing of this kind is known. */
  refusalOf(topic: string): string {
    const code = this.#problems.get(topic)?.code;
    if (code === undefined || verdictOf(code) !== 'refused' || this.#known.has(topic)) return '';
    const error = nameOf(code);
    if (code !== TOPIC_AUTHORIZATION_FAILED) return `Kafka refuses topic ${topic}: ${error}`;
    // A broker that creates topics by itself says the same when it must not.
    return topicRefusal(['Write', 'Describe', 'Create'], { user: this.#parts.user(), topic, error });
  }

  #create(topic: string): void {
    const { creation } = this.#parts.options;
    const isResting = this.#parts.now() < (this.#restsUntilMs.get(topic) ?? 0);
    if (!creation || this.#creating.has(topic) || isResting) return;
    const made = this.#createNow(topic, creation).finally(() => {
      this.#creating.delete(topic);
      this.#parts.metadata.refreshSoon();
    });
    this.#creating.set(topic, made);
  }

  async #createNow(topic: string, creation: TopicCreation): Promise<void> {
    const { options, logger } = this.#parts;
    const admin = createClient(options, logger).admin();
    try {
      await admin.connect();
      const { partitions: numPartitions, replicationFactor } = creation;
      const isMade = await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor }] });
      // Another replica was faster, and its partitions need not be those of the options here.
      if (!isMade) return;
      // What is left to the brokers is no number that anybody could make sense of.
      const chosen = Object.entries(creation).filter(([, number]) => number !== LEFT_TO_BROKERS);
      logger.info({ topic, ...Object.fromEntries(chosen) }, 'topic created');
    } catch (error) {
      this.#restsUntilMs.set(topic, this.#parts.now() + CREATE_AGAIN_MS);
      logger.warn({ topic, problem: reasonOf(error) }, 'cannot create the topic');
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  /**
   * Resolves when the partitions of all `topics` are known. Rejects with AdapterError `topic_missing`,
   * `kafka_refused` or `kafka_unavailable`.
   */
  async learn(topics: ReadonlySet<string>): Promise<void> {
    const { metadata, options } = this.#parts;
    const startedMs = this.#parts.now();
    for (;;) {
      for (const topic of topics) {
        this.add(topic);
        this.#throwIfJustRefused(topic);
      }
      await metadata.refresh();
      const unknown = [...topics].find((topic) => !this.#known.has(topic));
      if (unknown === undefined) return;
      const code = this.#problems.get(unknown)?.code;
      const isComing = code === undefined || this.#creating.has(unknown);
      const limitMs = isComing ? options.produceTimeoutMs : MISSING_TOPIC_WAIT_MS;
      const isFinal = code !== undefined && verdictOf(code) === 'refused';
      if (isFinal || this.#parts.now() - startedMs > Math.min(limitMs, options.produceTimeoutMs)) {
        throw this.#unknown(unknown, code);
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  /** Senders repeat what is refused: not each of their requests is to become one to the brokers. */
  #throwIfJustRefused(topic: string): void {
    const problem = this.#problems.get(topic);
    if (!problem || this.#known.has(topic) || verdictOf(problem.code) !== 'refused') return;
    if (this.#parts.now() - problem.toldMs < ASK_AGAIN_MS) throw this.#unknown(topic, problem.code);
  }

  #unknown(topic: string, code: number | undefined): AdapterError {
    const { metadata, options, logger } = this.#parts;
    if (code === undefined) {
      const brokers = options.brokers.join(',');
      return new AdapterError(
        'kafka_unavailable',
        `Kafka at ${brokers} does not answer: ${metadata.lastProblem}`,
      );
    }
    if (code === UNKNOWN_TOPIC_OR_PARTITION) {
      if (this.#warnings.isDue(topic, this.#parts.now()))
        logger.warn({ topic }, 'the topic does not exist: what is written to it is answered 503');
      return new AdapterError(
        'topic_missing',
        options.creation
          ? `topic ${topic} does not exist and kafka.create_topics could not create it, see the log`
          : `topic ${topic} does not exist, create it or set kafka.create_topics`,
      );
    }
    return new AdapterError(
      'kafka_refused',
      this.refusalOf(topic) || `Kafka refuses topic ${topic}: ${nameOf(code)}`,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#creating.values());
  }
}

/** kafkajs keeps what the brokers say inside of its error. */
export function reasonOf(error: unknown): string {
  const { errors = [] } = error as { errors?: readonly unknown[] };
  return [error, ...errors].map(String).join(': ');
}
