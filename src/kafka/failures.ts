/** What went wrong with Kafka, as our error codes. */

import { AdapterError, type ErrorCode } from '../errors.ts';
import type { PRODUCE_FAILURES } from '../metrics.ts';

/** The classes of kafkajs that mean: no broker to talk to, or none that leads the partition just now. */
const UNAVAILABLE = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSStaleTopicMetadataAssignment',
]);

const REASONS: Partial<Record<ErrorCode, (typeof PRODUCE_FAILURES)[number]>> = {
  kafka_timeout: 'timeout',
  kafka_unavailable: 'unavailable',
};

/** An error of kafkajs as an AdapterError; retries that ended are judged by what ended them. */
export function fromKafkajs(error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  const thrown = error instanceof Error ? error : new Error(String(error));
  const root = thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = codeOf(root.name);
  const advice = code === 'kafka_refused' ? '' : '; the request can be repeated';
  return new AdapterError(code, `Kafka did not acknowledge: ${root.message}${advice}`, { cause: error });
}

function codeOf(name: string): ErrorCode {
  if (UNAVAILABLE.has(name)) return 'kafka_unavailable';
  return name === 'KafkaJSRequestTimeoutError' ? 'kafka_timeout' : 'kafka_refused';
}

/** The `reason` under which a failure is counted. */
export function failureReason(error: AdapterError): (typeof PRODUCE_FAILURES)[number] {
  return REASONS[error.code] ?? 'refused';
}
