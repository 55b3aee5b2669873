/** The scenes of `npm run bench -- fleet`, and how their figures are shown. */

import { type SceneFigures, summarise } from './summary.ts';
import type { Scene } from './world.ts';

type SceneWithoutSeed = Omit<Scene, 'seed'>;

/** Age alone, with the default and with the long age that a fleet can have, and the fleet. */
const POLICIES = [
  { maxAgeMs: 60_000, isFleetOn: false },
  { maxAgeMs: 300_000, isFleetOn: false },
  { maxAgeMs: 300_000, isFleetOn: true },
] as const;

interface Row {
  readonly scene: Omit<SceneWithoutSeed, 'maxAgeMs' | 'isFleetOn'>;
  /** Part of the runs asked for: large fleets take longer, and vary less. */
  readonly part?: number;
  readonly seconds?: number;
}

const TURN = 'round robin';

const ROWS: readonly Row[] = [
  { scene: { balancer: TURN, replicas: [1, 2], connections: 20 } },
  { scene: { balancer: TURN, replicas: [2, 3], connections: 50 } },
  { scene: { balancer: TURN, replicas: [2, 3], connections: 50, utilization: 0.3 } },
  { scene: { balancer: TURN, replicas: [2, 3], connections: 50, firstSpeed: 0.5 } },
  { scene: { balancer: TURN, replicas: [3, 4], connections: 40, utilization: 0.5 } },
  { scene: { balancer: TURN, replicas: [3, 8], connections: 200 }, part: 0.5 },
  { scene: { balancer: TURN, replicas: [20, 21], connections: 2000 }, part: 0.1, seconds: 300 },
  { scene: { balancer: TURN, replicas: [99, 100], connections: 10_000 }, part: 0.03, seconds: 180 },
  { scene: { balancer: 'round robin by TMM', replicas: [2, 3], connections: 50 } },
  { scene: { balancer: 'random', replicas: [2, 3], connections: 50 } },
  { scene: { balancer: 'least connections', replicas: [2, 3], connections: 50 } },
  { scene: { balancer: 'least connections', replicas: [3, 4], connections: 100, utilization: 0.5 } },
  { scene: { balancer: 'sticky', replicas: [2, 3], connections: 50, utilization: 0.5 } },
];

const USUAL_SECONDS = 900;

export function simulateFleets(runs: number, show: (line: string) => void): SceneFigures[] {
  show(HEAD);
  return ROWS.flatMap(({ scene, part = 1, seconds = USUAL_SECONDS }) =>
    POLICIES.map((policy) => {
      const figures = summarise(
        { ...scene, ...policy },
        { runs: Math.max(1, Math.round(runs * part)), seconds },
      );
      show(lineOf(figures));
      return figures;
    }),
  );
}

const COLUMNS = [34, 7, 12, 12, 12, 8, 12, 9] as const;

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => (index === 0 ? cell.padEnd(COLUMNS[0]) : cell.padStart(COLUMNS[index]!)))
    .join(' ');

const HEAD = row([
  'balancer, replicas, connections',
  'age',
  'even, s',
  '80 % full, s',
  'steady',
  'over',
  'reconnects/s',
  'balance/s',
]);

const pair = ([a, b]: readonly [number, number], digits = 0): string =>
  `${short(a, digits)}/${short(b, digits)}`;

function short(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

function lineOf(figures: SceneFigures): string {
  const { scene, evenSeconds, filledSeconds, steady, overloaded, reconnects, lateBalanceCloses } = figures;
  const { balancer, replicas, connections, firstSpeed, utilization, maxAgeMs, isFleetOn } = scene;
  const more = `${firstSpeed ? ` slow ${firstSpeed}` : ''}${utilization ? ` at ${utilization}` : ''}`;
  return row([
    `${balancer}, ${replicas.join('>')}, ${connections}${more}`,
    `${isFleetOn ? 'f' : ''}${maxAgeMs / 1000}`,
    pair(evenSeconds),
    pair(filledSeconds),
    pair(steady, 2),
    `${(overloaded * 100).toFixed(0)} %`,
    pair(reconnects, 2),
    lateBalanceCloses.toFixed(3),
  ]);
}
