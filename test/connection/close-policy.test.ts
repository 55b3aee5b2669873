/** When an answer asks its connection to close. */

import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, test } from 'node:test';
import {
  ClosePolicy,
  type CloseSettings,
  type Decision,
  type Moment,
} from '../../src/connection/close-policy.ts';
import { Connection } from '../../src/connection/connection.ts';

const OFF: CloseSettings = { maxAgeMs: 0, maxAgeJitter: 0, maxRequests: 0, maxCloseRate: 0 };

/** A request that has been read to its end. */
const WHOLE = { complete: true };

/** In the middle of its answer to one request. */
function connection(lot = 0.5): Connection {
  const made = new Connection({ id: 1, socket: new Socket(), lot });
  made.begin('write', WHOLE);
  return made;
}

interface Case extends Partial<Moment> {
  readonly settings?: Partial<CloseSettings>;
  readonly on?: Connection;
  readonly ageMs?: number;
}

function decide({ settings, on = connection(), ageMs = 0, ...moment }: Case): Decision {
  return new ClosePolicy({ ...OFF, ...settings }).decide(on, {
    nowMs: on.bornMs + ageMs,
    openConnections: 1,
    isDraining: false,
    isRequestRead: true,
    ...moment,
  });
}

describe('an answer', () => {
  test('asks for nothing when nothing is due', () => {
    assert.equal(decide({}), undefined);
    assert.equal(decide({ ageMs: 1e9 }), undefined, 'an age of 0 is off');
    assert.equal(decide({ settings: { maxAgeMs: 60_000 }, ageMs: 59_999 }), undefined);
  });

  test('asks for the close from the age on', () => {
    assert.deepEqual(decide({ settings: { maxAgeMs: 60_000 }, ageMs: 60_000 }), { close: 'max_age' });
  });

  test('asks at the request that reaches the limit', () => {
    const on = connection();
    for (let i = 1; i < 9; i++) {
      on.end(WHOLE);
      on.begin('write', WHOLE);
    }
    assert.equal(decide({ settings: { maxRequests: 10 }, on }), undefined);
    on.end(WHOLE);
    on.begin('write', WHOLE);
    assert.deepEqual(decide({ settings: { maxRequests: 10 }, on }), { close: 'max_requests' });
  });

  test('says the first that holds of drain, overload, rebalance, age, requests', () => {
    const on = connection();
    const all = { settings: { maxAgeMs: 1, maxRequests: 1 }, on, ageMs: 10 };
    on.leave = 'overload';
    on.leaveAtMs = on.bornMs;
    assert.deepEqual(decide({ ...all, isDraining: true }), { close: 'drain' });
    assert.deepEqual(decide(all), { close: 'overload' });
    on.leave = undefined;
    assert.deepEqual(decide(all), { close: 'rebalance' });
    on.leaveAtMs = Number.POSITIVE_INFINITY;
    assert.deepEqual(decide(all), { close: 'max_age' });
    assert.deepEqual(decide({ ...all, settings: { maxRequests: 1 } }), { close: 'max_requests' });
  });

  test('does not ask while the request is not read to its end', () => {
    const due = { settings: { maxAgeMs: 1 }, ageMs: 10, isRequestRead: false };
    assert.deepEqual(decide(due), { skip: 'request_incomplete' });
    assert.deepEqual(decide({ ...due, isDraining: true }), { skip: 'request_incomplete' });
  });

  test('does not ask while another request of the connection is under way', () => {
    const on = connection();
    on.begin('write', WHOLE);
    assert.deepEqual(decide({ on, isDraining: true }), { skip: 'pipelined' });
    on.end(WHOLE);
    assert.deepEqual(decide({ on, isDraining: true }), { close: 'drain' });
  });

  test('asks once: a connection whose end is decided is left alone', () => {
    const on = connection();
    on.ending = 'max_age';
    assert.equal(decide({ on, isDraining: true }), undefined);
  });
});

describe('the jitter', () => {
  test('puts the age anywhere from max_age * (1 - jitter) to max_age * (1 + jitter)', () => {
    const policy = new ClosePolicy({ ...OFF, maxAgeMs: 60_000, maxAgeJitter: 0.25 });
    const ages = [0, 0.25, 0.5, 1].map((lot) => policy.ageLimitMs(connection(lot)));
    assert.deepEqual(ages, [45_000, 52_500, 60_000, 75_000]);
  });
});

describe('the close rate', () => {
  const settings = { ...OFF, maxAgeMs: 10_000, maxCloseRate: 20 };

  test('stretches the age alike for all when there are more connections than it lets go in one age', () => {
    const policy = new ClosePolicy(settings);
    assert.deepEqual(
      [100, 200, 300, 2000].map((open) => policy.stretch(open)),
      [1, 1, 1.5, 10],
    );
  });

  test('lets no more than a second of closes go at once, and says so once a connection', () => {
    const policy = new ClosePolicy(settings);
    const connections = Array.from({ length: 50 }, () => connection());
    const moment = { openConnections: 50, isDraining: false, isRequestRead: true };
    const nowMs = performance.now() + 20_000;
    const decisions = connections.map((on) => policy.decide(on, { ...moment, nowMs }));
    assert.equal(decisions.filter((decision) => decision && 'close' in decision).length, 20);
    const skipped = decisions.filter((decision) => decision && 'skip' in decision);
    assert.deepEqual([skipped.length, skipped[0]], [30, { skip: 'rate_limited' }]);
    const held = connections.filter((on) => on.isHeld);
    assert.equal(policy.decide(held[0]!, { ...moment, nowMs }), undefined);
    const later = held.map((on) => policy.decide(on, { ...moment, nowMs: nowMs + 500 }));
    assert.equal(later.filter(Boolean).length, 10, 'half a second gives half of the rate');
  });

  test('does not hold a drain', () => {
    const policy = new ClosePolicy({ ...settings, maxCloseRate: 1 });
    for (let i = 0; i < 100; i++) {
      const on = connection();
      const moment = { nowMs: on.bornMs + 60_000, openConnections: 1000, isRequestRead: true };
      assert.deepEqual(policy.decide(on, { ...moment, isDraining: true }), { close: 'drain' });
    }
  });
});
