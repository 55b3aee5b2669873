/** One request over TLS, which never rejects: what became of it is what a soak counts. */

import { Buffer } from 'node:buffer';
import type { OutgoingHttpHeaders } from 'node:http';
import { type Agent, request } from 'node:https';

/** How to get in. */
export interface Secure {
  readonly port: number;
  /** Certificates to trust, as PEM. */
  readonly ca: string;
  /** The header Authorization. */
  readonly authorization: string;
}

export interface SecureRequest {
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Makes it a POST. */
  readonly body?: Uint8Array;
  readonly agent?: Agent;
}

export interface SecureAnswer {
  readonly status?: number;
  readonly text: string;
  /** The code of the failed connection. */
  readonly problem?: string;
}

const WITHIN_MS = 30_000;

export function secureCall(to: Secure, what: SecureRequest): Promise<SecureAnswer> {
  const { path, body, agent } = what;
  const headers = { ...what.headers, authorization: to.authorization };
  const length = body ? { 'content-length': body.length } : {};
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      resolve({ text: '', problem: error.code ?? error.message });
    const sent = request({
      host: '127.0.0.1',
      servername: 'localhost',
      port: to.port,
      ca: to.ca,
      path,
      method: body ? 'POST' : 'GET',
      headers: { ...headers, ...length },
      agent: agent ?? false,
    });
    sent.setTimeout(WITHIN_MS, () => sent.destroy(Object.assign(new Error('hung'), { code: 'hung' })));
    sent.on('error', fail);
    sent.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', fail);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }),
      );
    });
    sent.end(body);
  });
}
