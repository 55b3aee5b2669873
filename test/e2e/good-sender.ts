/** A well-behaved sender beside an attack, and what it and the process have to show afterwards. */

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { oneConnection, type RunningAdapter } from '../support/adapter.ts';
import { uniqueRequest } from './load.ts';

/**
 * On top of twice its usual time: the attackers are in this very process, and others use the machine. What an attack
 * really costs others is measured by `npm run bench -- hostile`.
 */
const GENEROUS_MS = 5000;
const PAUSE_MS = 20;
const USUAL_REQUESTS = 15;
/** What an attack may add to the memory of a process that starts at about 130 MiB. */
export const MOST_MEMORY_BYTES = 400 * 1024 * 1024;

interface Times {
  readonly all: readonly number[];
  readonly p99: number;
}

/** Writes until `isOver`; each request has to be answered 204. Milliseconds. */
async function writeUntil(adapter: RunningAdapter, isOver: (count: number) => boolean): Promise<Times> {
  const agent = oneConnection();
  const all: number[] = [];
  while (!isOver(all.length)) {
    const begunMs = performance.now();
    const { status, text } = await adapter.write(uniqueRequest(0, Date.now()).payload, { agent });
    assert.equal(status, 204, `a good request beside the attack: ${text}`);
    all.push(performance.now() - begunMs);
    await pause(PAUSE_MS);
  }
  agent.destroy();
  const sorted = [...all].sort((a, b) => a - b);
  return { all, p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0 };
}

/** Runs the attack beside a good sender; then the process is alive, small and without a fault. */
export async function besideGoodSender(
  adapter: RunningAdapter,
  attack: () => Promise<void>,
  mostMemoryBytes = MOST_MEMORY_BYTES,
): Promise<string> {
  const usual = await writeUntil(adapter, (count) => count >= USUAL_REQUESTS);
  let isOver = false;
  const [beside] = await Promise.all([
    writeUntil(adapter, (count) => isOver && count > 0),
    attack().finally(() => {
      isOver = true;
    }),
  ]);
  const peakBytes = adapter.peakMemoryBytes() ?? 0;
  const peak = `${Math.round(peakBytes / 1024 / 1024)} MiB`;
  assert.ok(peakBytes < mostMemoryBytes, `the adapter took ${peak}`);
  const limitMs = 2 * usual.p99 + GENEROUS_MS;
  assert.ok(beside.p99 <= limitMs, `p99 of a good sender was ${beside.p99} ms, usually ${usual.p99} ms`);
  assert.deepEqual(adapter.logged('error'), []);
  assert.equal(adapter.process.status, undefined, 'the process lives');
  return `${beside.all.length} good requests, p99 ${beside.p99.toFixed(0)} ms (${usual.p99.toFixed(0)} before), peak ${peak}`;
}
