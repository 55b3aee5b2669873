/** Puts the status of this replica together, for the status page and its JSON. */

import type { Connection } from '../connection/connection.ts';
import type { Connections } from '../connection/connections.ts';
import type { ReturnFigures } from '../connection/returns.ts';
import type { Instruments } from '../metrics.ts';
import type { Activity, Traffic } from './activity.ts';
import { describeFleet, type FleetStatusParts } from './fleet.ts';
import { hintsFor } from './hints.ts';
import type { Replica } from './replica.ts';
import type { ConnectionStatus, Status } from './status.ts';

/** More would help nobody who reads them. */
const MAX_SHOWN = 200;
const MAX_AGENT_CHARACTERS = 200;

export interface SnapshotParts {
  readonly replica: Replica;
  readonly connections: Connections;
  readonly activity: Activity;
  readonly instruments: Instruments;
  readonly topic: string;
  /** Undefined when the fleet is off. */
  readonly fleet: FleetStatusParts | undefined;
  readonly configuration: Status['configuration'];
}

export async function takeSnapshot(parts: SnapshotParts): Promise<Status> {
  const traffic = await parts.activity.traffic();
  const facts = {
    replica: describeReplica(parts.replica),
    configuration: parts.configuration,
    limits: describeLimits(parts.connections),
    traffic: describeTraffic(parts, traffic),
    connections: await describeConnections(parts),
    returns: describeReturns(parts.connections.returns),
    fleet: parts.fleet ? describeFleet(parts.fleet) : null,
    kafka: await describeKafka(parts, traffic),
  };
  return { ...facts, hints: hintsFor(facts) };
}

function describeReplica({ startedAt, readiness, ...replica }: Replica): Status['replica'] {
  const { id, instance, hostname, version, revision } = replica;
  return {
    id,
    instance,
    hostname,
    version,
    revision,
    node: process.version,
    startedAt: startedAt.toISOString(),
    uptimeSeconds: Math.round(process.uptime()),
    state: readiness.word,
    detail: readiness.detail,
  };
}

function describeLimits({ settings, effectiveMaxAgeMs }: Connections): Status['limits'] {
  return {
    maxAgeSeconds: settings.maxAgeMs / 1000,
    effectiveMaxAgeSeconds: effectiveMaxAgeMs / 1000,
    maxAgeJitter: settings.maxAgeJitter,
    maxRequests: settings.maxRequests,
    idleTimeoutSeconds: settings.idleTimeoutMs / 1000,
    maxCloseRatePerSecond: settings.maxCloseRate,
  };
}

function describeTraffic({ connections }: SnapshotParts, traffic: Traffic): Status['traffic'] {
  const { windowSeconds, requestsPerSecond, samplesPerSecond, bytesPerSecond } = traffic;
  const { writtenSamplesPerSecond, p50Seconds, p99Seconds } = traffic;
  const { refused, retried, dropped, misread } = traffic.totals;
  return {
    windowSeconds,
    requestsPerSecond,
    samplesPerSecond,
    bytesPerSecond,
    writtenSamplesPerSecond,
    p50Seconds,
    p99Seconds,
    requestsInFlight: [...connections.open].reduce(
      (sum, { isProbe, inFlight }) => (isProbe ? sum : sum + inFlight),
      0,
    ),
    eventLoopUtilization: connections.utilization,
    refused,
    retried,
    dropped,
    misread,
  };
}

async function describeConnections(parts: SnapshotParts): Promise<Status['connections']> {
  const { connections, instruments } = parts;
  const all = [...connections.open];
  const used = all.filter(({ requests }) => requests > 0);
  const senders = used.filter((connection) => !connection.isProbe);
  const list = describeEach(senders, connections);
  return {
    open: senders.length,
    probes: used.length - senders.length,
    unused: all.length - used.length,
    oldestAgeSeconds: list.reduce((oldest, { ageSeconds }) => Math.max(oldest, ageSeconds), 0),
    accepted: connections.accepted,
    closed: await byReason(instruments.connectionsClosed),
    skipped: await byReason(instruments.connectionCloseSkipped),
    shown: Math.min(list.length, MAX_SHOWN),
    list: list.slice(0, MAX_SHOWN),
  };
}

function describeEach(senders: readonly Connection[], connections: Connections): ConnectionStatus[] {
  const nowMs = performance.now();
  const loads = new Map(senders.map((connection) => [connection, connection.recentLoad.samples]));
  const total = [...loads.values()].reduce((sum, samples) => sum + samples, 0);
  const seconds = (ms: number): number => Math.round(ms) / 1000;
  return senders
    .map((connection) => {
      const { id, address, port, agent, lastActiveMs, requests, inFlight, samples } = connection;
      const closesInMs = connections.closesInMs(connection);
      return {
        id,
        client: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
        agent: agent.slice(0, MAX_AGENT_CHARACTERS),
        ageSeconds: seconds(connection.ageMs(nowMs)),
        idleSeconds: inFlight > 0 ? 0 : seconds(nowMs - lastActiveMs),
        requests,
        inFlight,
        samples,
        share: total === 0 ? 0 : (loads.get(connection) ?? 0) / total,
        closesInSeconds: closesInMs === undefined ? null : seconds(closesInMs),
      };
    })
    .sort((a, b) => b.share - a.share || b.ageSeconds - a.ageSeconds);
}

function describeReturns(figures: ReturnFigures): Status['returns'] {
  const { ratio, watched } = figures;
  const share = `${Math.round((ratio ?? 0) * 100)} %`;
  const meanings = {
    unknown:
      ratio === null
        ? `${watched} closes watched so far; a figure needs ten.`
        : `${share} came back here, too close to call.`,
    spreads: `${share} came back here; with N replicas about 1/N is healthy.`,
    sticky: `${share} came back here: the balancer is sticky, or this replica is its only member.`,
  };
  return { ...figures, meaning: meanings[figures.verdict] };
}

async function describeKafka(
  { instruments, topic }: SnapshotParts,
  { recordsPerSecond, producedBytesPerSecond, produceFailuresPerSecond, totals }: Traffic,
): Promise<Status['kafka']> {
  const lastAckSeconds = await readGauge(instruments.kafkaLastAck);
  return {
    topic,
    connectedBrokers: await readGauge(instruments.kafkaConnectedBrokers),
    queueBytes: await readGauge(instruments.kafkaQueueBytes),
    queueLimitBytes: await readGauge(instruments.kafkaQueueLimitBytes),
    lastAckSecondsAgo: lastAckSeconds === 0 ? null : Math.max(0, Date.now() / 1000 - lastAckSeconds),
    recordsPerSecond,
    bytesPerSecond: producedBytesPerSecond,
    failures: totals.produceFailures,
    failuresPerSecond: produceFailuresPerSecond,
  };
}

type Gauge = Instruments['kafkaQueueBytes'];
type Counter = Instruments['connectionsClosed'];

async function readGauge(gauge: Gauge): Promise<number> {
  return (await gauge.get()).values[0]?.value ?? 0;
}

async function byReason(counter: Counter): Promise<Record<string, number>> {
  const { values } = await counter.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels['reason']), value]));
}
