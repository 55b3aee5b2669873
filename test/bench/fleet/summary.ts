/** Many runs of a scene, summed up: how soon it is even after the change, how even it stays, what it costs. */

import { type Moment, type Scene, World } from './world.ts';

export interface Plan {
  readonly runs: number;
  /** After the change; the last two thirds are the steady state. */
  readonly seconds: number;
}

export interface SceneFigures {
  readonly scene: Omit<Scene, 'seed'>;
  /** Seconds until the highest load by the mean is at most 1.25: median and p90 of the runs; Infinity = never. */
  readonly evenSeconds: readonly [median: number, p90: number];
  /** Seconds until the last replica has 80 % of its fair share of the connections. */
  readonly filledSeconds: readonly [median: number, p90: number];
  /** Highest load by the mean, over all seconds of the steady state: median and p95. */
  readonly steady: readonly [median: number, p95: number];
  /** Part of all seconds in which some replica had more than it can do. */
  readonly overloaded: number;
  /** A second, of all replicas: in the first minute, and in the steady state. */
  readonly reconnects: readonly [first: number, steady: number];
  /** Connections asked to leave for balance in the last third, a second and replica. */
  readonly lateBalanceCloses: number;
  /** Records a second and replica. */
  readonly published: number;
}

const EVEN = 1.25;
const FILLED = 0.8;
const FIRST_SECONDS = 60;

export function summarise(scene: Omit<Scene, 'seed'>, { runs, seconds }: Plan): SceneFigures {
  const even: number[] = [];
  const filled: number[] = [];
  const all: Moment[] = [];
  let late = 0;
  let published = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const world = new World({ ...scene, seed });
    const moments = world.run((seconds * 2) / 3);
    const before = balanceCloses(world);
    const records = total(world.replicas.map((replica) => replica.published));
    moments.push(...world.run(seconds / 3));
    late += balanceCloses(world) - before;
    published += total(world.replicas.map((replica) => replica.published)) - records;
    even.push(moments.find(({ maxByMean }) => maxByMean <= EVEN)?.second ?? Number.POSITIVE_INFINITY);
    filled.push(
      moments.find(({ lastConnections }) => lastConnections >= FILLED)?.second ?? Number.POSITIVE_INFINITY,
    );
    all.push(...moments);
  }
  const replicaSeconds = (runs * scene.replicas[1] * seconds) / 3;
  const isSteady = ({ second }: Moment): boolean => second > seconds / 3;
  const loads = all.filter(isSteady).map(({ maxByMean }) => maxByMean);
  const reconnects = (moments: readonly Moment[]): number => total(moments.map((one) => one.reconnects));
  return {
    scene,
    evenSeconds: [quantile(even, 0.5), quantile(even, 0.9)],
    filledSeconds: [quantile(filled, 0.5), quantile(filled, 0.9)],
    steady: [quantile(loads, 0.5), quantile(loads, 0.95)],
    overloaded: all.filter(({ isOverloaded }) => isOverloaded).length / all.length,
    reconnects: [
      reconnects(all.filter(({ second }) => second <= FIRST_SECONDS)) / (runs * FIRST_SECONDS),
      reconnects(all.filter(isSteady)) / ((runs * seconds * 2) / 3),
    ],
    lateBalanceCloses: late / replicaSeconds,
    published: published / replicaSeconds,
  };
}

function balanceCloses(world: World): number {
  return total(world.replicas.map(({ closed }) => closed.balance ?? 0));
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
