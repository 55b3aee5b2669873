/** Answers to what never became a request: broken HTTP, headers too large, a request that came too slowly. */

import type { Socket } from 'node:net';
import type { Connections } from '../connection/connections.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { NOTHING } from '../lib/contents.ts';
import type { Turns } from '../lib/turns.ts';
import { formatSize } from '../lib/units.ts';
import type { Instruments } from '../metrics.ts';
import { retryAfter, writtenHeaders } from './answers.ts';

interface ClientError extends Error {
  readonly code?: string;
}

export interface ClientErrorParts {
  readonly connections: Connections;
  readonly instruments: Instruments;
  /** The option `http.max_header_size`. */
  readonly maxHeaderBytes: number;
  /** The option `http.max_headers`. */
  readonly maxHeaders: number;
  /** Node finds all connections whose time is over at once: with thousands of them, ending them is a long step. */
  readonly turns: Turns;
}

/** How long the last answer of a connection may take to leave. */
const LINGER_MS = 2000;

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * Writes the answer by hand, since there is no request to reply to, and ends the connection. A slow request
 * gets 503: at 408, Node's own choice, Prometheus drops the batch instead of sending it again.
 */
export function answerClientError(error: ClientError, socket: Socket, parts: ClientErrorParts): void {
  const connection = parts.connections.of(socket);
  if (error.code === 'ECONNRESET' || !socket.writable || !connection) {
    socket.destroy();
    return;
  }
  // Told again of each further piece: what was decided at the first stays.
  if (connection.isBroken) return;
  connection.isBroken = true;
  const code: ErrorCode = CODES[error.code ?? ''] ?? 'http_invalid';
  const isBodyMissing = connection.latest?.complete === false;
  if (code !== 'request_timeout') parts.connections.ends(socket, 'protocol_error');
  else parts.connections.ends(socket, isBodyMissing ? 'request_timeout' : 'headers_timeout');
  // A spare connection that was never used: it asked for nothing, so it gets no answer.
  if (socket.bytesRead === 0) {
    parts.turns.add(() => socket.destroy());
    return;
  }
  // Requests before this one are under way: ahead of their answers this one would be taken for one of them.
  const told = isBodyMissing && connection.isTold ? writtenHeaders(NOTHING) : {};
  const status = String(ERRORS[code].status);
  if (isBodyMissing) connection.statusByHand = status;
  else parts.instruments.httpRequests.inc({ handler: 'other', code: status });
  const message = messageOf(code, socket, parts);
  connection.onceSettled(() => endWith(socket, answerText(code, message, told)));
}

/** Below TLS the other side may be gone without a word, and what is written then is neither taken nor refused. */
function endWith(socket: Socket, text: string): void {
  if (!socket.writable) return;
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

function answerText(code: ErrorCode, message: string, told: Readonly<Record<string, number>>): string {
  const { status, retryable } = ERRORS[code];
  const body = `${message}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(told).map(([name, count]) => `${name}: ${count}`),
    ...(retryable ? [`Retry-After: ${retryAfter()}`] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function messageOf(code: ErrorCode, { bytesRead }: Socket, parts: ClientErrorParts): string {
  if (code === 'headers_too_large') {
    const tooMany = `more than http.max_headers (${parts.maxHeaders})`;
    // Node says the same of both. What has come in all cannot be too large when it is less than the limit.
    if (bytesRead < parts.maxHeaderBytes) return `the request headers are ${tooMany}`;
    return `the request headers are over http.max_header_size (${formatSize(parts.maxHeaderBytes)}), or ${tooMany}`;
  }
  if (code === 'request_timeout')
    return 'the request did not arrive within http.headers_timeout or http.request_timeout';
  return 'the request is not well-formed HTTP';
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};
