/** Senders that behave as Prometheus does: a series keeps its connection, what fails is sent again before the next. */

import type { Buffer } from 'node:buffer';
import { setTimeout as pause } from 'node:timers/promises';
import { oneConnection, type RunningAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { type Labels, sampleKey, seriesOf } from '../support/records.ts';
import { body, HEADERS } from '../support/write-request.ts';

const FIRST_BACKOFF_MS = 30;
const LONGEST_BACKOFF_MS = 1000;

/** One sending of a request: answered with a status, or not at all. */
export interface Attempt {
  /** `performance.now()` */
  readonly begunMs: number;
  readonly endedMs: number;
  readonly status?: number;
  /** The first line of an answer that is not 204, or the code of the failed connection. */
  readonly problem?: string;
}

/** A request and all that became of it; its samples follow from sender and time. */
export interface SentRequest {
  readonly sender: number;
  readonly timestampMs: number;
  readonly attempts: Attempt[];
}

export interface FaultLoadOptions {
  readonly senders?: number;
  readonly seriesPerSender?: number;
  /** Between an acknowledgement and the next request. */
  readonly pauseMs?: number;
  /** Further labels of every series, to make it as large as real ones are. */
  readonly labels?: Labels;
}

/** Senders have numbers of their own, so that those of two loads stay apart. */
let nextSender = 0;

export class FaultLoad {
  readonly requests: SentRequest[] = [];
  /** Where to send; may be replaced by another, as behind a balancer. */
  adapter: RunningAdapter;
  readonly #series = new Map<number, readonly { labels: Labels; series: string }[]>();
  readonly #pauseMs: number;
  #leaving = false;
  #aborted = false;
  readonly #ended: Promise<unknown>;

  constructor(adapter: RunningAdapter, options: FaultLoadOptions = {}) {
    const { senders = 8, seriesPerSender = 10, pauseMs = 10, labels = {} } = options;
    this.adapter = adapter;
    this.#pauseMs = pauseMs;
    const numbers = Array.from({ length: senders }, () => nextSender++);
    for (const sender of numbers) this.#series.set(sender, seriesSet(sender, seriesPerSender, labels));
    this.#ended = Promise.all(numbers.map((sender) => this.#send(sender)));
  }

  get acknowledged(): SentRequest[] {
    return this.requests.filter(isAcknowledged);
  }

  get attempts(): Attempt[] {
    return this.requests.flatMap(({ attempts }) => attempts);
  }

  /** The keys under which Kafka must hold the samples of a request. */
  keysOf({ sender, timestampMs }: SentRequest): string[] {
    return this.#series.get(sender)!.map(({ series }) => sampleKey({ series, timestampMs }));
  }

  /** Resolves after that many further acknowledgements of requests begun from now on. */
  async waitForAcknowledged(count: number, withinMs = 60_000): Promise<void> {
    const fromMs = performance.now();
    const isLater = ({ status, begunMs }: Attempt): boolean => status === 204 && begunMs >= fromMs;
    await eventually(() => this.requests.filter(({ attempts }) => attempts.some(isLater)).length >= count, {
      what: `${count} further acknowledged requests`,
      withinMs,
    });
  }

  /** Lets each sender end once its request is acknowledged; those that never are reject it. */
  async leave(withinMs = 60_000): Promise<void> {
    this.#leaving = true;
    const late = pause(withinMs, 'late', { ref: false });
    if ((await Promise.race([this.#ended, late])) === 'late') {
      this.abort();
      throw new Error(`not every request was acknowledged within ${withinMs} ms`);
    }
  }

  /** Ends the senders whatever they have reached, for the end of a test that failed. */
  abort(): void {
    this.#leaving = true;
    this.#aborted = true;
  }

  async #send(sender: number): Promise<void> {
    const agent = oneConnection();
    const firstMs = Date.now();
    for (let round = 0; !this.#leaving; round++) {
      const timestampMs = firstMs + round;
      const request: SentRequest = { sender, timestampMs, attempts: [] };
      this.requests.push(request);
      const series = this.#series.get(sender)!;
      const payload = body(
        series.map(({ labels }) => ({ labels: Object.entries(labels), samples: [[round, timestampMs]] })),
      );
      let backoffMs = FIRST_BACKOFF_MS;
      while (!this.#aborted) {
        const attempt = await this.#attempt(payload, { agent, retry: request.attempts.length });
        request.attempts.push(attempt);
        if (attempt.status === 204) break;
        await pause(backoffMs);
        backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      }
      await pause(this.#pauseMs);
    }
    agent.destroy();
  }

  async #attempt(
    payload: Buffer,
    { agent, retry }: { agent: ReturnType<typeof oneConnection>; retry: number },
  ): Promise<Attempt> {
    const headers = retry > 0 ? { ...HEADERS, 'retry-attempt': String(retry) } : HEADERS;
    const begunMs = performance.now();
    try {
      const { status, text } = await this.adapter.write(payload, { agent, headers });
      const ended = { begunMs, endedMs: performance.now(), status };
      return status === 204 ? ended : { ...ended, problem: text.split('\n', 1)[0]! };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { begunMs, endedMs: performance.now(), problem: code ?? message };
    }
  }
}

export function isAcknowledged({ attempts }: SentRequest): boolean {
  return attempts.at(-1)?.status === 204;
}

function seriesSet(sender: number, count: number, labels: Labels): { labels: Labels; series: string }[] {
  return Array.from({ length: count }, (_, part) => {
    const own = { __name__: 'fault', ...labels, part: String(part), sender: String(sender) };
    return { labels: own, series: seriesOf(own) };
  });
}
