/** Random and damaged write requests through the real pipeline, each held against an oracle. */

import { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import { NOTHING, plus } from '../../src/lib/contents.ts';
import { Comparison } from './fuzz/compare.ts';
import { generate } from './fuzz/generate.ts';
import { mutate } from './fuzz/mutate.ts';
import { type Expected, expect } from './fuzz/oracle-records.ts';
import { CapturingPipeline, codeOf, MAX_DECODED_BYTES, type Seen } from './fuzz/pipeline.ts';
import { Random } from './fuzz/random.ts';
import { unwrap, wrap } from './fuzz/snappy.ts';
import { Steps } from './fuzz/steps.ts';
import { Writer } from './fuzz/writer.ts';

const MOST_FAILURES = 10;
const MOST_SHOWN_BYTES = 4000;
/** Far more than any of these small requests needs, on however busy a machine. */
const LONGEST_REQUEST_CPU_MS = 2000;

export interface FuzzPlan {
  readonly seed: number;
  /** Number of the first request; each is made from the seed and its number alone. */
  readonly first: number;
  readonly requests: number;
  /** Ends earlier when so much time is over. */
  readonly seconds?: number | undefined;
}

export interface FuzzFailure {
  readonly request: number;
  readonly what: string;
  readonly version: string;
  /** The decompressed bytes in hexadecimal, as far as they can be shown. */
  readonly bytes: string;
}

export interface FuzzReport {
  readonly requests: number;
  /** How the requests were answered: written whole, in parts, or refused by code. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  readonly records: number;
  readonly failures: readonly FuzzFailure[];
  readonly longestCpuMs: number;
  readonly seconds: number;
}

interface Request {
  readonly number: number;
  readonly bytes: Buffer;
  readonly version: 'v1' | 'v2';
  readonly body: Buffer[];
  readonly isNewTopic: boolean;
}

/** `onProgress` is told the number of requests done, about every thousand. */
export async function runFuzz(plan: FuzzPlan, onProgress?: (requests: number) => void): Promise<FuzzReport> {
  const run = new FuzzRun(plan.seed);
  const endMs = performance.now() + (plan.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  const startMs = performance.now();
  for (let i = 0; i < plan.requests; i++) {
    await run.next(plan.first + i);
    if (i % 1000 !== 999) continue;
    onProgress?.(i + 1);
    if (performance.now() > endMs) break;
  }
  return await run.report((performance.now() - startMs) / 1000);
}

class FuzzRun {
  readonly #seed: number;
  readonly #memory = Writer.memory();
  readonly #pipeline = new CapturingPipeline();
  readonly #comparison = new Comparison();
  readonly #steps = new Steps();
  readonly #verdicts = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  readonly #failures: FuzzFailure[] = [];
  #requests = 0;
  #records = 0;
  #longestCpuMs = 0;
  #received = NOTHING;
  #written = NOTHING;

  constructor(seed: number) {
    this.#seed = seed;
  }

  async next(number: number): Promise<void> {
    const request = this.#make(number);
    const before = process.cpuUsage();
    const seen = await this.#pipeline.write(request.body, request.version, request.isNewTopic);
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1000;
    this.#longestCpuMs = Math.max(this.#longestCpuMs, cpuMs);
    const expected = expectedOf(request);
    const slow = cpuMs > LONGEST_REQUEST_CPU_MS ? `took ${cpuMs} ms of CPU time` : undefined;
    const what =
      slow ?? this.#comparison.differenceOf(seen, expected) ?? this.#differenceInSteps(request, seen);
    if (what !== undefined) this.#fail(request, what);
    this.#count(expected);
    this.#requests++;
    this.#records += seen.records.length;
    if (!seen.outcome) return;
    this.#received = plus(this.#received, seen.outcome.received);
    this.#written = plus(this.#written, seen.outcome.written);
  }

  /** What is wrong with a request is the same when it is read a little at a time. */
  #differenceInSteps({ body, version }: Request, { error }: Seen): string | undefined {
    const [atOnce, inSteps] = [error && codeOf(error), this.#steps.problemOf(body, version)];
    return atOnce === inSteps ? undefined : `is ${atOnce} at once and ${inSteps} in steps`;
  }

  #make(number: number): Request {
    const random = new Random(Math.imul(this.#seed, 0x9e3779b1) + number);
    const generated = generate(random, this.#memory);
    const bytes = random.chance(0.5) ? mutate(generated.bytes, random) : generated.bytes;
    const isOther = random.chance(0.02);
    const other = generated.version === 'v1' ? 'v2' : 'v1';
    return {
      number,
      bytes,
      version: isOther ? other : generated.version,
      body: wrap(bytes, random),
      isNewTopic: random.chance(0.02),
    };
  }

  #fail({ number, version, bytes }: Request, what: string): void {
    const shown = bytes.subarray(0, MOST_SHOWN_BYTES).toString('hex');
    this.#note({ request: number, what, version, bytes: shown });
  }

  #note(failure: FuzzFailure): void {
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(failure);
  }

  #count(expected: Expected | readonly string[]): void {
    const add = (counts: Map<string, number>, name: string, count: number): void => {
      counts.set(name, (counts.get(name) ?? 0) + count);
    };
    if (!('dropped' in expected)) {
      add(this.#verdicts, expected[0]!, 1);
      return;
    }
    const { dropped } = expected;
    add(this.#verdicts, dropped.size === 0 ? 'written' : 'written in parts', 1);
    // A series without any counts as itself.
    for (const [reason, { float, histogram, exemplar }] of dropped)
      add(this.#dropped, reason, float + histogram + exemplar || 1);
  }

  /** The counters of /metrics have to say the same as all answers together. */
  async #checkCounters(): Promise<void> {
    const lines = new Set((await this.#pipeline.metrics.text()).split('\n'));
    for (const [counter, contents] of Object.entries({ received: this.#received, written: this.#written }))
      for (const [type, count] of Object.entries(contents)) {
        const line = `kafka_adapter_samples_${counter}_total{type="${type}"} ${count}`;
        if (!lines.has(line))
          this.#note({ request: 0, what: `not in /metrics: ${line}`, version: '', bytes: '' });
      }
  }

  async report(seconds: number): Promise<FuzzReport> {
    await this.#checkCounters();
    return {
      requests: this.#requests,
      verdicts: Object.fromEntries(this.#verdicts),
      dropped: Object.fromEntries(this.#dropped),
      records: this.#records,
      failures: this.#failures,
      longestCpuMs: this.#longestCpuMs,
      seconds,
    };
  }
}

/** What has to become of the request; a list of codes when nothing of it may be written. */
function expectedOf({ body, version }: Request): Expected | readonly string[] {
  const bytes = unwrap(Buffer.concat(body), MAX_DECODED_BYTES);
  return typeof bytes === 'string' ? [bytes] : expect(bytes, version);
}
