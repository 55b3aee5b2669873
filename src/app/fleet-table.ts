/** What the command `fleet` says of the replicas it heard: as a table for a terminal, and as JSON for scripts. */

import type { FleetRecord } from '../fleet/record.ts';
import { byId, sharesAmong } from '../status/fleet.ts';

const LONGEST_CELL = 48;
const GAP = '  ';

interface HeardReplica extends FleetRecord {
  /** `performance.now()` when it was heard last. */
  readonly heardMs: number;
}

export interface Heard {
  readonly replicas: readonly HeardReplica[];
  /** One that was heard then or before is said to be silent. */
  readonly silentSinceMs: number;
  /** Ids that more than one replica has. */
  readonly sharedIds: ReadonlySet<string>;
}

/** One object of the JSON. The names are those of `fleet.list` in the answer of /api/v1/status. */
interface Line
  extends Pick<
    FleetRecord,
    'id' | 'instance' | 'version' | 'address' | 'samplesPerSecond' | 'connections' | 'cpu'
  > {
  readonly state: FleetRecord['state'] | 'silent';
  /** Of the samples of all ready replicas, 0 to 1; null when it is not ready, or there are none. */
  readonly share: number | null;
  /** ISO 8601, by its own clock. */
  readonly startedAt: string;
  /** Whether another replica that runs has the same id. */
  readonly hasNamesake: boolean;
}

/** By id. */
function linesOf({ replicas, silentSinceMs, sharedIds }: Heard): Line[] {
  const speaks = ({ heardMs }: HeardReplica): boolean => heardMs > silentSinceMs;
  const shareOf = sharesAmong(replicas.filter(speaks));
  return replicas.toSorted(byId).map((replica) => {
    const { id, instance, version, address, state, samplesPerSecond, connections, cpu, epoch } = replica;
    return {
      id,
      instance,
      version,
      address,
      state: speaks(replica) ? state : 'silent',
      share: speaks(replica) ? shareOf(replica) : null,
      samplesPerSecond,
      connections,
      cpu,
      startedAt: new Date(epoch).toISOString(),
      hasNamesake: sharedIds.has(id),
    };
  });
}

/** One array with an object a replica, an empty one when nobody was heard; it holds nothing that a terminal would obey. */
export function fleetJson(heard: Heard): string {
  const json = JSON.stringify(linesOf(heard), null, 2);
  return `${json.replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, escaped)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A line a replica. */
export function fleetTable(heard: Heard, now = Date.now()): string {
  const rows = linesOf(heard).map((replica) => {
    const { id, state, share, samplesPerSecond, connections, cpu, startedAt, version, address } = replica;
    return [
      id,
      state,
      share === null ? '-' : `${(share * 100).toFixed(0)} %`,
      samplesPerSecond.toFixed(0),
      connections.toFixed(0),
      cpu.toFixed(2),
      age(now - Date.parse(startedAt)),
      version,
      address,
    ].map(plain);
  });
  const head = ['REPLICA', 'STATE', 'SHARE', 'SAMPLES/S', 'CONNECTIONS', 'CPU', 'UP', 'VERSION', 'ADDRESS'];
  const isNumber = head.map((_, column) => column >= 2 && column <= 6);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join(GAP)
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

/** Whoever may write to the topic may write what a terminal would obey. */
function plain(text: string): string {
  const shown = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return shown.length > LONGEST_CELL ? `${shown.slice(0, LONGEST_CELL - 1)}…` : shown;
}

/** The largest unit: 51s, 12m, 3h, 4d. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
