/** Statuses as a replica might give them, for the status page: a busy one, an idle one, and one of a nasty mind. */

import type { ConnectionStatus, FleetReplica, Status } from '../../src/status/status.ts';

/** What an attacker would send as user agent; run, it would leave a mark and a broken image. */
export const HOSTILE_AGENT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

const AGENTS = ['Prometheus/3.16.0', 'Prometheus/3.5.1', 'vmagent', 'GrafanaAgent/0.44.2', 'Alloy/v1.12.0'];

/** `count` connections with falling shares; their figures differ and depend on the index alone. */
export function scriptedConnections(count: number): ConnectionStatus[] {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight, index) => {
    const ageSeconds = 2 + ((11 + index * 37.3) % 69);
    return {
      id: index + 1,
      client: `10.2.${Math.floor(index / 40)}.${7 + (index % 40)}:${41_822 + index * 113}`,
      agent: AGENTS[index % AGENTS.length]!,
      ageSeconds,
      idleSeconds: (index * 1.7) % 5,
      requests: Math.round(ageSeconds * 1.1) + 1,
      inFlight: index % 5 === 0 ? 1 : 0,
      samples: Math.round(weight * ageSeconds * 40_000),
      share: weight / sum,
      closesInSeconds: 75.2 - ageSeconds,
    };
  });
}

/** `count` replicas that share the load nearly evenly; the second is the one that answers, the last has just started. */
export function scriptedFleet(count: number): NonNullable<Status['fleet']> {
  const list = Array.from({ length: count }, (_, index): FleetReplica => {
    const id = `adapter-${index + 1}:8080`;
    return {
      id,
      instance: `k3x9q${index + 1}`,
      version: '0.1.0',
      address: id,
      state: 'ready',
      share: (1 + 0.03 * ((index % 3) - 1)) / count,
      samplesPerSecond: 41_230 * (1 + 0.03 * ((index % 3) - 1)),
      connections: 14 + (index % 3),
      cpu: 0.31 + 0.01 * (index % 3),
      // The status is asked for now, and what is shown is how long ago that was.
      startedAt: new Date(Date.now() - (index === count - 1 ? 51_000 : 273_912_000)).toISOString(),
      isThis: index === 1,
      hasNamesake: false,
      heardSecondsAgo: index === 1 ? 0 : 0.6 + 0.8 * (index % 4),
    };
  });
  return {
    name: 'default',
    topic: '_kafka_adapter_fleet',
    tolerance: 0.15,
    isUsable: true,
    problem: '',
    hasNamesake: false,
    ready: count,
    imbalance: 1.03,
    known: count,
    list,
  };
}

/** A replica with all its senders, as on a good day. */
export function busyStatus(): Status {
  const list = scriptedConnections(14);
  return {
    replica: {
      id: 'adapter-2:8080',
      instance: 'k3x9q2',
      hostname: 'adapter-2',
      version: '0.1.0',
      revision: 'f759b95',
      node: 'v24.21.0',
      startedAt: '2026-11-22T10:00:00.000Z',
      uptimeSeconds: 273_912.4,
      state: 'ready',
      detail: '',
    },
    configuration: { problems: [], failedSince: null },
    limits: {
      maxAgeSeconds: 60,
      effectiveMaxAgeSeconds: 60,
      maxAgeJitter: 0.25,
      maxRequests: 0,
      idleTimeoutSeconds: 75,
      maxCloseRatePerSecond: 20,
    },
    traffic: {
      windowSeconds: 18.7,
      requestsPerSecond: 20.6,
      samplesPerSecond: 41_230,
      bytesPerSecond: 2_153_000,
      writtenSamplesPerSecond: 41_190,
      p50Seconds: 0.0124,
      p99Seconds: 0.0383,
      requestsInFlight: 3,
      eventLoopUtilization: 0.31,
      refused: 0,
      retried: 12,
      dropped: 0,
      misread: 0,
    },
    connections: {
      open: list.length,
      probes: 2,
      unused: 0,
      oldestAgeSeconds: Math.max(...list.map(({ ageSeconds }) => ageSeconds)),
      accepted: 48_211,
      closed: {
        max_age: 46_871,
        max_requests: 0,
        overload: 31,
        rebalance: 0,
        drain: 0,
        idle_timeout: 402,
        headers_timeout: 0,
        request_timeout: 1,
        client: 879,
        unread_answer: 0,
        forced: 0,
        protocol_error: 3,
        pipelined: 0,
        unread_body: 0,
      },
      skipped: { request_incomplete: 4, pipelined: 0, rate_limited: 118 },
      shown: list.length,
      list,
    },
    returns: {
      ratio: 0.31,
      error: 0.04,
      watched: 512,
      verdict: 'spreads',
      meaning:
        'Senders whose connection is closed mostly come back to other replicas: as with about 3 replicas.',
    },
    fleet: scriptedFleet(3),
    kafka: {
      topic: 'metrics',
      connectedBrokers: 3,
      queueBytes: 5_767_168,
      queueLimitBytes: 268_435_456,
      lastAckSecondsAgo: 0.21,
      recordsPerSecond: 41_190,
      bytesPerSecond: 1_153_000,
      failures: 0,
      failuresPerSecond: 0,
    },
    hints: [
      {
        level: 'warning',
        text: 'One connection carries 22 % of the samples of this replica: raise min_shards of Prometheus/3.16.0 at 10.2.0.7.',
      },
    ],
  };
}

/** A replica that nobody has written to, with nothing measured yet. */
export function emptyStatus(): Status {
  const busy = busyStatus();
  const none = Object.fromEntries(Object.keys(busy.connections.closed).map((reason) => [reason, 0]));
  return {
    ...busy,
    replica: { ...busy.replica, uptimeSeconds: 14.2 },
    traffic: {
      windowSeconds: 18.7,
      requestsPerSecond: 0,
      samplesPerSecond: 0,
      bytesPerSecond: 0,
      writtenSamplesPerSecond: 0,
      p50Seconds: null,
      p99Seconds: null,
      requestsInFlight: 0,
      eventLoopUtilization: 0.004,
      refused: 0,
      retried: 0,
      dropped: 0,
      misread: 0,
    },
    connections: {
      open: 0,
      probes: 1,
      unused: 0,
      oldestAgeSeconds: 0,
      accepted: 0,
      closed: none,
      skipped: { request_incomplete: 0, pipelined: 0, rate_limited: 0 },
      shown: 0,
      list: [],
    },
    returns: {
      ratio: null,
      error: null,
      watched: 0,
      verdict: 'unknown',
      meaning: 'No connection was closed by age yet.',
    },
    kafka: { ...busy.kafka, queueBytes: 0, lastAckSecondsAgo: null, recordsPerSecond: 0, bytesPerSecond: 0 },
    hints: [],
  };
}

/** 200 replicas of 1000, and whatever somebody may write to the topic. */
function nastyFleet(): NonNullable<Status['fleet']> {
  const fleet = scriptedFleet(200);
  Object.assign(fleet.list[0]!, { id: HOSTILE_AGENT, address: HOSTILE_AGENT, version: 'v'.repeat(256) });
  Object.assign(fleet.list[2]!, {
    id: 'x'.repeat(256),
    samplesPerSecond: 1e15,
    connections: 1e15,
    cpu: 1e15,
  });
  Object.assign(fleet.list[3]!, { state: 'draining', share: null, startedAt: '+033658-09-27T01:46:40.000Z' });
  return {
    ...fleet,
    known: 1000,
    isUsable: false,
    problem: `${HOSTILE_AGENT} ${'y'.repeat(500)}`,
    imbalance: null,
  };
}

/** 200 connections and whatever a text or a number may be. */
export function nastyStatus(): Status {
  const busy = busyStatus();
  const list = scriptedConnections(200);
  Object.assign(list[0]!, { agent: HOSTILE_AGENT, client: '[2001:db8:85a3:8d3:1319:8a2e:370:7348]:65535' });
  Object.assign(list[1]!, { agent: '', samples: Number.MAX_VALUE, requests: Number.MAX_SAFE_INTEGER });
  Object.assign(list[2]!, { closesInSeconds: null, agent: 'x'.repeat(3000) });
  Object.assign(list[3]!, { closesInSeconds: -3, ageSeconds: 1e9, agent: '\u202eright to left' });
  return {
    ...busy,
    replica: { ...busy.replica, id: `adapter-${'0123456789'.repeat(9)}`, detail: HOSTILE_AGENT },
    traffic: {
      ...busy.traffic,
      samplesPerSecond: 999_960,
      requestsPerSecond: Number.MAX_VALUE,
      p50Seconds: null,
      p99Seconds: 12_345,
      eventLoopUtilization: 1.7,
      refused: Number.MAX_SAFE_INTEGER,
    },
    connections: { ...busy.connections, open: 12_345, shown: 200, list },
    returns: {
      ratio: 0.97,
      error: 0.11,
      watched: 73,
      verdict: 'sticky',
      meaning: 'Senders come back to this replica: <b>persistence</b>.',
    },
    fleet: nastyFleet(),
    kafka: { ...busy.kafka, topic: HOSTILE_AGENT, connectedBrokers: 0, lastAckSecondsAgo: null },
    hints: [
      { level: 'error', text: HOSTILE_AGENT },
      { level: 'info', text: 'y'.repeat(500) },
    ],
  };
}
