/** Measures one piece of work in rounds, in its CPU time, and runs programs that do so in a process of their own. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestHooks } from '../support/process.ts';
import { type Body, type CorpusOptions, makeCorpus } from './corpus.ts';

const WARM_UP_MS = 1000;
const ROUND_MS = 300;

/** What such a program is told by its one argument. */
export interface RoundsPlan {
  readonly corpus: CorpusOptions;
  readonly rounds: number;
  /** Of the micro bench. */
  readonly stage?: string;
}

/** Does the work with all bodies again and again; ns a sample of each round, collector and compiler included. */
export function measureRounds(plan: RoundsPlan, work: (body: Body) => void): number[] {
  const bodies = makeCorpus(plan.corpus);
  const pass = (forMs: number): number => {
    const endMs = performance.now() + forMs;
    const before = process.cpuUsage();
    let samples = 0;
    while (performance.now() < endMs) {
      for (const body of bodies) {
        work(body);
        samples += body.samples;
      }
    }
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / samples;
  };
  pass(WARM_UP_MS);
  return Array.from({ length: plan.rounds }, () => pass(ROUND_MS));
}

/** Runs a program of this folder with the plan; it writes the numbers of its rounds as JSON. */
export async function roundsOf(hooks: TestHooks, file: string, plan: RoundsPlan): Promise<number[]> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const running = promisify(execFile)(process.execPath, [program, JSON.stringify(plan)]);
  hooks.after(() => running.child.kill('SIGKILL'));
  return JSON.parse((await running).stdout) as number[];
}
