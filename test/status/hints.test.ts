/** What the status page says in words. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hintsFor } from '../../src/status/hints.ts';
import type { ConnectionStatus, FleetReplica, Status } from '../../src/status/status.ts';

type Facts = Omit<Status, 'hints'>;

function connection(client: string, share: number, agent = 'Prometheus/3.0'): ConnectionStatus {
  return {
    id: 1,
    client,
    agent,
    ageSeconds: 1,
    idleSeconds: 0,
    requests: 1,
    inFlight: 0,
    samples: 1,
    share,
    closesInSeconds: 10,
  };
}

function replica(id: string, version = '1'): FleetReplica {
  return {
    id,
    instance: 'i',
    version,
    address: id,
    state: 'ready',
    share: 0.5,
    samplesPerSecond: 1000,
    connections: 2,
    cpu: 0.3,
    startedAt: '2026-01-01T00:00:00.000Z',
    isThis: id === 'a:1',
    hasNamesake: false,
    heardSecondsAgo: 1,
  };
}

const EVEN = [connection('10.0.0.1:1', 0.5), connection('10.0.0.2:1', 0.5)];

/** A replica of which nothing is to be said. */
const QUIET: Facts = {
  replica: {
    id: 'a:1',
    instance: 'i',
    hostname: 'a',
    version: '1',
    revision: 'r',
    node: 'v24',
    startedAt: '2026-01-01T00:00:00.000Z',
    uptimeSeconds: 1000,
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
    windowSeconds: 15,
    requestsPerSecond: 10,
    samplesPerSecond: 1000,
    bytesPerSecond: 1e5,
    writtenSamplesPerSecond: 1000,
    p50Seconds: 0.01,
    p99Seconds: 0.05,
    requestsInFlight: 1,
    eventLoopUtilization: 0.3,
    refused: 0,
    retried: 0,
    dropped: 0,
    misread: 0,
  },
  connections: {
    open: 2,
    probes: 1,
    unused: 0,
    oldestAgeSeconds: 30,
    accepted: 10,
    closed: {},
    skipped: {},
    shown: 2,
    list: EVEN,
  },
  returns: { ratio: 0.3, error: 0.05, watched: 100, verdict: 'spreads', meaning: '' },
  fleet: {
    name: 'default',
    topic: 'fleet',
    tolerance: 0.15,
    isUsable: true,
    problem: '',
    hasNamesake: false,
    ready: 2,
    imbalance: 1.1,
    known: 2,
    list: [replica('a:1'), replica('b:1')],
  },
  kafka: {
    topic: 'metrics',
    connectedBrokers: 3,
    queueBytes: 10,
    queueLimitBytes: 100,
    lastAckSecondsAgo: 0.1,
    recordsPerSecond: 1000,
    bytesPerSecond: 1e6,
    failures: 0,
    failuresPerSecond: 0,
  },
};

describe('the hints', () => {
  test('are none when all is well, with a fleet or without', () => {
    assert.deepEqual(hintsFor(QUIET), []);
    assert.deepEqual(hintsFor({ ...QUIET, fleet: null }), []);
  });

  test('do not name a fleet that a replica which has just started does not know yet', () => {
    const fleet = { ...QUIET.fleet!, isUsable: false, problem: 'not yet' };
    assert.deepEqual(hintsFor({ ...QUIET, fleet, replica: { ...QUIET.replica, uptimeSeconds: 20 } }), []);
  });

  test('name few versions, and no more of each than can be read', () => {
    const list = Array.from({ length: 50 }, (_, i) => replica(`r${i}`, `${i}${'x'.repeat(200)}`));
    const [hint] = hintsFor({ ...QUIET, fleet: { ...QUIET.fleet!, list } });
    assert.ok(hint!.text.length < 350, hint!.text);
  });

  test('begin with the gravest, and of these with Kafka being away', () => {
    const hints = hintsFor({
      ...QUIET,
      returns: { ...QUIET.returns, verdict: 'sticky' },
      fleet: { ...QUIET.fleet!, imbalance: 1.8 },
      kafka: { ...QUIET.kafka, connectedBrokers: 0, failuresPerSecond: 0.2 },
    });
    assert.deepEqual(
      hints.map(({ level }) => level),
      ['error', 'warning', 'info'],
    );
    assert.match(hints[0]!.text, /^No Kafka broker is connected/);
  });

  test('say nothing of failures that are long over, though nobody has written since', () => {
    const kafka = { ...QUIET.kafka, connectedBrokers: 0, failures: 3, failuresPerSecond: 0 };
    assert.deepEqual(hintsFor({ ...QUIET, kafka }), hintsFor(QUIET));
  });

  test('show no more of what is wrong with a configuration than a line has room for', () => {
    const problems = ['x'.repeat(1000), 'y', 'z'];
    const [hint] = hintsFor({
      ...QUIET,
      configuration: { problems, failedSince: '2026-01-01T00:00:00.000Z' },
    });
    assert.match(hint!.text, /: x{300}… \(and 2 more, see the log\)$/);
  });

  const cases: readonly (readonly [string, Partial<Facts>, RegExp])[] = [
    ['a sticky balancer', { returns: { ...QUIET.returns, verdict: 'sticky' } }, /persistence.*BIG-IP/],
    [
      'the age off',
      { limits: { ...QUIET.limits, maxAgeSeconds: 0, effectiveMaxAgeSeconds: 0 } },
      /connection\.max_age is 0/,
    ],
    [
      'no broker',
      { kafka: { ...QUIET.kafka, connectedBrokers: 0, failuresPerSecond: 0.2 } },
      /No Kafka broker is connected/,
    ],
    [
      'a topic that is not there',
      { kafka: { ...QUIET.kafka, failures: 3, failuresPerSecond: 0.2 } },
      /does not acknowledge what is written.*Does the topic \(metrics\) exist/,
    ],
    ['no acknowledgement', { kafka: { ...QUIET.kafka, lastAckSecondsAgo: 500 } }, /nothing for 500 s/],
    [
      'a queue nearly full',
      { kafka: { ...QUIET.kafka, queueBytes: 90 } },
      /take 90 % of kafka\.max_queue_size/,
    ],
    ['a busy event loop', { traffic: { ...QUIET.traffic, eventLoopUtilization: 0.97 } }, /busy 97 %/],
    [
      'a stretched age',
      { limits: { ...QUIET.limits, effectiveMaxAgeSeconds: 180 } },
      /max_close_rate \(20 a second\) keeps them for about 180 s instead of 60 s/,
    ],
    [
      'a fleet that cannot be used',
      {
        fleet: {
          ...QUIET.fleet!,
          isUsable: false,
          problem: 'cannot read topic fleet: no leader',
          imbalance: 3,
        },
      },
      /by age alone; what is in the way/,
    ],
    [
      'a configuration that could not be read again',
      {
        configuration: {
          problems: ['kafka.topic: "a b" is not a topic name'],
          failedSince: '2026-01-01T00:00:00.000Z',
        },
      },
      /since 2026-01-01T00:00:00\.000Z, .* stays in force: kafka\.topic: "a b" is not a topic name$/,
    ],
    ['a second replica of its id', { fleet: { ...QUIET.fleet!, hasNamesake: true } }, /has the id a:1 too/],
    [
      'two other replicas of one id',
      {
        fleet: { ...QUIET.fleet!, list: [replica('a:1'), { ...replica('b:1'), hasNamesake: true }] },
      },
      /More than one replica has the id b:1, so only one/,
    ],
    [
      'a fleet that is uneven',
      { fleet: { ...QUIET.fleet!, imbalance: 1.8 } },
      /has 1\.8 times the mean.*sticky, or there are too few connections.*min_shards/,
    ],
    [
      'versions that differ',
      { fleet: { ...QUIET.fleet!, list: [replica('a:1'), replica('b:1', '2'), replica('c:1')] } },
      /different versions: 1 \(2\), 2 \(1\)\.$/,
    ],
    [
      'one connection with most of the samples',
      {
        connections: {
          ...QUIET.connections,
          list: [connection('10.0.0.1:7', 0.8), connection('10.0.0.2:7', 0.2)],
        },
      },
      /\(10\.0\.0\.1:7\) brings 80 % of the samples.*min_shards/,
    ],
    [
      'one address for all',
      {
        connections: {
          ...QUIET.connections,
          list: [connection('10.0.0.1:7', 0.5), connection('10.0.0.1:8', 0.5, 'vmagent')],
        },
      },
      /SNAT/,
    ],
  ];
  for (const [what, facts, pattern] of cases) {
    test(`name ${what}`, () => {
      const hints = hintsFor({ ...QUIET, ...facts });
      assert.equal(hints.length, 1, JSON.stringify(hints));
      assert.match(hints[0]!.text, pattern);
    });
  }
});
