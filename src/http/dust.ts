/** Bodies in chunks of next to nothing, each of which costs as much as some hundred bytes. */

import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';
import { PENALTY_MS } from '../lib/penalty.ts';
import { describeSize } from '../lib/units.ts';
import type { ParsedSocket, Parser } from './parsed-socket.ts';

/** Nobody honest sends this many, each so small on the average. A body of two thousand bytes may come byte by byte. */
const FREE_CHUNKS = 2000;
const LEAST_CHUNK_BYTES = 16;
/** Bodies that turned out to be nothing but dust: not a byte more of them is read. */
const known = new WeakSet<IncomingMessage>();

/** What has come of a body so far. */
export interface Arrived {
  readonly chunks: number;
  readonly bytes: number;
}

/** Whether the body, which is not read any more then, comes in chunks of next to nothing. */
export function isDust(request: IncomingMessage, { chunks, bytes }: Arrived): boolean {
  if (chunks <= FREE_CHUNKS || bytes >= chunks * LEAST_CHUNK_BYTES) return false;
  if (request.headers['content-length'] !== undefined) return false;
  known.add(request);
  stopReading(request.socket);
  return true;
}

export function isKnownDust(request: IncomingMessage): boolean {
  return known.has(request);
}

export function dustError({ chunks, bytes }: Arrived): AdapterError {
  return new AdapterError(
    'http_invalid',
    `the body comes in chunks of less than ${LEAST_CHUNK_BYTES} bytes on the average (${chunks} chunks so far, ${describeSize(bytes)})`,
  );
}

/** Whoever sends such has to wait before it may do so again. Resolves to false: its connection cannot be used again. */
export async function paidForDust(): Promise<false> {
  await pause(PENALTY_MS);
  return false;
}

/** For good: a request alone that is paused is read on until 64 KiB of dust lie there. */
function stopReading(socket: ParsedSocket): void {
  socket.pause();
  socket.on('resume', () => socket.pause());
  const { parser } = socket;
  if (parser) deafen(parser, socket);
}

/**
 * Node has read up to 64 KiB already, ten thousand chunks, and calls back for each: 20 ms. Where nobody is to be called
 * it skips them. The parser goes on to other connections, so it gets its function back. Where Node has no such function
 * any more, the rest of what was read is called back for as without this.
 */
function deafen(parser: Parser, socket: ParsedSocket): void {
  const event = Object.keys(parser).find((key) => nameOf(parser[key]) === 'parserOnBody');
  if (event === undefined) return;
  const onBody = parser[event];
  parser[event] = undefined;
  socket.once('close', () => {
    parser[event] = onBody;
  });
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'function' ? value.name : undefined;
}
