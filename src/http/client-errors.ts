/** Answers to what never became a request: broken HTTP, headers too large, a request that came too slowly. */

import type { Socket } from 'node:net';
import type { Connections } from '../connection/connections.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { NOTHING } from '../lib/contents.ts';
import { retryAfter, writtenHeaders } from './answers.ts';

interface ClientError extends Error {
  readonly code?: string;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  headers_too_large: 'the request headers are over 16 KiB',
  request_timeout: 'the request did not arrive within http.headers_timeout or http.request_timeout',
};

/**
 * Writes the answer by hand, since there is no request to reply to, and ends the connection. A slow request
 * gets 503: at 408, Node's own choice, Prometheus drops the batch instead of sending it again.
 */
export function answerClientError(error: ClientError, socket: Socket, connections: Connections): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ErrorCode = CODES[error.code ?? ''] ?? 'http_invalid';
  const connection = connections.of(socket);
  const isBodyMissing = (connection?.inFlight ?? 0) > 0;
  if (code !== 'request_timeout') connections.ends(socket, 'protocol_error');
  else connections.ends(socket, isBodyMissing ? 'request_timeout' : 'headers_timeout');
  // A spare connection that was never used: it asked for nothing, so it gets no answer.
  if (socket.bytesRead === 0) {
    socket.destroy();
    return;
  }
  const { status, retryable } = ERRORS[code];
  const told = isBodyMissing && connection?.isTold ? writtenHeaders(NOTHING) : {};
  const body = `${MESSAGES[code] ?? 'the request is not well-formed HTTP'}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(told).map(([name, count]) => `${name}: ${count}`),
    ...(retryable ? [`Retry-After: ${retryAfter()}`] : []),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};
