/** The gauges of connections, brought up to date before each scrape. */

import { performance } from 'node:perf_hooks';
import type { Instruments } from '../metrics.ts';
import type { Connections } from './connections.ts';

export function measureConnections(connections: Connections, instruments: Instruments): void {
  const open = [...connections.open];
  const senders = open.filter((connection) => !connection.isProbe);
  const oldestMs = senders[0]?.ageMs(performance.now()) ?? 0;
  instruments.connections.set(senders.length);
  instruments.probeConnections.set(open.length - senders.length);
  instruments.connectionOldestAge.set(oldestMs / 1000);
  instruments.connectionEffectiveMaxAge.set(connections.effectiveMaxAgeMs / 1000);
  instruments.eventLoopUtilization.set(connections.utilization);
  instruments.clientsReturnedRatio.set(connections.returns.ratio ?? Number.NaN);
}
