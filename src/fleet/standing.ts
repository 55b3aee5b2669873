/** Where this replica stands in the fleet: its load beside that of the others. */

import type { Member } from './members.ts';
import type { FleetRecord } from './record.ts';

/** What a replica knows of itself and tells the others. */
export type Figures = Pick<FleetRecord, 'state' | 'connections' | 'samplesPerSecond' | 'cpu'>;

export interface Standing {
  /** That are ready, this one included when it is. */
  readonly replicas: number;
  /** This replica's part of the samples of these, 0 to 1; NaN when there are none. */
  readonly share: number;
  /** The highest load by the mean: 1 = even, N = all on one of N; NaN without load. */
  readonly imbalance: number;
}

export function standingOf(own: Figures, others: readonly Member[]): Standing {
  const ready = [own, ...others].filter(({ state }) => state === 'ready');
  const loads = ready.map(({ samplesPerSecond }) => samplesPerSecond);
  const total = loads.reduce((sum, load) => sum + load, 0);
  return {
    replicas: ready.length,
    share: own.samplesPerSecond / total,
    imbalance: (Math.max(...loads) * ready.length) / total,
  };
}
