/** The fleet's log: small records in partition 0 of a topic, over connections of its own, without a consumer group. */

import { Buffer } from 'node:buffer';
import type { FleetLog } from '../contracts.ts';
import type { Logger } from '../lib/logger.ts';
import { bytesOf } from '../lib/pieces.ts';
import { readBatches } from './batch-values.ts';
import type { ClientOptions } from './client-options.ts';
import {
  decodeFetch,
  decodeListOffsets,
  encodeFetch,
  encodeListOffsets,
  FETCH,
  type FetchAnswer,
  LATEST,
  LIST_OFFSETS,
} from './fetch-protocol.ts';
import { FleetTopicCreation } from './fleet-topic-creation.ts';
import { Metadata, type TopicInfo } from './metadata.ts';
import { decodeProduce, encodeProduce } from './produce-protocol.ts';
import {
  nameOf,
  OFFSET_OUT_OF_RANGE,
  THROTTLING_QUOTA_EXCEEDED,
  TOPIC_AUTHORIZATION_FAILED,
  UNKNOWN_TOPIC_OR_PARTITION,
  UNSUPPORTED_COMPRESSION_TYPE,
  verdictOf,
} from './protocol-errors.ts';
import { RecordBatch } from './record-batch.ts';
import { topicRefusal } from './refusals.ts';
import { type BrokerLink, Transport } from './transport.ts';

/** How long one request may take before its connection is cut. */
const ATTEMPT_TIMEOUT_MS = 3000;
const PARTITION = 0;
/** The first read begins so far back: whoever speaks every few seconds is heard at once. */
const FIRST_READ_MS = 15_000;
const MAX_FETCH_BYTES = 256 * 1024;
/** In one read, so that it ends. */
const MAX_FETCHES = 16;
/** What lies further back says little of the present: a thousand replicas write that many in half a minute. */
const MAX_BEHIND = 10_000;

export interface FleetTopicParts {
  readonly options: ClientOptions;
  readonly topic: string;
  /** A topic that does not exist is made. */
  readonly creates: boolean;
  readonly logger: Logger;
  /** Told of bytes of batches, framing included, and of batches that cannot be read. */
  readonly onWritten?: (bytes: number) => void;
  readonly onRead?: (bytes: number) => void;
  readonly onUnreadable?: () => void;
}

/** As access control lists name what is done. */
const OPERATIONS = { read: 'Read', write: 'Write' } as const;

type Operation = keyof typeof OPERATIONS;

/** Answers of the leader, by which it may turn out to be none. */
interface Answer {
  readonly errorCode: number;
}

export class FleetTopic implements FleetLog {
  readonly #parts: FleetTopicParts;
  readonly #transport: Transport;
  readonly #metadata: Metadata;
  readonly #creation: FleetTopicCreation;
  #info: TopicInfo | undefined;
  /** Of the record to read next; undefined before the first read. */
  #offset: number | undefined;

  constructor(parts: FleetTopicParts, transport?: Transport) {
    this.#parts = parts;
    const { options, topic } = parts;
    // Whoever runs the fleet tells of what is wrong, and the producer of the same brokers too.
    const logger = quiet(parts.logger);
    this.#transport = transport ?? new Transport(options, ATTEMPT_TIMEOUT_MS, logger);
    this.#creation = new FleetTopicCreation({ ...parts, logger, user: () => this.#transport.user });
    this.#metadata = new Metadata({
      transport: this.#transport,
      logger,
      // It would be made with the settings of any topic.
      brokersMayCreate: false,
      onChange: (topics) => {
        this.#info = topics.find((info) => info.topic === topic);
      },
    });
    this.#metadata.addTopic(topic);
  }

  async publish(key: string, value: string): Promise<void> {
    const { topic, onWritten } = this.#parts;
    const bytes = Buffer.from(value);
    const batch = new RecordBatch(bytes.length);
    batch.begin(Date.now(), undefined, Buffer.from(key)).copy(bytes, 0, bytes.length);
    batch.end();
    const pieces = batch.seal(0);
    const data = [{ topic, partition: PARTITION, batch: pieces }];
    await this.#ask('write', async (link) => {
      const [answer] = decodeProduce(
        await link.produce(encodeProduce(data, ATTEMPT_TIMEOUT_MS)),
        link.produceVersion,
      );
      return answer ?? { errorCode: UNKNOWN_TOPIC_OR_PARTITION };
    });
    onWritten?.(bytesOf(pieces));
  }

  async read(): Promise<readonly Buffer[]> {
    const values: Buffer[] = [];
    this.#offset ??= await this.#firstOffset();
    for (let fetches = 0; fetches < MAX_FETCHES; fetches++) {
      const { errorCode, endOffset, batches } = await this.#fetch(this.#offset);
      // Asked at once on another connection, it would tell; but a quota is there to be kept.
      if (errorCode === THROTTLING_QUOTA_EXCEEDED) throw new Error(this.#refusal('read', errorCode, []));
      if (errorCode === UNSUPPORTED_COMPRESSION_TYPE) this.#parts.onUnreadable?.();
      // Nobody knows what comes next: it is deleted, lies too far back, or cannot be read.
      if (errorCode !== 0 || endOffset - this.#offset > MAX_BEHIND) {
        this.#offset = await this.#offsetAt(LATEST);
        break;
      }
      this.#parts.onRead?.(batches.length);
      const read = readBatches(batches, this.#offset);
      for (let i = 0; i < read.unreadable; i++) this.#parts.onUnreadable?.();
      values.push(...read.values);
      // Without progress there is nothing that could be read; it must not be asked for again and again.
      this.#offset = read.nextOffset > this.#offset ? read.nextOffset : endOffset;
      if (this.#offset >= endOffset) break;
    }
    return values;
  }

  #fetch(offset: number): Promise<FetchAnswer> {
    const { topic } = this.#parts;
    const question = { topic, partition: PARTITION, offset, maxBytes: MAX_FETCH_BYTES };
    return this.#ask('read', async (link) => decodeFetch(await link.request(FETCH, encodeFetch(question))), [
      OFFSET_OUT_OF_RANGE,
      THROTTLING_QUOTA_EXCEEDED,
      UNSUPPORTED_COMPRESSION_TYPE,
    ]);
  }

  async #firstOffset(): Promise<number> {
    const offset = await this.#offsetAt(Date.now() - FIRST_READ_MS);
    return offset >= 0 ? offset : this.#offsetAt(LATEST);
  }

  async #offsetAt(timestampMs: number): Promise<number> {
    const question = { topic: this.#parts.topic, partition: PARTITION, timestampMs };
    const { offset } = await this.#ask('read', async (link) =>
      decodeListOffsets(await link.request(LIST_OFFSETS, encodeListOffsets(question))),
    );
    return offset;
  }

  /** Asks the leader, and once more when it was another; error codes in `expected` are answers. */
  async #ask<Told extends Answer>(
    operation: Operation,
    request: (link: BrokerLink) => Promise<Told>,
    expected: readonly number[] = [],
  ): Promise<Told> {
    for (let attempt = 1; ; attempt++) {
      const link = await this.#leader(operation);
      const answer = await request(link).catch((error: Error) => error);
      if (!(answer instanceof Error)) {
        if (answer.errorCode === 0 || expected.includes(answer.errorCode)) return answer;
        if (attempt > 1 || verdictOf(answer.errorCode) !== 'retry')
          throw new Error(this.#refusal(operation, answer.errorCode, [OPERATIONS[operation]]));
      } else {
        await link.cut(answer);
        if (attempt > 1) throw new Error(this.#cannot(operation, answer.message), { cause: answer });
      }
      this.#info = undefined;
    }
  }

  /** Rejects with what is in the way. */
  async #leader(operation: Operation): Promise<BrokerLink> {
    const known = this.#leaderNow();
    if (known) return known;
    await this.#metadata.refresh();
    if (this.#info?.errorCode === UNKNOWN_TOPIC_OR_PARTITION) {
      await this.#creation.create();
      await this.#metadata.refresh();
    }
    const leader = this.#leaderNow();
    if (leader) return leader;
    if (this.#info === undefined) throw new Error(this.#cannot(operation, this.#metadata.lastProblem));
    const { errorCode } = this.#info;
    throw new Error(
      errorCode === 0
        ? this.#cannot(operation, `partition ${PARTITION} has no leader`)
        : this.#refusal(operation, errorCode, ['Read', 'Write', 'Create']),
    );
  }

  #leaderNow(): BrokerLink | undefined {
    const partition = this.#info?.partitions.find(({ index }) => index === PARTITION);
    return partition && this.#metadata.linkOf(partition.leader);
  }

  /** `needed` are the permissions of which one is missing when that is the trouble. */
  #refusal(operation: Operation, code: number, needed: readonly string[]): string {
    const error = nameOf(code);
    if (code !== TOPIC_AUTHORIZATION_FAILED) return this.#cannot(operation, `Kafka says ${error}`);
    return topicRefusal(needed, { user: this.#transport.user, topic: this.#parts.topic, error });
  }

  #cannot(operation: Operation, problem: string): string {
    return `cannot ${operation} topic ${this.#parts.topic}: ${problem}`;
  }

  async stop(): Promise<void> {
    await this.#metadata.stop();
  }
}

function quiet(logger: Logger): Logger {
  const debug = (fields: object, message: string): void => logger.debug(fields, message);
  return { debug, info: debug, warn: debug, error: debug };
}
