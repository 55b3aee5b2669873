/** Prints the records that arrive in a topic, one a line, until told to stop. */

import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { Admin } from 'kafkajs';
import type { Logger } from '../lib/logger.ts';
import { type ClientOptions, createClient } from './client.ts';

const GROUP_ID_NOT_FOUND = 69;

export interface TailParts {
  readonly options: ClientOptions;
  readonly topic: string;
  readonly output: Writable;
  readonly logger: Logger;
  /** Ends the tail. */
  readonly signal: AbortSignal;
}

/** Reads from the end of the topic on; resolves once the signal has fired and no group is left behind. */
export async function tail(parts: TailParts): Promise<void> {
  const kafka = createClient(parts.options, parts.logger);
  const groupId = `kafka-adapter-tail-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: true });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: parts.topic });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        if (message.value) parts.output.write(`${message.value.toString('utf8')}\n`);
      },
    });
    parts.logger.info({ topic: parts.topic }, 'waiting for records, Ctrl-C ends it');
    await untilAborted(parts.signal);
  } finally {
    await consumer.disconnect();
    const admin = kafka.admin();
    await admin.connect();
    try {
      await forgetGroup(admin, groupId);
    } finally {
      await admin.disconnect();
    }
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
