/** Sentences about what Kafka does not let this client do, and about brokers that name an address of no use. */

import { BrokerProblem } from './explain.ts';
import type { BrokerAddress } from './transport.ts';

interface Missing {
  /** As access control lists name it: `User:adapter`. */
  readonly user: string;
  readonly topic: string;
  /** The name of Kafka's error. */
  readonly error: string;
}

/** A topic that must not be described, written to, or made. */
export function topicRefusal(operations: readonly string[], { user, topic, error }: Missing): string {
  const flags = operations.map((operation) => `--operation ${operation}`).join(' ');
  return (
    `${user} has no permission for topic ${topic}: Kafka refuses ${operations.join(' or ')} (${error}); ` +
    `allow it with kafka-acls.sh --add --allow-principal '${user}' ${flags} --topic ${topic}`
  );
}

/** A producer id is given to those who may write to any topic, before Kafka 2.8 to those with IdempotentWrite. */
export function producerIdRefusal({
  user,
  topic = '<topic>',
  error,
}: Omit<Missing, 'topic'> & { readonly topic: string | undefined }): string {
  return (
    `${user} may write to no topic: Kafka refuses a producer id (${error}); ` +
    `allow it with kafka-acls.sh --add --allow-principal '${user}' --operation Write --topic ${topic}, ` +
    'before Kafka 2.8 also with --operation IdempotentWrite --cluster'
  );
}

/** Bootstrap works, and then nothing does: the classic of listeners behind NAT, in containers, in other networks. */
export function advertisedRefusal(asked: BrokerAddress, nodeId: number, error: unknown): string {
  const problem = error instanceof BrokerProblem ? error.what : (error as Error).message;
  return (
    `Kafka at ${asked.host}:${asked.port} answers, but the address by which it names broker ${nodeId} ` +
    `is of no use here: ${problem}; set advertised.listeners of the broker to an address that this machine reaches`
  );
}
