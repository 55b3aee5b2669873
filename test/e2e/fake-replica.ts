/** A replica that is only its status page: the real page with its headers, and a status that a test writes. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readStatusPage } from '../../src/status/page.ts';
import type { Status } from '../../src/status/status.ts';
import type { TestHooks } from '../support/process.ts';

const page = readStatusPage();

/** Starts it on a free port of 127.0.0.1, or on that of one that has gone. */
export async function startFakeReplica(test: TestHooks, status: Status, port = 0): Promise<FakeReplica> {
  const replica = new FakeReplica(status);
  test.after(() => replica.close());
  await replica.listen(port);
  return replica;
}

export class FakeReplica {
  /** What the next question for the status is answered with. */
  status: Status;
  /** The status code of these answers. */
  code = 200;
  /** Whether they stay away. */
  isMute = false;
  /** How often the status was asked for. */
  asked = 0;
  /** What else was asked for. */
  readonly others: string[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(status: Status) {
    this.status = status;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Under /behind/a/prefix too, as a proxy would have it, with and without the last slash. */
  #answer({ url }: IncomingMessage, response: ServerResponse): void {
    const path = url!.replace(/^\/behind\/a\/prefix(?=\/|$)/, '') || '/';
    if (path === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.setHeader('content-security-policy', page.contentSecurityPolicy);
      response.end(page.html);
    } else if (path === '/api/v1/status') {
      this.asked++;
      if (this.isMute) return;
      response.statusCode = this.code;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(this.status));
    } else {
      this.others.push(path);
      response.statusCode = 404;
      response.end();
    }
  }

  /** Goes away like a process that is killed. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
