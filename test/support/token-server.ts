/** A token URL as identity providers have them: client credentials in, a bearer token without a signature out. */

import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestHooks } from './process.ts';

export const CLIENT_ID = 'adapter client';
export const CLIENT_SECRET = 's3cret/of+the:client';

export interface TokenServer {
  readonly url: string;
  /** Bodies of the requests so far. */
  readonly asked: string[];
  /** How long tokens last from now on. */
  lifeSeconds: number;
  /** Answers 503 from now on. */
  isDown: boolean;
}

/** A token as Kafka's listeners take it that check no signature: `alg` is none. */
export function unsecuredToken(lifeSeconds: number, subject = 'adapter'): string {
  const part = (fields: object): string => Buffer.from(JSON.stringify(fields)).toString('base64url');
  const nowSeconds = Date.now() / 1000;
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: nowSeconds, exp: nowSeconds + lifeSeconds })}.`;
}

/** On TLS when a certificate is given. */
export async function startTokenServer(
  test: TestHooks,
  tls?: { readonly cert: string; readonly key: string },
): Promise<TokenServer> {
  const state = { asked: [] as string[], lifeSeconds: 300, isDown: false };
  const expected = [CLIENT_ID, CLIENT_SECRET].map(encodeURIComponent).join(':');
  const answer: RequestListener = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    state.asked.push(body);
    const [, credentials = ''] = (request.headers.authorization ?? '').split(' ');
    const isKnown = Buffer.from(credentials, 'base64').toString() === expected;
    const status = state.isDown ? 503 : isKnown ? 200 : 401;
    const token = { access_token: unsecuredToken(state.lifeSeconds), expires_in: state.lifeSeconds };
    const refusal = { error: 'invalid_client', error_description: `not with ${credentials}` };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? token : refusal));
  };
  const server = tls ? createHttps(tls, answer) : createHttp(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/token` });
}
