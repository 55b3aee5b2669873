/** The adapter as a user starts it: the real program in a process of its own, and a plain HTTP client for it. */

import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { startProcess, type TestHooks, type TestProcess } from './process.ts';
import { HEADERS } from './write-request.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** No answer of the adapter takes longer in any test; what does is hung. */
const ANSWER_WITHIN_MS = 30_000;
/** The end of a process is told a moment after its connections have failed. */
const CRASH_SEEN_WITHIN_MS = 500;
const SHOWN_CHARACTERS = 4000;

export interface AdapterOptions {
  readonly brokers: string;
  readonly topic: string;
  readonly drainDelay?: string;
  /** A free one when left out. */
  readonly port?: number;
  /** Further variables, over those of the other options. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Further flags. */
  readonly flags?: readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface HttpCall {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
  /** Keeps its connection; without one each call opens and closes its own. */
  readonly agent?: Agent;
  /** Sends the body in chunks, without announcing its length. */
  readonly isChunked?: boolean;
}

/** One exchange, to the last byte of the answer. Rejects when the connection fails or the answer is not whole. */
export function call(url: string, what: HttpCall = {}): Promise<HttpAnswer> {
  const { method = 'GET', body, agent, isChunked = false } = what;
  const headers = { ...what.headers };
  if (body && !isChunked) headers['content-length'] = body.length;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: agent ?? false });
    sent.setTimeout(ANSWER_WITHIN_MS, () => {
      sent.destroy(new Error(`${method} ${url} was not answered within ${ANSWER_WITHIN_MS} ms`));
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.end(body);
  });
}

/** An agent for one client that keeps one connection. */
export function oneConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

/** The value of one line of a metrics page, by its name and labels as they stand there. */
export function metricValue(page: string, line: string): number | undefined {
  const found = page.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1).split(' ', 1)[0]);
}

/** Starts the adapter on a free port; resolves once it listens, Kafka there or not. */
export async function startAdapter(test: TestHooks, options: AdapterOptions): Promise<RunningAdapter> {
  const flags = [
    `--http.listen-address=127.0.0.1:${options.port ?? 0}`,
    `--shutdown.drain-delay=${options.drainDelay ?? '0s'}`,
    '--log.format=json',
    ...(options.flags ?? []),
  ];
  const adapter = startProcess(test, {
    args: [program, ...flags],
    environment: {
      KAFKA_BROKERS: options.brokers,
      KAFKA_TOPIC: options.topic,
      // Others at the same Kafka are of other tests. Replicas that are to know each other are given one name.
      FLEET_NAME: `test-${randomUUID()}`,
      ...options.environment,
    },
  });
  const [line] = await adapter.waitFor(/^\{.*"msg":"listening".*\}$/m);
  const { port } = JSON.parse(line) as { port: number };
  return new RunningAdapter(adapter, port);
}

export class RunningAdapter {
  readonly process: TestProcess;
  readonly port: number;
  readonly url: string;
  readonly writeUrl: string;

  constructor(started: TestProcess, port: number) {
    this.process = started;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.writeUrl = `${this.url}/api/v1/write`;
  }

  get(path: string): Promise<HttpAnswer> {
    return this.#exchange(`${this.url}${path}`, {});
  }

  /** One remote_write request, with the headers of 1.0 unless others are given. */
  write(body: Uint8Array, what: HttpCall = {}): Promise<HttpAnswer> {
    return this.#exchange(this.writeUrl, { method: 'POST', headers: HEADERS, ...what, body });
  }

  /** A call whose failure says how the adapter ended and what it wrote, should it have ended. */
  async #exchange(url: string, what: HttpCall): Promise<HttpAnswer> {
    try {
      return await call(url, what);
    } catch (error) {
      await Promise.race([this.process.exited, pause(CRASH_SEEN_WITHIN_MS, undefined, { ref: false })]);
      const { status, output } = this.process;
      if (status && error instanceof Error)
        error.message += `: the adapter has ended (${JSON.stringify(status)})\n${output.slice(-SHOWN_CHARACTERS)}`;
      throw error;
    }
  }

  /** One line of /metrics; rejects when there is none. */
  async metric(line: string): Promise<number> {
    const value = metricValue((await this.get('/metrics')).text, line);
    if (value === undefined) throw new Error(`/metrics has no line ${line}`);
    return value;
  }

  /** Resolves when Kafka has been reached. */
  async waitReady(withinMs = 30_000): Promise<void> {
    await eventually(async () => (await this.get('/-/ready')).status === 200, {
      what: '/-/ready is 200',
      withinMs,
    });
  }

  /** The most memory the process ever had resident; undefined where the system does not tell. */
  peakMemoryBytes(): number | undefined {
    if (process.platform !== 'linux') return undefined;
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** The log lines of that level, parsed. */
  logged(level: 'info' | 'warn' | 'error'): Record<string, unknown>[] {
    const number = { info: 30, warn: 40, error: 50 }[level];
    return this.process.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((entry) => entry['level'] === number);
  }
}
