/** The micro bench: what each stage costs a sample, with what comes before it and on its own. */

import type { TestHooks } from '../support/process.ts';
import { median } from './quantiles.ts';
import { type RoundsPlan, roundsOf } from './rounds.ts';
import type { Stage } from './stages.ts';

export interface StageFigures {
  readonly stage: string;
  /** ns of CPU time a sample, the stages before included: the median of all rounds, and the best. */
  readonly totalNs: number;
  readonly bestNs: number;
  /** Without the stages before. */
  readonly ownNs: number;
  readonly samplesPerCpuSecond: number;
}

const PASSES = 2;

/** Goes through the list twice, so that a slow spell of the machine does not fall on one stage alone. */
export async function runMicro(
  hooks: TestHooks,
  plan: RoundsPlan,
  wanted: readonly string[],
): Promise<StageFigures[]> {
  // Loaded here only: the other scenarios can measure programs whose stages look different.
  const { STAGES } = await import('./stages.ts');
  const stages = select(STAGES, wanted);
  const rounds = new Map<string, number[]>(stages.map(({ name }) => [name, []]));
  for (let pass = 0; pass < PASSES; pass++) {
    for (const { name } of stages) {
      rounds.get(name)!.push(...(await roundsOf(hooks, 'stage-process.ts', { ...plan, stage: name })));
    }
  }
  return stages.map(({ name, after }) => {
    const totalNs = median(rounds.get(name)!);
    const before = after === undefined ? 0 : median(rounds.get(after)!);
    return {
      stage: name,
      totalNs,
      bestNs: Math.min(...rounds.get(name)!),
      ownNs: totalNs - before,
      samplesPerCpuSecond: 1e9 / totalNs,
    };
  });
}

/** The wanted stages and those they build on, in the order of the list; all when none is named. */
function select(stages: readonly Stage[], wanted: readonly string[]): readonly Stage[] {
  if (wanted.length === 0) return stages;
  const chosen = new Set<Stage>();
  for (const name of wanted) {
    let stage = stages.find((candidate) => candidate.name === name);
    if (!stage) throw new Error(`no stage ${name}; there are ${stages.map((one) => one.name).join(', ')}`);
    for (; stage; stage = stages.find((candidate) => candidate.name === stage?.after)) chosen.add(stage);
  }
  return stages.filter((stage) => chosen.has(stage));
}
