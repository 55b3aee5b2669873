/** Which connections are asked to leave an overloaded replica. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Loaded, OverloadGuard } from '../../src/connection/overload.ts';

const SETTINGS = { high: 0.85, low: 0.75, minAgeMs: 10_000 };
const TICK_MS = 5000;

function loaded(bytes: number, ageMs = 60_000): Loaded {
  return {
    writes: 1,
    recentLoad: { bytes, samples: 0 },
    ageMs: () => ageMs,
    leave: undefined,
  };
}

function leaving(connections: readonly Loaded[]): number[] {
  return connections.flatMap((connection, index) => (connection.leave ? [index] : []));
}

describe('the overload guard', () => {
  test('does nothing up to the mark, and nothing when it is off', () => {
    const connections = [loaded(100), loaded(10)];
    new OverloadGuard(SETTINGS).relieve(connections, 0.85, 0);
    new OverloadGuard({ ...SETTINGS, high: 0 }).relieve(connections, 1, 0);
    assert.deepEqual(leaving(connections), []);
  });

  test('asks the busiest that fits the excess, not the one that is the overload', () => {
    // 1.0 down to 0.75 is a quarter of 1000 bytes.
    const connections = [loaded(500), loaded(240), loaded(60), loaded(200)];
    new OverloadGuard(SETTINGS).relieve(connections, 1, 0);
    assert.deepEqual(leaving(connections), [1]);
  });

  test('leaves the young, the silent and those that are no senders', () => {
    const connections = [loaded(10, 9999), loaded(0), { ...loaded(10), writes: 0 }, loaded(1000)];
    new OverloadGuard(SETTINGS).relieve(connections, 1, 0);
    assert.deepEqual(leaving(connections), []);
  });

  test('counts as gone what has been asked already', () => {
    const connections = Array.from({ length: 8 }, () => loaded(100));
    connections[3]!.leave = 'overload';
    connections[4]!.leave = 'overload';
    new OverloadGuard(SETTINGS).relieve(connections, 1, 0);
    assert.deepEqual(leaving(connections), [3, 4], 'two of eight are the quarter');
  });

  test('asks a tenth of the connections at once and then one in a hundred a second, however hot', () => {
    const guard = new OverloadGuard({ ...SETTINGS, low: 0 });
    let connections = Array.from({ length: 200 }, () => loaded(100));
    const asked: number[] = [];
    for (let tick = 0; tick < 7; tick++) {
      guard.relieve(connections, 1, tick * TICK_MS);
      asked.push(leaving(connections).length);
      // Every replica is as hot: as many come as go.
      connections = connections.map((connection) => (connection.leave ? loaded(100) : connection));
    }
    assert.deepEqual(asked, [20, 10, 10, 10, 10, 10, 10]);
  });

  test('asks at least one, and one more every ten seconds, of few connections', () => {
    const guard = new OverloadGuard(SETTINGS);
    const asked = [0, 5000, 10_000, 15_000, 20_000].map((nowMs) => {
      const connections = [loaded(100), loaded(100), loaded(100), loaded(100), loaded(100)];
      guard.relieve(connections, 1, nowMs);
      return leaving(connections).length;
    });
    assert.deepEqual(asked, [1, 0, 1, 0, 1]);
  });
});
