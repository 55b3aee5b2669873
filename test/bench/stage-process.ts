/** Measures one stage in a fresh process, so that no other stage has shaped what the engine compiled for it. */

import { measureRounds, type RoundsPlan } from './rounds.ts';
import { STAGES } from './stages.ts';

const plan = JSON.parse(process.argv[2]!) as RoundsPlan;
const stage = STAGES.find(({ name }) => name === plan.stage)!;
const corpus = { ...plan.corpus, ...(stage.kind && { kind: stage.kind }) };
process.stdout.write(JSON.stringify(measureRounds({ ...plan, corpus }, stage.make())));
