/** A scrape target with two pages, one in protobuf and one in OpenMetrics, that seems to restart once. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.ts';
import { encodeFamilies, PROTOBUF_TYPE } from '../support/exposition.ts';
import type { TestHooks } from '../support/process.ts';
import { type Moment, protobufPage, textPage } from './protocol-pages.ts';

const TEXT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const UTF8_NAMES = '; escaping=allow-utf-8';
const PATHS = ['/protobuf', '/text'];

/** At this answer the counters of a page fall, and their creation times move. */
const RESTART_AT = 12;
/** Creation lies between two scrapes, and before the first. */
const BEFORE_FIRST_MS = 500;
const AFTER_LAST_MS = 20;

/** Starts the target on a free port of 127.0.0.1; it goes away with the test at the latest. */
export async function startProtocolTarget(test: TestHooks): Promise<ProtocolTarget> {
  const target = new ProtocolTarget();
  test.after(() => target.close());
  await target.listen();
  return target;
}

export class ProtocolTarget {
  readonly #server: Server;
  readonly #last = new Map<string, Moment>();

  constructor() {
    this.#server = createServer(({ url = '' }, response) => {
      const moment = nextMoment(this.#last.get(url));
      this.#last.set(url, moment);
      const isText = url === '/text';
      response.setHeader('content-type', (isText ? TEXT_TYPE : PROTOBUF_TYPE) + UTF8_NAMES);
      response.end(isText ? textPage(moment) : encodeFamilies(protobufPage(moment)));
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** `host:port` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The settings with which Prometheus scrapes each page as a target of its own. */
  get scrape(): object {
    return {
      scrape_protocols: ['PrometheusProto', 'OpenMetricsText1.0.0'],
      static_configs: PATHS.map((path) => ({
        targets: [this.address],
        labels: { __metrics_path__: path, page: path.slice(1) },
      })),
    };
  }

  /** Resolves when each page has been scraped that often. */
  async waitForAnswers(count: number): Promise<void> {
    const isEnough = (path: string): boolean => (this.#last.get(path)?.number ?? 0) >= count;
    await eventually(() => PATHS.every(isEnough), { what: `${count} scrapes of both pages` });
  }

  /** Goes away like a process that is killed. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function nextMoment(last: Moment | undefined): Moment {
  const nowMs = Date.now();
  if (!last) return { number: 1, age: 1, bornMs: nowMs - BEFORE_FIRST_MS, nowMs };
  const number = last.number + 1;
  if (number === RESTART_AT) return { number, age: 1, bornMs: last.nowMs + AFTER_LAST_MS, nowMs };
  return { number, age: last.age + 1, bornMs: last.bornMs, nowMs };
}
