/** What the load generator is told, and what it tells: the messages between the two processes. */

import type { CorpusOptions } from './corpus.ts';

/** Where to send what; the same for every run of one generator. */
export interface LoadPlan {
  readonly url: string;
  readonly connections: number;
  readonly corpus: CorpusOptions;
}

/** One stretch of load. */
export interface LoadRun {
  readonly seconds: number;
  /** Requests by the clock, whether or not answers keep up; without it each connection sends when it is free. */
  readonly requestsPerSecond?: number;
}

export interface LoadReport {
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly requests: number;
  /** Those answered 2xx, and the samples in them. */
  readonly acknowledgedRequests: number;
  readonly acknowledgedSamples: number;
  /** By status, or by the word for what broke. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of the 2xx answers. In a run by the clock counted from when the request was due. */
  readonly answerMs: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** Of the generator itself. */
  readonly cpuSeconds: number;
}
