/** The kafkajs client for administration and reading, and its log lines sent to ours. */

import { Kafka, logLevel } from 'kafkajs';
import type { Logger } from '../lib/logger.ts';
import { Access } from './access.ts';
import type { ClientOptions } from './client-options.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 1000;

/** The client for administration and reading; producing has a transport of its own. */
export function createClient(options: ClientOptions, logger: Logger): Kafka {
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    ...new Access(options, options.produceTimeoutMs, logger).settings(),
    requestTimeout: options.produceTimeoutMs,
    retry: {
      initialRetryTime: FIRST_RETRY_MS,
      maxRetryTime: LONGEST_RETRY_MS,
      factor: 0.2,
      retries: retriesWithin(options.produceTimeoutMs),
    },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => forwardLog(entry, logger),
  });
}

/** How many doubling waits fit into the timeout, so that kafkajs gives up when we do. */
function retriesWithin(timeoutMs: number): number {
  let retries = 0;
  for (let waited = 0, next = FIRST_RETRY_MS; waited + next < timeoutMs; retries++) {
    waited += next;
    next = Math.min(next * 2, LONGEST_RETRY_MS);
  }
  return retries;
}

/** What kafkajs reports it also retries or rejects with, so its own lines are for debugging. */
export function forwardLog(entry: { namespace: string; log: object }, logger: Logger): void {
  const { message, timestamp: _, logger: __, ...fields } = entry.log as Record<string, unknown>;
  logger.debug({ part: 'kafkajs', namespace: entry.namespace, ...fields }, String(message));
}
