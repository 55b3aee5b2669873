/** Asks a schema registry for the id of a schema, by the REST interface of Confluent. */

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AdapterError } from '../errors.ts';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const TIMEOUT_MS = 5000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_ANSWER_BYTES = 1024 * 1024;
const TOO_MANY_REQUESTS = 429;
const FIRST_SERVER_ERROR = 500;

export interface RegistrySettings {
  readonly url: string;
  /** Empty: no authentication. */
  readonly username: string;
  readonly password: string;
  /** PEM file; empty: the authorities that Node trusts. */
  readonly caFile: string;
  readonly subject: string;
  /** False: the schema has to be there already. */
  readonly register: boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export class SchemaRegistry {
  readonly #settings: RegistrySettings;
  readonly #body: string;
  #id: number | undefined;
  #attempt: Promise<number> | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #notBeforeMs = 0;

  /** `schema` is the text of an Avro schema. */
  constructor(settings: RegistrySettings, schema: string) {
    this.#settings = settings;
    this.#body = JSON.stringify({ schema });
  }

  /**
   * The id, which is asked for until it is known and remembered from then on. After a failure it rejects with the
   * same error for a while, longer each time, before it asks again.
   * Rejects with AdapterError `schema_registry_unavailable` or `schema_refused`.
   */
  async schemaId(): Promise<number> {
    if (this.#id !== undefined) return this.#id;
    if (!this.#attempt || performance.now() >= this.#notBeforeMs) {
      // Nobody begins another one while this one lasts.
      this.#notBeforeMs = Number.POSITIVE_INFINITY;
      this.#attempt = this.#ask();
    }
    return this.#attempt;
  }

  async #ask(): Promise<number> {
    try {
      this.#id = this.#idOf(await this.#post());
      return this.#id;
    } catch (error) {
      this.#notBeforeMs = performance.now() + this.#pauseMs;
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      throw error;
    }
  }

  #idOf({ status, text }: Answer): number {
    const { subject, register } = this.#settings;
    const answer = parsed(text);
    if (status === 200 && Number.isInteger(answer.id)) return answer.id as number;
    const said = `${status}${typeof answer.message === 'string' ? `: ${answer.message}` : ''}`;
    const isRefusal = status >= 400 && status < FIRST_SERVER_ERROR && status !== TOO_MANY_REQUESTS;
    if (!isRefusal) throw this.#unavailable(`answers ${said}`);
    const cure = register ? '' : '; avro.register_schema is false, so the schema has to be there already';
    throw new AdapterError(
      'schema_refused',
      `the schema registry refuses the schema of the records under the subject ${subject}: ${said}${cure}`,
    );
  }

  #unavailable(why: string, cause?: unknown): AdapterError {
    // Not the whole URL: there may be a password in it.
    const { host } = new URL(this.#settings.url);
    return new AdapterError('schema_registry_unavailable', `the schema registry at ${host} ${why}`, {
      cause,
    });
  }

  /** Publishes the schema (the same one again gives the same id), or only looks it up. */
  #post(): Promise<Answer> {
    const { url, username, password, caFile, subject, register } = this.#settings;
    const path = `subjects/${encodeURIComponent(subject)}${register ? '/versions' : ''}`;
    const target = new URL(path, url.endsWith('/') ? url : `${url}/`);
    const options = {
      method: 'POST',
      headers: {
        'content-type': CONTENT_TYPE,
        accept: `${CONTENT_TYPE}, application/json`,
        'content-length': Buffer.byteLength(this.#body),
      },
      // A connection of its own: there will not be a second request.
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(username ? { auth: `${username}:${password}` } : {}),
    } as const;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(this.#unavailable(`cannot be reached: ${error.message}`, error));
      try {
        const sent =
          target.protocol === 'https:'
            ? requestHttps(target, { ...options, ...(caFile ? { ca: readFileSync(caFile) } : {}) })
            : requestHttp(target, options);
        sent.on('error', fail);
        sent.on('response', (response) => read(response).then(resolve, fail));
        sent.end(this.#body);
      } catch (error) {
        fail(error as Error);
      }
    });
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > LONGEST_ANSWER_BYTES) throw new Error(`its answer is over ${LONGEST_ANSWER_BYTES} bytes`);
    pieces.push(piece);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') };
}

/** What the answer says, when it is JSON. */
function parsed(text: string): { readonly id?: unknown; readonly message?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { id?: unknown; message?: unknown };
  } catch {
    return {};
  }
}
