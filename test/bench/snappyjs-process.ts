/** The yardstick: snappyjs alone decompressing the bodies. Imports nothing of the adapter, whose state may vary. */

import { uncompress } from 'snappyjs';
import { measureRounds, type RoundsPlan } from './rounds.ts';

const plan = JSON.parse(process.argv[2]!) as RoundsPlan;
const rounds = measureRounds(plan, ({ compressed }) => {
  uncompress(compressed);
});
process.stdout.write(JSON.stringify(rounds));
