/** The fleet as a table for a terminal. */

import type { FleetRecord } from '../fleet/record.ts';
import { byId, sharesAmong } from '../status/fleet.ts';

const LONGEST_CELL = 48;
const GAP = '  ';

interface Heard extends FleetRecord {
  readonly heardMs: number;
}

/** A line a replica, by id. One that was heard at `silentSinceMs` or before is said to be silent. */
export function fleetTable(replicas: readonly Heard[], silentSinceMs: number, now = Date.now()): string {
  const speaks = ({ heardMs }: Heard): boolean => heardMs > silentSinceMs;
  const shareOf = sharesAmong(replicas.filter(speaks));
  const rows = replicas.toSorted(byId).map((replica) => {
    const { id, state, samplesPerSecond, connections, cpu, version, epoch, address } = replica;
    const share = speaks(replica) ? shareOf(replica) : null;
    return [
      id,
      speaks(replica) ? state : 'silent',
      share === null ? '-' : `${(share * 100).toFixed(0)} %`,
      samplesPerSecond.toFixed(0),
      connections.toFixed(0),
      cpu.toFixed(2),
      age(now - epoch),
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
