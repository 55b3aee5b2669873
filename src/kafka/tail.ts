/** Prints the records that arrive in a topic, until told to stop. */

import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { Logger } from '../lib/logger.ts';
import { createClient } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import { Metadata } from './metadata.ts';
import {
  nameOf,
  TOPIC_AUTHORIZATION_FAILED,
  UNKNOWN_TOPIC_OR_PARTITION,
  verdictOf,
} from './protocol-errors.ts';
import { topicRefusal } from './refusals.ts';
import { Transport } from './transport.ts';

const GROUP_ID_NOT_FOUND = 69;
/** A topic that somebody has just created needs a moment until every broker knows it. */
const MISSING_TOPIC_WAIT_MS = 2000;
const ASK_AGAIN_MS = 100;

export interface TailParts {
  readonly options: ClientOptions;
  readonly topic: string;
  readonly output: Writable;
  /** What is printed of a record, line by line; throws when it is not of the format that is expected. */
  readonly linesOf: (value: Buffer) => readonly string[];
  readonly logger: Logger;
  /** Ends the tail. */
  readonly signal: AbortSignal;
}

/** Reads from the end of the topic on; resolves once the signal has fired and no group is left behind. */
export async function tail(parts: TailParts): Promise<void> {
  await reach(parts);
  const kafka = createClient(parts.options, parts.logger);
  const groupId = `kafka-adapter-tail-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
  const counts: Counts = { records: 0, lines: 0, unreadable: 0 };
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: parts.topic });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        counts.records++;
        for (const line of message.value ? readable(message.value, parts, counts) : []) {
          counts.lines++;
          parts.output.write(`${line}\n`);
        }
      },
    });
    parts.logger.info({ topic: parts.topic }, 'waiting for records, Ctrl-C ends it');
    await untilAborted(parts.signal);
    parts.logger.info(counts, 'records read');
  } finally {
    await consumer.disconnect();
    await cleanUp(kafka.admin(), groupId, parts.logger);
  }
}

/** A group that stays behind does no harm: it has no offsets, so the brokers forget it by themselves after a while. */
async function cleanUp(admin: Admin, groupId: string, logger: Logger): Promise<void> {
  try {
    await admin.connect();
    await forgetGroup(admin, groupId);
  } catch (error) {
    logger.debug({ groupId, problem: (error as Error).message }, 'the consumer group could not be deleted');
  } finally {
    await admin.disconnect();
  }
}

/**
 * Rejects with a sentence on what is wrong, where kafkajs would only have an error code, and late. Who only reads must
 * not create: a mistyped name would be a topic from then on.
 */
async function reach({ options, topic, logger, signal }: TailParts): Promise<void> {
  const transport = new Transport(options, options.produceTimeoutMs, logger);
  const metadata = new Metadata({ transport, brokersMayCreate: false, logger, onChange: () => {} });
  const startedMs = performance.now();
  try {
    const link = await metadata.anyLink();
    while (!signal.aborted) {
      const { topicMetadata } = await link.metadata([topic], false);
      const code = topicMetadata[0]?.topicErrorCode ?? UNKNOWN_TOPIC_OR_PARTITION;
      if (code === 0) return;
      const isLate = performance.now() - startedMs > MISSING_TOPIC_WAIT_MS;
      if (isLate || verdictOf(code) === 'refused') throw new Error(absence(topic, code, transport.user));
      await pause(ASK_AGAIN_MS);
    }
  } finally {
    await metadata.stop();
  }
}

function absence(topic: string, code: number, user: string): string {
  const error = nameOf(code);
  if (code === TOPIC_AUTHORIZATION_FAILED) return topicRefusal(['Read', 'Describe'], { user, topic, error });
  if (code !== UNKNOWN_TOPIC_OR_PARTITION) return `Kafka does not lead to topic ${topic}: ${error}`;
  return `topic ${topic} does not exist: set kafka.topic to the one that the adapter writes to, or create it`;
}

interface Counts {
  records: number;
  lines: number;
  unreadable: number;
}

/** A record of another format is said to be one, and does not end the tail. */
function readable(value: Buffer, { linesOf, logger }: TailParts, counts: Counts): readonly string[] {
  try {
    return linesOf(value);
  } catch (error) {
    counts.unreadable++;
    logger.warn(
      { bytes: value.length, problem: (error as Error).message },
      'not a record of the format of record.format',
    );
    return [];
  }
}

/** Leaves no group behind; the broker may have dropped the empty one by itself already. */
export async function forgetGroup(admin: Admin, groupId: string): Promise<void> {
  try {
    await admin.deleteGroups([groupId]);
  } catch (error) {
    const { groups } = error as { groups?: { errorCode?: number }[] };
    if (groups?.[0]?.errorCode !== GROUP_ID_NOT_FOUND) throw error;
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
