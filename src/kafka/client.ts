/** The kafkajs client: brokers, TLS, SASL, and its log lines sent to ours. */

import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import type { Logger } from '../lib/logger.ts';

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: {
    readonly enabled: boolean;
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
    readonly keyPassword: string;
  };
  readonly sasl: { mechanism: string; username: string; password: string };
  /** The whole wait for an acknowledgement, retries included. */
  readonly produceTimeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 3000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 1000;

/** The client for administration and reading; producing has a transport of its own. */
export function createClient(options: ClientOptions, logger: Logger): Kafka {
  const config: KafkaConfig = {
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, options.produceTimeoutMs),
    requestTimeout: options.produceTimeoutMs,
    retry: {
      initialRetryTime: FIRST_RETRY_MS,
      maxRetryTime: LONGEST_RETRY_MS,
      factor: 0.2,
      retries: retriesWithin(options.produceTimeoutMs),
    },
    ssl: tlsOptions(options.tls) ?? false,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => forwardLog(entry, logger),
  };
  const sasl = saslOptions(options.sasl);
  if (sasl) config.sasl = sasl;
  return new Kafka(config);
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

export function tlsOptions(tls: ClientOptions['tls']): ConnectionOptions | undefined {
  if (!tls.enabled) return undefined;
  const read = (file: string): string | undefined => (file === '' ? undefined : readFileSync(file, 'utf8'));
  const passphrase = tls.keyPassword === '' ? undefined : tls.keyPassword;
  return { ca: read(tls.caFile), cert: read(tls.certFile), key: read(tls.keyFile), passphrase };
}

export function saslOptions(sasl: ClientOptions['sasl']): SASLOptions | undefined {
  const { mechanism, username, password } = sasl;
  if (mechanism === 'plain' || mechanism === 'scram-sha-256' || mechanism === 'scram-sha-512') {
    return { mechanism, username, password } as SASLOptions;
  }
  return undefined;
}

/** What kafkajs reports it also retries or rejects with, so its own lines are for debugging. */
export function forwardLog(entry: { namespace: string; log: object }, logger: Logger): void {
  const { message, timestamp: _, logger: __, ...fields } = entry.log as Record<string, unknown>;
  logger.debug({ part: 'kafkajs', namespace: entry.namespace, ...fields }, String(message));
}
