/** Tokens for OAUTHBEARER: from a file, or from a token URL and then kept until a fifth of their life is left. */

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { OauthSettings } from './client-options.ts';
import { readAuthorities } from './tls-files.ts';

/** There is no token; the message says why, without any secret. */
export class TokenError extends Error {}

const TIMEOUT_MS = 5000;
const MAX_ANSWER_BYTES = 256 * 1024;
/** Kafka lets nobody log in anew more often than once a second, so a token has to last a while when it is used. */
const SHORTEST_REST_MS = 15_000;
const USED_LIFE = 0.8;
const SHOWN_CHARACTERS = 300;

interface Token {
  readonly text: string;
  /** `Date.now()` from which on another one is asked for. */
  readonly renewAtMs: number;
  /** `Date.now()` from which on it is of no use. */
  readonly endsAtMs: number;
}

export class TokenSource {
  readonly #settings: OauthSettings;
  #token: Token | undefined;
  #asking: Promise<string> | undefined;
  /** Whom the newest token names; '' when it does not tell. */
  subject = '';

  constructor(settings: OauthSettings) {
    this.#settings = settings;
  }

  /** A token to log in with; rejects with TokenError. */
  async token(): Promise<string> {
    const nowMs = Date.now();
    if (this.#token && nowMs < this.#token.renewAtMs) return this.#token.text;
    this.#asking ??= this.#obtain().finally(() => {
      this.#asking = undefined;
    });
    try {
      return await this.#asking;
    } catch (error) {
      // What is still good for a while carries over an outage of the token URL.
      if (this.#token && nowMs < this.#token.endsAtMs) return this.#token.text;
      throw error;
    }
  }

  /** A broker has refused it: the next login asks for another one. */
  forget(): void {
    this.#token = undefined;
  }

  async #obtain(): Promise<string> {
    const { tokenFile } = this.#settings;
    const nowMs = Date.now();
    const { text, lifeMs } = tokenFile === '' ? await this.#ask() : { text: readToken(tokenFile), lifeMs: 0 };
    const restMs = Math.max(lifeMs * (1 - USED_LIFE), SHORTEST_REST_MS);
    this.subject = subjectOf(text);
    // A file is read at each login: whoever writes it knows when.
    this.#token =
      tokenFile === '' ? { text, renewAtMs: nowMs + lifeMs - restMs, endsAtMs: nowMs + lifeMs } : undefined;
    return text;
  }

  /** The grant of client credentials, RFC 6749 section 4.4. */
  async #ask(): Promise<{ text: string; lifeMs: number }> {
    const { tokenUrl } = this.#settings;
    const { status, body } = await this.#post().catch((error: NodeJS.ErrnoException) => {
      if (error instanceof TokenError) throw error;
      throw new TokenError(`${tokenUrl} cannot be asked for a token: ${error.code ?? error.message}`);
    });
    const answer = parseJson(body);
    const { access_token: text, expires_in: seconds } = answer;
    if (status === 200 && typeof text === 'string' && /^[\x21-\x7e]+$/.test(text))
      return { text, lifeMs: Number(seconds ?? 0) * 1000 || 0 };
    const words = [answer['error'], answer['error_description']].filter((word) => typeof word === 'string');
    const shown = this.#conceal(words.join(': ')).slice(0, SHOWN_CHARACTERS);
    throw new TokenError(`${tokenUrl} gives no token: status ${status}${shown === '' ? '' : ` (${shown})`}`);
  }

  /** Section 2.3.1: both parts are encoded as in a form. */
  get #credentials(): string {
    const { clientId, clientSecret } = this.#settings;
    return Buffer.from([clientId, clientSecret].map(encodeURIComponent).join(':')).toString('base64');
  }

  /** A server may repeat what it was sent. */
  #conceal(text: string): string {
    const { clientSecret } = this.#settings;
    const secrets = [this.#credentials, encodeURIComponent(clientSecret), clientSecret];
    return secrets.reduce((shown, secret) => shown.replaceAll(secret, '<secret>'), text);
  }

  #post(): Promise<{ status: number; body: string }> {
    const { tokenUrl, scope, caFile } = this.#settings;
    const isTls = tokenUrl.startsWith('https:');
    const ca = isTls ? readAuthorities('kafka.sasl.oauth.ca_file', caFile) : undefined;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === '' ? {} : { scope }),
    });
    const headers = {
      authorization: `Basic ${this.#credentials}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const options = { method: 'POST', headers, signal, agent: false as const };
      const onAnswer = (answer: IncomingMessage): void => {
        readAnswer(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
      };
      const sent = isTls
        ? requestHttps(tokenUrl, { ...options, ca }, onAnswer)
        : requestHttp(tokenUrl, options, onAnswer);
      sent.on('error', (error) =>
        reject(
          signal.aborted
            ? new TokenError(`${tokenUrl} does not answer within ${TIMEOUT_MS / 1000} s`)
            : error,
        ),
      );
      sent.end(form.toString());
    });
  }
}

async function readAnswer(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let body = '';
  for await (const chunk of answer) {
    body += chunk;
    if (body.length > MAX_ANSWER_BYTES) throw new Error('its answer is too long for a token');
  }
  return body;
}

function parseJson(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TokenError(`kafka.sasl.oauth.token_file ${file} cannot be read (${code})`);
  }
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new TokenError(`kafka.sasl.oauth.token_file ${file} does not hold one token and nothing else`);
  return text;
}

/** The `sub` of a JSON web token. */
function subjectOf(token: string): string {
  const [, payload = ''] = token.split('.');
  const { sub } = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  return typeof sub === 'string' ? sub : '';
}
