/** Makes the topic of the fleet when it is missing: one partition, little kept, and nothing in it that is large or packed. */

import type { Logger } from '../lib/logger.ts';
import { createClient } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import { nameOf, TOPIC_AUTHORIZATION_FAILED } from './protocol-errors.ts';
import { topicRefusal } from './refusals.ts';
import { reasonOf } from './topics.ts';

const TIMEOUT_MS = 5000;
/** After a try that failed. */
const AGAIN_MS = 30_000;

const SETTINGS = {
  'cleanup.policy': 'compact,delete',
  'retention.ms': String(60 * 60 * 1000),
  // Only closed segments are cleaned up.
  'segment.ms': String(10 * 60 * 1000),
  // Readers take no compressed batches, so the broker undoes what a foreign writer, or its own default, would do.
  'compression.type': 'uncompressed',
  'max.message.bytes': String(16 * 1024),
  // Of the broker, so that a replica whose clock is wrong is heard and hears.
  'message.timestamp.type': 'LogAppendTime',
} as const;

/** What a cluster answers that does not let clients choose settings. */
const REFUSED_SETTINGS = ['INVALID_CONFIG', 'POLICY_VIOLATION'];

export interface FleetTopicCreationParts {
  readonly options: ClientOptions;
  readonly topic: string;
  readonly creates: boolean;
  readonly logger: Logger;
  /** As access control lists name this client. */
  readonly user: () => string;
}

export class FleetTopicCreation {
  readonly #parts: FleetTopicCreationParts;
  #problem = '';
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(parts: FleetTopicCreationParts) {
    this.#parts = parts;
  }

  /** Resolves once the topic is there, whoever made it; rejects with why it cannot be made. */
  async create(): Promise<void> {
    const { creates, topic } = this.#parts;
    if (!creates) throw new Error(`topic ${topic} does not exist: no replica of this Kafka has spoken in it`);
    if (performance.now() < this.#notBeforeMs) throw new Error(this.#problem);
    try {
      await this.#createNow();
    } catch (error) {
      this.#notBeforeMs = performance.now() + AGAIN_MS;
      this.#problem = this.#sentence(error);
      throw new Error(this.#problem, { cause: error });
    }
  }

  async #createNow(): Promise<void> {
    const { options, logger } = this.#parts;
    const admin = createClient({ ...options, produceTimeoutMs: TIMEOUT_MS }, logger).admin();
    const make = (settings: Readonly<Record<string, string>>): Promise<boolean> =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [
          {
            topic: this.#parts.topic,
            numPartitions: 1,
            replicationFactor: -1,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          },
        ],
      });
    try {
      await admin.connect();
      await make(SETTINGS).catch((error) => {
        if (!REFUSED_SETTINGS.includes(typeOf(error))) throw error;
        return make({});
      });
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  #sentence(error: unknown): string {
    const { topic, user } = this.#parts;
    const denied = nameOf(TOPIC_AUTHORIZATION_FAILED);
    if (typeOf(error) === denied)
      return `topic ${topic} does not exist: ${topicRefusal(['Create'], { user: user(), topic, error: denied })}`;
    return (
      `topic ${topic} does not exist and cannot be created (${reasonOf(error)}); create it with ` +
      `kafka-topics.sh --create --topic ${topic} --partitions 1 --config cleanup.policy=compact,delete`
    );
  }
}

/** The name of the error of Kafka inside what kafkajs rejects with. */
function typeOf(error: unknown): string {
  const { errors, type } = error as { errors?: readonly { type?: string }[]; type?: string };
  return errors?.[0]?.type ?? type ?? '';
}
