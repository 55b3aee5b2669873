/** A scrape target whose every answer is known: odd values, odd labels, series that die, flap and come late. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.ts';
import type { TestHooks } from '../support/process.ts';
import { JOB } from '../support/prometheus.ts';
import { type Labels, parseValue, seriesOf } from '../support/records.ts';

/** Its value is the number of the answer it stands in, so that stored samples tell which answer they are of. */
export const NUMBER_SERIES = 'test_scrape_number';

/** One line of an answer. */
interface Exposed {
  readonly labels: Labels;
  readonly value: string;
}

export const ODD_VALUES = [
  'NaN',
  '+Inf',
  '-Inf',
  '-0',
  '0.1',
  '0.30000000000000004',
  '1e-7',
  '5e-324',
  '2.2250738585072014e-308',
  '1.7976931348623157e+308',
  '-1.5e300',
  '123456789012345680000',
  '1e21',
  '9007199254740993',
  '4503599627370496.5',
];

export const ODD_TEXTS = [
  'quote " backslash \\ newline \n tab \t end',
  'grün',
  '日本語',
  '😀 and \u2028 and \u0001',
  '{"json":[1,2]}',
  ' spaces around ',
  '\\n',
];

const sample = (name: string, labels: Labels, value: string | number): Exposed => ({
  labels: { __name__: name, ...labels },
  value: String(value),
});

/** What the answer of that number holds, the first being 1. */
function exposedAt(number: number): Exposed[] {
  const mortals = [0, 1, 2, 3, 4].filter((mortal) => number < 6 + mortal);
  return [
    sample(NUMBER_SERIES, {}, number),
    ...ODD_VALUES.map((value) => sample('test_odd', { kind: value }, value)),
    sample('test_cycling', {}, ODD_VALUES[number % ODD_VALUES.length]!),
    ...ODD_TEXTS.map((text) => sample('test_text', { text }, number / 10)),
    ...Array.from({ length: 60 }, (_, path) =>
      sample('test_requests_total', { path: `/p${path}` }, path * number),
    ),
    ...['0.1', '2.5', '+Inf'].map((le, index) => sample('test_seconds_bucket', { le }, number * (index + 1))),
    sample('test_seconds_sum', {}, number * 0.7),
    sample('test_seconds_count', {}, number * 3),
    ...mortals.map((mortal) => sample('test_mortal', { mortal: String(mortal) }, number)),
    ...(number % 6 < 3 ? [sample('test_flapping', {}, number)] : []),
    ...(number === 3 ? [sample('test_only_once', {}, 1)] : []),
    ...(number > 4 ? [sample('test_late', {}, number)] : []),
  ];
}

const TYPES =
  '# TYPE test_seconds histogram\n# HELP test_seconds Known.\n# TYPE test_requests_total counter\n';

function render(exposed: readonly Exposed[]): string {
  const lines = exposed.map(({ labels: { __name__: name, ...labels }, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}{${pairs.join(',')}} ${value}\n`;
  });
  return TYPES + lines.join('');
}

/** As the text format of Prometheus wants label values. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Starts the target on a free port of 127.0.0.1; it goes away with the test at the latest. */
export async function startTarget(test: TestHooks): Promise<ScrapeTarget> {
  const target = new ScrapeTarget();
  test.after(() => target.close());
  await target.listen();
  return target;
}

export class ScrapeTarget {
  readonly #server: Server;
  #answers = 0;

  constructor() {
    this.#server = createServer((_request, response) => {
      this.#answers++;
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      response.end(render(exposedAt(this.#answers)));
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

  /** How many answers it has given. */
  get answers(): number {
    return this.#answers;
  }

  /** Series and values of the answer of that number, with the labels that Prometheus adds. */
  servedAt(number: number, address: string): Map<string, number> {
    const own = { job: JOB, instance: address };
    return new Map(
      exposedAt(number).map(({ labels, value }) => [seriesOf({ ...labels, ...own }), parseValue(value)]),
    );
  }

  /** Resolves after that many further answers. */
  async waitForAnswers(count: number): Promise<void> {
    const wanted = this.#answers + count;
    await eventually(() => this.#answers >= wanted, { what: `${count} further scrapes` });
  }

  /** Goes away like a process that is killed. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
