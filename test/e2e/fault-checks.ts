/** The delivery promise, checked record by record: nothing acknowledged is missing, nothing is there too often. */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { RunningAdapter } from '../support/adapter.ts';
import { readTopic } from '../support/kafka.ts';
import { parseRecords, type SampleRecord, sampleKey } from '../support/records.ts';
import { type FaultLoad, isAcknowledged } from './fault-load.ts';

/** What a fault did, for the report. */
export interface Figures {
  readonly requests: number;
  readonly records: number;
  /** Samples that are there twice or more, all of requests that were sent more than once. */
  readonly repeatedSamples: number;
  /** Attempts by their status or by the code of the failed connection, all but 204. */
  readonly failed: Readonly<Record<string, number>>;
  /** From the first sending to the acknowledgement, the longest. */
  readonly longestMs: number;
}

export interface Expectations {
  /** Series may move to another partition, once and for good, because there are more of them now. */
  readonly partitionsGrow?: boolean;
}

/** Reads the topic and holds it against what was answered. Throws where the promise is broken. */
export async function assertDelivered(
  load: FaultLoad,
  where: { brokers: string; topic: string },
  expectations: Expectations = {},
): Promise<Figures> {
  const samples = parseRecords(await readTopic(where.brokers, where.topic));
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const key = sampleKey(sample);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const missing: string[] = [];
  const tooMany: string[] = [];
  let repeatedSamples = 0;
  for (const request of load.requests) {
    const sent = request.attempts.length;
    for (const key of load.keysOf(request)) {
      const count = counts.get(key) ?? 0;
      counts.delete(key);
      if (count === 0 && isAcknowledged(request)) missing.push(key);
      // One that was acknowledged at its first sending is there once; each further sending may add one.
      if (count > sent) tooMany.push(`${count} times, but sent ${sent} times: ${key}`);
      if (count > 1) repeatedSamples++;
    }
  }
  assert.deepEqual(shown(missing), [], `${missing.length} acknowledged samples are not in the topic`);
  assert.deepEqual(shown(tooMany), [], `${tooMany.length} samples are there too often`);
  assert.deepEqual(shown([...counts.keys()]), [], 'nobody has sent these');
  assertInOrder(samples, expectations.partitionsGrow ?? false);
  return { ...figuresOf(load), records: samples.length, repeatedSamples };
}

function shown(lines: readonly string[]): readonly string[] {
  return lines.slice(0, 5);
}

/** Each series on one partition, no sample behind a younger one; the same sample may follow itself. */
function assertInOrder(samples: readonly SampleRecord[], partitionsGrow: boolean): void {
  const sorted = samples.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
  const bySeries = Map.groupBy(sorted, ({ series }) => series);
  for (const [series, own] of bySeries) {
    const runs = [...Map.groupBy(own, ({ partition }) => partition).values()];
    assert.ok(runs.length <= (partitionsGrow ? 2 : 1), `${runs.length} partitions hold ${series}`);
    runs.sort((a, b) => a[0]!.timestampMs - b[0]!.timestampMs);
    let last = Number.NEGATIVE_INFINITY;
    for (const { timestampMs, partition, offset } of runs.flat()) {
      assert.ok(timestampMs >= last, `${series}: ${timestampMs} at ${partition}/${offset} is behind ${last}`);
      last = timestampMs;
    }
  }
}

function figuresOf(load: FaultLoad): Omit<Figures, 'records' | 'repeatedSamples'> {
  const failed: Record<string, number> = {};
  for (const { status, problem } of load.attempts) {
    const name = status === undefined ? String(problem) : String(status);
    if (name !== '204') failed[name] = (failed[name] ?? 0) + 1;
  }
  const longestMs = load.acknowledged.reduce(
    (longest, { attempts }) => Math.max(longest, attempts.at(-1)!.endedMs - attempts[0]!.begunMs),
    0,
  );
  return { requests: load.requests.length, failed, longestMs: Math.round(longestMs) };
}

/** The adapter has lived through it: still running, no error logged, and it ends as it should. */
export async function assertUnharmed(adapter: RunningAdapter): Promise<void> {
  assert.equal(adapter.process.status, undefined, adapter.process.output.slice(-4000));
  assert.deepEqual(adapter.logged('error'), []);
  assert.deepEqual(await adapter.process.stop('SIGTERM'), { code: 0, signal: null });
}

/** One line with what the fault did. */
export function report(t: TestContext, figures: Figures, more = ''): void {
  const { requests, records, repeatedSamples, failed, longestMs } = figures;
  const others = Object.entries(failed).map(([name, count]) => `${count} x ${name}`);
  const line = [
    `${requests} requests, ${records} records`,
    `${repeatedSamples} samples more than once`,
    `other answers: ${others.join(', ') || 'none'}`,
    `longest wait ${longestMs} ms`,
    more,
  ];
  t.diagnostic(line.filter((part) => part !== '').join('; '));
}
