/** What the status says of the fleet. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FleetView } from '../../src/fleet/fleet.ts';
import type { Member } from '../../src/fleet/members.ts';
import type { FleetRecord } from '../../src/fleet/record.ts';
import { standingOf } from '../../src/fleet/standing.ts';
import { describeFleet } from '../../src/status/fleet.ts';

function record(id: string, changes: Partial<FleetRecord> = {}): FleetRecord {
  return {
    fleet: 'default',
    id,
    instance: 'iiiiiiii',
    epoch: Date.UTC(2026, 0, 1),
    version: '0.1.0',
    address: `${id}:80`,
    state: 'ready',
    connections: 3,
    samplesPerSecond: 100,
    largestSamplesPerSecond: 50,
    cpu: 0.5,
    samplesPerCpuSecond: 0,
    ...changes,
  };
}

const heard = (id: string, changes: Partial<FleetRecord> = {}): Member => ({
  ...record(id, changes),
  heardMs: performance.now() - 2000,
});

function statusOf(own: FleetRecord, others: readonly Member[] = [], view: Partial<FleetView> = {}) {
  const standing = standingOf(own, others);
  const known = { own, others, sharedIds: new Set<string>(), standing };
  const whole = { isUsable: true, problem: '', hasNamesake: false, ...known, ...view };
  return describeFleet({ view: whole, topic: 'fleet', tolerance: 0.15 });
}

describe('the fleet in the status', () => {
  test('has every replica by its id, with its share, and which one answers', () => {
    const { list, ready, known, imbalance } = statusOf(record('r10', { samplesPerSecond: 300 }), [
      heard('r9'),
      heard('r2', { state: 'draining', samplesPerSecond: 500 }),
    ]);
    assert.deepEqual(
      list.map(({ id, share, isThis, state }) => [id, share, isThis, state]),
      [
        ['r2', null, false, 'draining'],
        ['r9', 0.25, false, 'ready'],
        ['r10', 0.75, true, 'ready'],
      ],
    );
    assert.deepEqual([ready, known, imbalance], [2, 3, 1.5]);
    assert.equal(list[0]!.startedAt, '2026-01-01T00:00:00.000Z');
    assert.ok(list[0]!.heardSecondsAgo >= 2 && list[0]!.heardSecondsAgo < 10);
    assert.equal(list[2]!.heardSecondsAgo, 0);
  });

  test('has no share and no imbalance while there is no load', () => {
    const { list, imbalance } = statusOf(record('a', { samplesPerSecond: 0 }));
    assert.deepEqual([list[0]!.share, imbalance], [null, null]);
  });

  test('says why it cannot be used', () => {
    const { isUsable, problem, hasNamesake } = statusOf(record('a'), [], {
      isUsable: false,
      problem: 'why',
      hasNamesake: true,
    });
    assert.deepEqual([isUsable, problem, hasNamesake], [false, 'why', true]);
  });

  test('says of each replica whether another one has its id', () => {
    const view = { hasNamesake: true, sharedIds: new Set(['c']) };
    const { list } = statusOf(record('a'), [heard('b'), heard('c')], view);
    assert.deepEqual(
      list.map(({ id, hasNamesake }) => [id, hasNamesake]),
      [
        ['a', true],
        ['b', false],
        ['c', true],
      ],
    );
  });

  test('shows this replica and the busiest others when there are very many', () => {
    const others = Array.from({ length: 999 }, (_, i) => heard(`r${i}`, { samplesPerSecond: i }));
    const { list, known } = statusOf(record('z', { samplesPerSecond: 0 }), others);
    assert.deepEqual([list.length, known], [200, 1000]);
    assert.equal(list.at(-1)?.isThis, true);
    assert.ok(list.every(({ isThis, samplesPerSecond }) => isThis || samplesPerSecond >= 800));
  });

  test('is JSON for any time that a record may name', () => {
    const { list } = statusOf(record('a'), [heard('b', { epoch: 1e15 })]);
    assert.match(list[1]!.startedAt, /^\+?\d+-/);
  });
});
