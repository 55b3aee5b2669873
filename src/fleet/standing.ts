/** Where this replica stands in the fleet: its load beside that of the others, and what would be its fair share. */

import type { Member } from './members.ts';
import type { FleetRecord } from './record.ts';

/** What a replica knows of itself and tells the others. */
export type Figures = Pick<
  FleetRecord,
  'state' | 'connections' | 'samplesPerSecond' | 'largestSamplesPerSecond' | 'cpu' | 'samplesPerCpuSecond'
>;

/** Costs of a sample that differ by less than the first factor count as equal, by more than the second in full. */
const EQUAL_COST = 1.25;
const OTHER_COST = 1.6;
const MOST_COST = 4;
/**
 * Connections are level when their standard deviation is less than this part of what it is by chance, the root of their
 * mean, or less than one. Behind a balancer that looks for the least connections it nearly always is, though a client is
 * away for a moment and what one replica has told is old; elsewhere it seldom is.
 */
const LEVEL = 0.3;

export interface Standing {
  /** That are ready, this one included when it is. */
  readonly replicas: number;
  /** This replica's part of the samples of these, 0 to 1; NaN without load, and while it is not ready. */
  readonly share: number;
  /** The highest load by the mean, both by what a sample costs: 1 = even, N = all on one of N; NaN without load. */
  readonly imbalance: number;
  /**
   * Samples a second that are this replica's due: less where a sample takes more CPU time than elsewhere, and no less
   * than its busiest connection, which can move only as a whole. All dues together are the load of the fleet.
   */
  readonly dueSamplesPerSecond: number;
  /** Of the ready replicas, how many carry less than their due. */
  readonly below: number;
  /**
   * Of the one that has least: its part of its due in load or in connections, whichever is more. One that was just
   * added lacks both; one that has enough connections, all of them small, has only been unlucky.
   */
  readonly least: number;
  /** Whether all have equally many connections, as behind a balancer that looks for the least. */
  readonly isLevel: boolean;
}

/** A ready replica with its weight: 1 = as much load as any is its due, 0.5 = half as much. */
type Weighed = Figures & { readonly weight: number };

export function standingOf(own: Figures, others: readonly Member[]): Standing {
  const ready = [own, ...others].filter(({ state }) => state === 'ready');
  const speeds = ready.map(({ samplesPerCpuSecond }) => samplesPerCpuSecond).filter((speed) => speed > 0);
  const typical = median(speeds);
  const weigh = (figures: Figures): Weighed => ({ ...figures, weight: weightOf(figures, typical) });
  const weighed = ready.map(weigh);
  const level = levelOf(weighed);
  const due = (one: Weighed): number => Math.max(level * one.weight, busiestOf(one));
  const load = (one: Weighed): number => one.samplesPerSecond / due(one);
  const even = total(weighed, 'connections') / total(weighed, 'weight');
  const filled = ({ connections, weight }: Weighed): number => connections / weight / even;
  const samplesPerSecond = total(weighed, 'samplesPerSecond');
  const mean = samplesPerSecond / total(weighed, 'weight');
  return {
    replicas: ready.length,
    share: own.state === 'ready' ? own.samplesPerSecond / samplesPerSecond : Number.NaN,
    imbalance: Math.max(...weighed.map((one) => one.samplesPerSecond / one.weight)) / mean,
    dueSamplesPerSecond: due(weigh(own)),
    below: weighed.filter((one) => load(one) < 1).length,
    least: Math.min(...weighed.map((one) => Math.max(load(one), filled(one)))),
    isLevel: isLevel(ready),
  };
}

/**
 * Samples a second that are the due of a replica of weight 1: what is left by those whose busiest connection alone is
 * more than that, shared evenly among the others.
 */
function levelOf(weighed: readonly Weighed[]): number {
  let left = total(weighed, 'samplesPerSecond');
  let weights = total(weighed, 'weight');
  const byBusiest = weighed.toSorted((a, b) => busiestOf(b) / b.weight - busiestOf(a) / a.weight);
  // Whoever is last has what is left.
  for (const one of byBusiest.slice(0, -1)) {
    if (busiestOf(one) <= (left / weights) * one.weight) break;
    left = Math.max(0, left - busiestOf(one));
    weights -= one.weight;
  }
  return left / weights;
}

function isLevel(ready: readonly Figures[]): boolean {
  const mean = ready.reduce((sum, { connections }) => sum + connections, 0) / ready.length;
  const squares = ready.reduce((sum, { connections }) => sum + (connections - mean) ** 2, 0);
  return Math.sqrt(squares / ready.length) < Math.max(1, LEVEL * Math.sqrt(mean));
}

/** Of the busiest connection; anybody may have written that it is more than the whole. */
function busiestOf({ largestSamplesPerSecond, samplesPerSecond }: Figures): number {
  return Math.min(largestSamplesPerSecond, samplesPerSecond);
}

/**
 * 1 for a replica whose samples cost about what they cost elsewhere; 0.5 where they cost twice as much, be it a slower
 * machine or a more expensive sender. Small differences count as none and larger ones in full, without a step between.
 */
function weightOf({ samplesPerCpuSecond: speed }: Figures, typical: number | undefined): number {
  if (speed === 0 || typical === undefined) return 1;
  const away = Math.abs(Math.log(speed / typical));
  const [from, to] = [Math.log(EQUAL_COST), Math.log(OTHER_COST)];
  const counted = away >= to ? away : Math.max(0, (away - from) * (to / (to - from)));
  return Math.exp(Math.sign(speed - typical) * Math.min(counted, Math.log(MOST_COST)));
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function total(figures: readonly Weighed[], name: Exclude<keyof Weighed, 'state'>): number {
  return figures.reduce((sum, one) => sum + one[name], 0);
}
