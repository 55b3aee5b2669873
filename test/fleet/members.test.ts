/** Who is in the fleet, by what was heard and when. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { Members, SILENCE_MS } from '../../src/fleet/members.ts';
import { encodeFleetRecord, type FleetRecord } from '../../src/fleet/record.ts';

function record(changes: Partial<FleetRecord> = {}): FleetRecord {
  return {
    fleet: 'default',
    id: 'b:8080',
    instance: 'bbbbbbbb',
    epoch: 1000,
    version: '0.1.0',
    address: 'b:8080',
    state: 'ready',
    connections: 3,
    samplesPerSecond: 10,
    largestSamplesPerSecond: 5,
    cpu: 0.1,
    samplesPerCpuSecond: 100,
    ...changes,
  };
}

const bytes = (changes: Partial<FleetRecord> = {}): Buffer => Buffer.from(encodeFleetRecord(record(changes)));
const newMembers = (): Members => new Members({ fleet: 'default', id: 'a:8080', instance: 'aaaaaaaa' });
const ids = (members: Members): string[] => members.others.map(({ id }) => id);

describe('the members', () => {
  test('are those that were heard, with what they said last', () => {
    const members = newMembers();
    assert.equal(members.hear(bytes(), 0), 'member');
    assert.equal(members.hear(bytes({ id: 'c:8080', instance: 'cccccccc' }), 1), 'member');
    members.hear(bytes({ connections: 4 }), 2);
    assert.deepEqual(ids(members), ['b:8080', 'c:8080']);
    assert.deepEqual(members.others[0], { ...record({ connections: 4 }), heardMs: 2 });
  });

  test('are forgotten once they have been silent for too long', () => {
    const members = newMembers();
    members.hear(bytes(), 0);
    members.hear(bytes({ id: 'c:8080' }), 5000);
    members.expire(SILENCE_MS);
    assert.deepEqual(ids(members), ['b:8080', 'c:8080']);
    members.expire(SILENCE_MS + 1);
    assert.deepEqual(ids(members), ['c:8080']);
  });

  test('go at once when they say so', () => {
    const members = newMembers();
    members.hear(bytes(), 0);
    assert.equal(members.hear(bytes({ state: 'gone' }), 1), 'member');
    assert.deepEqual(ids(members), []);
  });

  test('that are started anew take the place of what they were, whose late words mean nothing', () => {
    const members = newMembers();
    members.hear(bytes(), 0);
    assert.equal(members.hear(bytes({ instance: 'bbbbbbb2', epoch: 2000 }), 1), 'member');
    assert.equal(members.hear(bytes({ connections: 99 }), 2), 'outdated');
    assert.equal(members.hear(bytes({ state: 'gone' }), 3), 'outdated');
    assert.deepEqual(
      members.others.map(({ instance, connections }) => [instance, connections]),
      [['bbbbbbb2', 3]],
    );
  });

  test('are never this replica itself, nor a second one of its name', () => {
    const members = newMembers();
    assert.equal(members.hear(bytes({ id: 'a:8080', instance: 'aaaaaaaa' }), 0), 'own');
    assert.equal(members.hear(bytes({ id: 'a:8080' }), 1), 'namesake');
    assert.equal(members.hear(bytes({ id: 'a:8080', state: 'gone' }), 2), 'outdated');
    assert.deepEqual(ids(members), []);
  });

  test('with one id are said to share it as long as both go on talking', () => {
    const members = newMembers();
    const shared = (): string[] => [...members.sharedIds];
    const later = { instance: 'bbbbbbb2', epoch: 2000 };
    members.hear(bytes(), 0);
    members.hear(bytes(later), 1);
    assert.deepEqual(shared(), [], 'it was started anew');
    members.hear(bytes(), 1000);
    assert.deepEqual(shared(), ['b:8080']);
    members.hear(bytes(later), 10_000);
    members.expire(1000 + SILENCE_MS);
    assert.deepEqual(shared(), ['b:8080']);
    members.expire(1001 + SILENCE_MS);
    assert.deepEqual([ids(members), shared()], [['b:8080'], []]);
    members.hear(bytes(), 20_000);
    members.hear(bytes({ state: 'gone' }), 20_001);
    assert.deepEqual(shared(), [], 'one of them has left');
    members.hear(bytes(), 20_002);
    members.hear(bytes({ ...later, state: 'gone' }), 20_003);
    assert.deepEqual([ids(members), shared()], [[], []]);
  });

  test('that started in the same millisecond under one id are two as well', () => {
    const members = newMembers();
    members.hear(bytes(), 0);
    members.hear(bytes({ instance: 'bbbbbbb2' }), 1);
    assert.deepEqual([...members.sharedIds], ['b:8080']);
  });

  test('are of the same fleet, and their records are small and well-formed', () => {
    const members = newMembers();
    assert.equal(members.hear(bytes({ fleet: 'other' }), 0), 'other_fleet');
    assert.equal(members.hear(Buffer.from('{}'), 0), 'malformed');
    assert.equal(members.hear(Buffer.from(' '.repeat(2049)), 0), 'too_large');
    assert.deepEqual(ids(members), []);
  });

  test('are a thousand at most, of whom each goes on being heard', () => {
    const members = newMembers();
    for (let i = 0; i < 1000; i++) members.hear(bytes({ id: `r${i}` }), 0);
    assert.equal(members.hear(bytes({ id: 'one too many' }), 0), 'limit');
    assert.equal(members.hear(bytes({ id: 'r500', connections: 7 }), 0), 'member');
    assert.equal(members.others.length, 1000);
  });
});
