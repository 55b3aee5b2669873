/** A stand-in for a schema registry: the calls of Confluent's REST interface that a producer makes, in memory. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestHooks } from './process.ts';

const FIRST_ID = 41;

/** An answer in the place of the usual one. */
export interface Fault {
  readonly status: number;
  readonly body: string;
}

export class Registry {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #schemas: string[] = [];
  readonly #subjects = new Map<string, number[]>();
  /** What was asked, such as `POST /subjects/x/versions`. */
  readonly calls: string[] = [];
  /** The header of the last call. */
  authorization: string | undefined;
  fault: Fault | undefined;
  url = '';

  /** Listens on `port`, a free one when it is 0. */
  static async start(test: TestHooks, port = 0): Promise<Registry> {
    const registry = new Registry();
    await new Promise<void>((resolve) => registry.#server.listen(port, '127.0.0.1', resolve));
    const { port: actual } = registry.#server.address() as AddressInfo;
    registry.url = `http://127.0.0.1:${actual}`;
    test.after(() => registry.stop());
    return registry;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Publishes a schema as another producer would; gives its id. */
  publish(subject: string, schema: string): number {
    const canonical = JSON.stringify(JSON.parse(schema));
    if (!this.#schemas.includes(canonical)) this.#schemas.push(canonical);
    const id = FIRST_ID + this.#schemas.indexOf(canonical);
    const versions = this.#subjects.get(subject) ?? [];
    if (!versions.includes(id)) versions.push(id);
    this.#subjects.set(subject, versions);
    return id;
  }

  /** The schema of an id, as it was published but for its spaces. */
  schemaOf(id: number): string | undefined {
    return this.#schemas[id - FIRST_ID];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request) text += String(piece);
    this.calls.push(`${request.method} ${request.url}`);
    this.authorization = request.headers.authorization;
    const [status, body] = this.fault ? [this.fault.status, this.fault.body] : this.#route(request, text);
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  #route({ method, url }: IncomingMessage, text: string): [number, unknown] {
    const parts = (url ?? '').split('/').slice(1).map(decodeURIComponent);
    if (method === 'GET' && parts[0] === 'schemas' && parts[1] === 'ids') {
      const schema = this.schemaOf(Number(parts[2]));
      return schema ? [200, { schema }] : [404, { error_code: 40403, message: 'Schema not found' }];
    }
    if (method !== 'POST' || parts[0] !== 'subjects')
      return [404, { error_code: 404, message: 'HTTP 404 Not Found' }];
    const subject = parts[1]!;
    const { schema } = JSON.parse(text) as { schema: string };
    if (parts[2] === 'versions') return [200, { id: this.publish(subject, schema) }];
    if (!this.#subjects.has(subject))
      return [404, { error_code: 40401, message: `Subject '${subject}' not found.` }];
    const id = FIRST_ID + this.#schemas.indexOf(JSON.stringify(JSON.parse(schema)));
    const version = this.#subjects.get(subject)!.indexOf(id) + 1;
    if (version === 0) return [404, { error_code: 40403, message: 'Schema not found' }];
    return [200, { subject, version, id, schema }];
  }
}
