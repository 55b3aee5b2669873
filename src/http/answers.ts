/** Errors as HTTP answers: one readable line of text, Retry-After when a repeat may help. */

import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { type AdapterError, asAdapterError } from '../errors.ts';
import type { Contents } from '../lib/contents.ts';
import type { Logger } from '../lib/logger.ts';

/** Prometheus waits at least this long; spread, so that a fleet of senders does not come back at once. */
const RETRY_AFTER_SECONDS = [1, 2, 3];

export function retryAfter(): string {
  return String(RETRY_AFTER_SECONDS[Math.floor(Math.random() * RETRY_AFTER_SECONDS.length)]);
}

/**
 * Remote-Write 2.0, "Required Written Response Headers": on every answer once the message is known to be 2.0, errors
 * included, and never to a sender of 1.0, which would believe them.
 */
export function writtenHeaders({ float, histogram, exemplar }: Contents): Readonly<Record<string, number>> {
  return {
    'x-prometheus-remote-write-samples-written': float,
    'x-prometheus-remote-write-histograms-written': histogram,
    'x-prometheus-remote-write-exemplars-written': exemplar,
  };
}

/**
 * Sends `error` as the answer, once its penalty is over. Faults of our own are logged; the sender's are not, they are
 * counted.
 */
export async function answerError(
  reply: FastifyReply,
  thrown: unknown,
  logger: Logger,
): Promise<FastifyReply> {
  const error: AdapterError = asAdapterError(thrown);
  if (error.penaltyMs > 0) await pause(error.penaltyMs);
  if (error.code === 'internal')
    logger.error({ err: error.cause ?? error }, 'request failed by a fault of the adapter');
  reply.code(error.status).type('text/plain; charset=utf-8');
  if (error.code === 'unauthorized') reply.header('www-authenticate', 'Basic realm="kafka-adapter"');
  if (error.retryable) reply.header('retry-after', retryAfter());
  return reply.send(`${error.message}\n`);
}
