/** The process of the fuzz run: a plan in its first argument, how far it is and the report as messages. */

import '../../src/heap.ts';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type FuzzPlan, type FuzzReport, runFuzz } from './fuzz.ts';
import type { FuzzMemory, FuzzMessage } from './fuzz-run.ts';

/** By then everything is compiled, and memory that is used again has its size. */
const WARM_UP_REQUESTS = 20_000;

function retainedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function main(plan: FuzzPlan): Promise<void> {
  const send = (message: FuzzMessage): void => void process.send?.(message);
  // The bench is gone, however it ended.
  process.on('disconnect', () => process.exit());
  let retainedAtFirst = 0;
  const report: FuzzReport = await runFuzz(plan, (requests) => {
    if (requests <= WARM_UP_REQUESTS) retainedAtFirst = retainedBytes();
    send({ requests });
  });
  const memory: FuzzMemory = {
    retainedAtFirst,
    retainedBytes: retainedBytes(),
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
  };
  send({ requests: report.requests, report, memory });
}

await main(JSON.parse(process.argv[2]!) as FuzzPlan);
process.disconnect();
