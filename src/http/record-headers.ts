/** What the records of a request carry as Kafka headers, by the option `record.headers`. */

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { basicUser } from './auth.ts';

type Value = string | Uint8Array;
type ValueOf = (request: FastifyRequest, body: readonly Buffer[]) => Value;

export type RecordHeadersOf = (request: FastifyRequest, body: readonly Buffer[]) => Record<string, Value>;

/** The values of the option, each with what it gives; nothing in it means that the request has no such thing. */
const HEADERS: Readonly<Record<string, ValueOf>> = {
  tenant: ({ headers }) => asSent(headers['x-scope-orgid']),
  user: ({ headers }) => basicUser(headers.authorization ?? ''),
  // The bytes of a repeated request are the same, so a consumer can tell a repeat by it.
  'content-hash': (_request, body) => {
    const hash = createHash('sha256');
    for (const piece of body) hash.update(piece);
    return hash.digest('hex');
  },
  'retry-attempt': ({ headers }) => asSent(headers['retry-attempt']),
};

/** A header of a request as it was sent: Node makes a character of each byte. */
function asSent(value: string | readonly string[] | undefined): Uint8Array {
  return Buffer.from(String(value ?? ''), 'latin1');
}

/** Undefined when no header is asked for. */
export function recordHeadersBy(names: readonly string[]): RecordHeadersOf | undefined {
  if (names.length === 0) return undefined;
  return (request, body) => {
    const entries = names.map((name) => [name, HEADERS[name]?.(request, body) ?? ''] as const);
    return Object.fromEntries(entries.filter(([, value]) => value.length > 0));
  };
}
