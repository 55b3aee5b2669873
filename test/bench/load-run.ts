/** One stretch of load over some connections: closed loop, or by the clock. */

import type { Buffer } from 'node:buffer';
import type { Connection, Outcome } from './connection.ts';
import type { LoadReport, LoadRun } from './load-plan.ts';
import { Measurements, quantile } from './quantiles.ts';

const DEFAULT_RETRY_MS = 1000;
const MAX_RETRY_MS = 5000;
const RECONNECT_MS = 100;

/** The bytes of one request, header and body, and how many samples they hold. */
export interface ReadyRequest {
  readonly bytes: Buffer;
  readonly samples: number;
}

export interface LoadParts {
  readonly connections: readonly Connection[];
  readonly requests: readonly ReadyRequest[];
}

/** Runs once: `run()` resolves when its time is over and every request is settled. */
export class Load {
  readonly #parts: LoadParts;
  readonly #plan: LoadRun;
  readonly #answerMs = new Measurements();
  readonly #outcomes = new Map<string, number>();
  readonly #idle: Connection[] = [];
  #startMs = 0;
  #lastAnswerMs = 0;
  #sent = 0;
  #settled = 0;
  #acknowledgedRequests = 0;
  #acknowledgedSamples = 0;
  /** Connections that wait before they may send again. */
  #waiting = 0;
  #finish: () => void = () => {};

  constructor(parts: LoadParts, plan: LoadRun) {
    this.#parts = parts;
    this.#plan = plan;
  }

  async run(): Promise<LoadReport> {
    const cpuBefore = process.cpuUsage();
    const ended = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.#idle.push(...this.#parts.connections);
    this.#startMs = performance.now();
    this.#lastAnswerMs = this.#startMs;
    const timer = this.#plan.requestsPerSecond === undefined ? undefined : setInterval(() => this.#feed(), 1);
    this.#feed();
    await ended;
    clearInterval(timer);
    const { user, system } = process.cpuUsage(cpuBefore);
    return this.#report((user + system) / 1e6);
  }

  get #endMs(): number {
    return this.#startMs + this.#plan.seconds * 1000;
  }

  /** Gives every idle connection a request that is due, and ends the run when there will be no more. */
  #feed(): void {
    const now = performance.now();
    while (this.#idle.length > 0) {
      const dueMs = this.#nextDueMs(now);
      if (dueMs > now || dueMs >= this.#endMs) break;
      this.#send(this.#idle.shift()!, dueMs);
    }
    const isOver = this.#nextDueMs(now) >= this.#endMs;
    if (isOver && this.#waiting === 0 && this.#settled === this.#sent) this.#finish();
  }

  /** When the next request should leave: by the clock evenly spaced, else as soon as a connection is free. */
  #nextDueMs(now: number): number {
    const { requestsPerSecond } = this.#plan;
    if (requestsPerSecond === undefined) return now;
    return this.#startMs + (this.#sent * 1000) / requestsPerSecond;
  }

  #send(connection: Connection, dueMs: number): void {
    const { requests } = this.#parts;
    const request = requests[this.#sent++ % requests.length]!;
    connection.exchange(request.bytes, (outcome) => {
      this.#lastAnswerMs = performance.now();
      this.#settled++;
      const pauseMs = this.#count(outcome, request, this.#lastAnswerMs - dueMs);
      if (pauseMs > 0) return this.#pause(connection, pauseMs);
      this.#idle.push(connection);
      this.#feed();
    });
  }

  /** Notes what happened; how long the connection has to wait before its next request. */
  #count(outcome: Outcome, request: ReadyRequest, answerMs: number): number {
    const key = 'failure' in outcome ? outcome.failure : String(outcome.status);
    this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + 1);
    if ('failure' in outcome) return RECONNECT_MS;
    if (outcome.status >= 200 && outcome.status < 300) {
      this.#acknowledgedRequests++;
      this.#acknowledgedSamples += request.samples;
      this.#answerMs.add(answerMs);
      return 0;
    }
    const isRetryable = outcome.status === 429 || outcome.status >= 500;
    return isRetryable ? Math.min(outcome.retryAfterMs ?? DEFAULT_RETRY_MS, MAX_RETRY_MS) : 0;
  }

  #pause(connection: Connection, pauseMs: number): void {
    this.#waiting++;
    setTimeout(() => {
      this.#waiting--;
      this.#idle.push(connection);
      this.#feed();
    }, pauseMs);
  }

  #report(cpuSeconds: number): LoadReport {
    const sorted = this.#answerMs.sorted();
    return {
      seconds: (this.#lastAnswerMs - this.#startMs) / 1000,
      requests: this.#sent,
      acknowledgedRequests: this.#acknowledgedRequests,
      acknowledgedSamples: this.#acknowledgedSamples,
      outcomes: Object.fromEntries([...this.#outcomes].sort()),
      answerMs: {
        p50: quantile(sorted, 0.5),
        p99: quantile(sorted, 0.99),
        p999: quantile(sorted, 0.999),
        max: quantile(sorted, 1),
      },
      cpuSeconds,
    };
  }
}
