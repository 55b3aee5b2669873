/** The header of a request, version 1. */

import { Buffer } from 'node:buffer';
import { bytesOf } from '../lib/pieces.ts';

/** A kind of request, and the newest version that is spoken here. */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly newest: number;
}

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string;
  /** The body, for its length. */
  readonly body: readonly Buffer[];
}

/** size INT32, api_key INT16, api_version INT16, correlation_id INT32, client_id NULLABLE_STRING. */
export function requestHeader(header: RequestHeader): Buffer {
  const name = Buffer.from(header.clientId);
  const bytes = Buffer.alloc(14 + name.length);
  const bodyBytes = bytesOf(header.body);
  bytes.writeInt32BE(10 + name.length + bodyBytes, 0);
  bytes.writeInt16BE(header.apiKey, 4);
  bytes.writeInt16BE(header.apiVersion, 6);
  bytes.writeInt32BE(header.correlationId, 8);
  bytes.writeInt16BE(name.length, 12);
  name.copy(bytes, 14);
  return bytes;
}
