/** The error codes of Kafka that an answer may carry, and what each asks for. */

/**
 * retry: the same batch again, after fresh metadata. duplicate: it is there already. epoch: the producer's place in
 * the partition is lost, begin a new epoch. split: too large as it is. drop: a record in it is refused for good.
 * refused: nothing that a repeat alone cures; a hand is needed.
 */
export type Verdict = 'ok' | 'retry' | 'duplicate' | 'epoch' | 'split' | 'drop' | 'refused';

interface CodeEntry {
  readonly name: string;
  readonly verdict: Verdict;
}

export const OFFSET_OUT_OF_RANGE = 1;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const TOPIC_AUTHORIZATION_FAILED = 29;
export const UNSUPPORTED_COMPRESSION_TYPE = 76;
export const THROTTLING_QUOTA_EXCEEDED = 89;

/**
 * After which the batch may be in Kafka all the same: UNKNOWN_SERVER_ERROR says nothing of it, the others come of followers
 * that have not got it yet.
 */
const MAY_BE_APPENDED: ReadonlySet<number> = new Set([-1, 7, 20]);

/** Source: org.apache.kafka.common.protocol.Errors. What is not listed is `refused`. */
const CODES: Readonly<Record<number, CodeEntry>> = {
  [-1]: { name: 'UNKNOWN_SERVER_ERROR', verdict: 'refused' },
  0: { name: 'NONE', verdict: 'ok' },
  1: { name: 'OFFSET_OUT_OF_RANGE', verdict: 'retry' },
  2: { name: 'CORRUPT_MESSAGE', verdict: 'retry' },
  3: { name: 'UNKNOWN_TOPIC_OR_PARTITION', verdict: 'retry' },
  5: { name: 'LEADER_NOT_AVAILABLE', verdict: 'retry' },
  6: { name: 'NOT_LEADER_OR_FOLLOWER', verdict: 'retry' },
  7: { name: 'REQUEST_TIMED_OUT', verdict: 'retry' },
  8: { name: 'BROKER_NOT_AVAILABLE', verdict: 'retry' },
  10: { name: 'MESSAGE_TOO_LARGE', verdict: 'split' },
  13: { name: 'NETWORK_EXCEPTION', verdict: 'retry' },
  17: { name: 'INVALID_TOPIC_EXCEPTION', verdict: 'refused' },
  18: { name: 'RECORD_LIST_TOO_LARGE', verdict: 'split' },
  19: { name: 'NOT_ENOUGH_REPLICAS', verdict: 'retry' },
  20: { name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', verdict: 'retry' },
  29: { name: 'TOPIC_AUTHORIZATION_FAILED', verdict: 'refused' },
  31: { name: 'CLUSTER_AUTHORIZATION_FAILED', verdict: 'refused' },
  32: { name: 'INVALID_TIMESTAMP', verdict: 'drop' },
  35: { name: 'UNSUPPORTED_VERSION', verdict: 'refused' },
  44: { name: 'POLICY_VIOLATION', verdict: 'refused' },
  45: { name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', verdict: 'epoch' },
  46: { name: 'DUPLICATE_SEQUENCE_NUMBER', verdict: 'duplicate' },
  47: { name: 'INVALID_PRODUCER_EPOCH', verdict: 'epoch' },
  49: { name: 'INVALID_PRODUCER_ID_MAPPING', verdict: 'epoch' },
  56: { name: 'KAFKA_STORAGE_ERROR', verdict: 'retry' },
  59: { name: 'UNKNOWN_PRODUCER_ID', verdict: 'epoch' },
  72: { name: 'LISTENER_NOT_FOUND', verdict: 'retry' },
  74: { name: 'FENCED_LEADER_EPOCH', verdict: 'retry' },
  75: { name: 'UNKNOWN_LEADER_EPOCH', verdict: 'retry' },
  76: { name: 'UNSUPPORTED_COMPRESSION_TYPE', verdict: 'refused' },
  87: { name: 'INVALID_RECORD', verdict: 'drop' },
  89: { name: 'THROTTLING_QUOTA_EXCEEDED', verdict: 'retry' },
};

export function verdictOf(code: number): Verdict {
  return CODES[code]?.verdict ?? 'refused';
}

/** The name by which Kafka's documents call the code. */
export function nameOf(code: number): string {
  return CODES[code]?.name ?? `error code ${code}`;
}

export function mayBeAppended(code: number): boolean {
  return MAY_BE_APPENDED.has(code);
}
