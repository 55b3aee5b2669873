/** The handle on the fuzz run, which has a process of its own, so that a request that never ends is noticed. */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestHooks } from '../support/process.ts';
import type { FuzzPlan, FuzzReport } from './fuzz.ts';

const program = fileURLToPath(new URL('fuzz-process.ts', import.meta.url));

/** A thousand requests take a fifth of a second. */
const NO_PROGRESS_MS = 60_000;
const SHOW_EVERY_REQUESTS = 100_000;
/** How much more may be retained at the end than after the first requests, when all memory has found its size. */
const MOST_GROWTH_BYTES = 16 * 1024 * 1024;
const MOST_RESIDENT_BYTES = 512 * 1024 * 1024;

export interface FuzzMemory {
  /** Heap and buffers after a collection: when everything was warm, and at the end. */
  readonly retainedAtFirst: number;
  readonly retainedBytes: number;
  readonly peakResidentBytes: number;
}

export interface FuzzMessage {
  readonly requests: number;
  readonly report?: FuzzReport;
  readonly memory?: FuzzMemory;
}

export interface FuzzFigures extends FuzzReport {
  readonly memory: FuzzMemory;
  /** What must not be, in words; empty when all is well. */
  readonly faults: readonly string[];
}

/** Rejects when the process ends or stands still. */
export async function runFuzzProcess(hooks: TestHooks, plan: FuzzPlan): Promise<FuzzFigures> {
  const child = fork(program, [JSON.stringify(plan)]);
  hooks.after(() => child.kill('SIGKILL'));
  let requests = 0;
  return await new Promise((resolve, reject) => {
    const watch = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`fuzz: stands still; repeat with --seed=${plan.seed} --first=${plan.first + requests}`),
      );
    }, NO_PROGRESS_MS);
    child.on('message', (message: FuzzMessage) => {
      watch.refresh();
      requests = message.requests;
      if (message.report) resolve(figuresOf(message.report, message.memory!));
      else if (requests % SHOW_EVERY_REQUESTS === 0) process.stdout.write(`fuzz: ${requests} requests\n`);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(watch);
      reject(new Error(`fuzz: ended (${code ?? signal}) after ${requests} requests of seed ${plan.seed}`));
    });
  });
}

function figuresOf(report: FuzzReport, memory: FuzzMemory): FuzzFigures {
  const faults = report.failures.map(({ request, what }) => `request ${request}: ${what}`);
  const growth = memory.retainedBytes - memory.retainedAtFirst;
  if (growth > MOST_GROWTH_BYTES) faults.push(`${growth} bytes more are retained than at first`);
  if (memory.peakResidentBytes > MOST_RESIDENT_BYTES)
    faults.push(`${memory.peakResidentBytes} bytes were resident`);
  return { ...report, memory, faults };
}
