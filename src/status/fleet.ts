/** What the status says of the fleet: every replica that this one knows, itself included. */

import type { FleetView } from '../fleet/fleet.ts';
import type { FleetRecord } from '../fleet/record.ts';
import type { FleetReplica, Status } from './status.ts';

/** More would help nobody who reads them. */
const MAX_SHOWN = 200;

export interface FleetStatusParts {
  readonly view: FleetView;
  /** The options `fleet.topic` and `fleet.tolerance`. */
  readonly topic: string;
  readonly tolerance: number;
}

export function describeFleet({ view, topic, tolerance }: FleetStatusParts): NonNullable<Status['fleet']> {
  const { own, others, standing, isUsable, problem, hasNamesake, sharedIds } = view;
  const nowMs = performance.now();
  const shareOf = sharesAmong([own, ...others]);
  const busiest = others.toSorted((a, b) => b.samplesPerSecond - a.samplesPerSecond).slice(0, MAX_SHOWN - 1);
  const list = [
    { ...describe(own, shareOf(own)), isThis: true, hasNamesake, heardSecondsAgo: 0 },
    ...busiest.map((other) => ({
      ...describe(other, shareOf(other)),
      isThis: false,
      hasNamesake: sharedIds.has(other.id),
      heardSecondsAgo: Math.round(nowMs - other.heardMs) / 1000,
    })),
  ];
  return {
    name: own.fleet,
    topic,
    tolerance,
    isUsable,
    problem,
    hasNamesake,
    ready: standing.replicas,
    imbalance: finite(standing.imbalance),
    known: others.length + 1,
    list: list.sort(byId),
  };
}

/** Gives the part of each in the samples of those that are ready; null for one that is not, or when there are none. */
export function sharesAmong(all: readonly FleetRecord[]): (record: FleetRecord) => number | null {
  const ready = all.filter(({ state }) => state === 'ready');
  const total = ready.reduce((sum, { samplesPerSecond }) => sum + samplesPerSecond, 0);
  return ({ state, samplesPerSecond }) => (state === 'ready' ? finite(samplesPerSecond / total) : null);
}

/** As people count: 9 before 10. */
export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true });
}

/** JSON has no NaN. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function describe(
  record: FleetRecord,
  share: number | null,
): Omit<FleetReplica, 'isThis' | 'hasNamesake' | 'heardSecondsAgo'> {
  const { id, instance, version, address, state, samplesPerSecond, connections, cpu, epoch } = record;
  const startedAt = new Date(epoch).toISOString();
  return { id, instance, version, address, state, share, samplesPerSecond, connections, cpu, startedAt };
}
