/** Which connections are asked to leave a replica that carries more than its due of the fleet's load. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Balance, type Movable, type Scales } from '../../src/connection/balance.ts';
import { Returns } from '../../src/connection/returns.ts';

const SETTINGS = { tolerance: 0.15, minAgeMs: 10_000 };
const OLD_MS = 60_000;

const newReturns = (): Returns => new Returns({ onWatched: () => {}, onReturned: () => {} });
const newBalance = (returns = newReturns()): Balance => new Balance(SETTINGS, returns);

function movable(samplesPerSecond: number, ageMs = OLD_MS): Movable {
  return { writes: 1, samplesPerSecond, ageMs: () => ageMs, leave: undefined };
}

function scales(dueSamplesPerSecond: number, changes: Partial<Scales> = {}): Scales {
  return { dueSamplesPerSecond, replicas: 3, below: 1, least: 0.9, isLevel: false, ...changes };
}

const many = (count: number, samplesPerSecond: number): Movable[] =>
  Array.from({ length: count }, () => movable(samplesPerSecond));

function leaving(connections: readonly Movable[]): number[] {
  return connections.flatMap((connection, index) => (connection.leave ? [index] : []));
}

describe('balance asks nobody', () => {
  test('up to the tolerance', () => {
    const connections = many(10, 11.5);
    newBalance().relieve(connections, scales(100), 0);
    assert.deepEqual(leaving(connections), []);
  });

  test('who is young, silent or no sender', () => {
    const connections = [movable(10, 9999), movable(0), { ...movable(10), writes: 0 }, movable(90)];
    newBalance().relieve(connections, scales(80), 0);
    assert.deepEqual(leaving(connections), []);
  });

  test('whose load is more than the excess: it would take the trouble with it', () => {
    const connections = [movable(100), movable(3), movable(95)];
    newBalance().relieve(connections, scales(150), 0);
    assert.deepEqual(leaving(connections), [1]);
  });

  test('when all others have their due, too', () => {
    const connections = many(10, 12);
    newBalance().relieve(connections, scales(100, { below: 0 }), 0);
    assert.deepEqual(leaving(connections), []);
  });

  test('when it has less than its due, even if another has none', () => {
    const connections = many(10, 9.9);
    newBalance().relieve(connections, scales(100, { least: 0 }), 0);
    assert.deepEqual(leaving(connections), []);
  });

  test('when the clients it closed came back to it', () => {
    const returns = newReturns();
    const client = { address: 'a', agent: '', user: '', requests: 60, ageMs: () => 60_000 };
    for (let i = 0; i < 20; i++) {
      returns.closed({ ...client, bornMs: 0 }, i * 10_000);
      returns.opened({ ...client, bornMs: i * 10_000 + 100 });
    }
    returns.settle(1e6);
    assert.equal(returns.figures().verdict, 'sticky');
    const balance = newBalance(returns);
    // As many replicas as before: what was found out holds.
    const connections = many(10, 20);
    balance.relieve(connections, scales(100, { replicas: 1 }), 0);
    assert.deepEqual(leaving(connections), []);
    // As long as it was alone, all had to come back.
    balance.relieve(connections, scales(100, { replicas: 2 }), 0);
    assert.ok(leaving(connections).length > 0);
  });
});

describe('balance asks', () => {
  test('the oldest that fit, for a part of the excess', () => {
    const connections = many(10, 13);
    newBalance().relieve(connections, scales(100), 0);
    // The excess is 30, of which 24 go in one step; a third of the connections may go at once.
    assert.deepEqual(leaving(connections), [0]);
  });

  test('no more than a third at once, and the more the longer it was not enough', () => {
    const connections = many(100, 2);
    const balance = newBalance();
    balance.relieve(connections, scales(20), 0);
    assert.equal(leaving(connections).length, 30);
    balance.relieve(connections, scales(20), 1000);
    assert.equal(leaving(connections).length, 45);
  });

  test('counts as gone who has been asked already', () => {
    const connections = many(10, 13);
    connections[3]!.leave = 'overload';
    connections[4]!.leave = 'overload';
    newBalance().relieve(connections, scales(100), 0);
    assert.deepEqual(leaving(connections), [3, 4]);
  });

  test('on until it is near its due, once it has begun', () => {
    const balance = newBalance();
    const before = many(10, 11);
    balance.relieve(before, scales(100), 0);
    assert.deepEqual(leaving(before), [], 'a tenth is within the tolerance');
    balance.relieve(many(10, 12), scales(100), 1000);
    const after = many(20, 5.5);
    balance.relieve(after, scales(100), 2000);
    assert.ok(leaving(after).length > 0, 'a tenth is not near enough when it is at it');
    const near = many(20, 5.2);
    balance.relieve(near, scales(100), 3000);
    assert.deepEqual(leaving(near), []);
  });

  test('also within the tolerance, when another has far less than its due', () => {
    const connections = many(30, 3.5);
    newBalance().relieve(connections, scales(100, { replicas: 21, below: 1, least: 0 }), 0);
    assert.ok(leaving(connections).length > 0);
  });
});

describe('balance rests', () => {
  /** Asks every second, of connections that come back all the time; gives how many it asked in each minute. */
  function asked(minutes: number, replicasAt = (_second: number): number => 3): number[] {
    const balance = newBalance();
    const counts: number[] = [];
    for (let second = 0; second < minutes * 60; second++) {
      const connections = many(20, 10);
      balance.relieve(connections, scales(100, { replicas: replicasAt(second) }), second * 1000);
      const minute = Math.floor(second / 60);
      counts[minute] = (counts[minute] ?? 0) + leaving(connections).length;
    }
    return counts;
  }

  test('when it was for nothing, for longer each time', () => {
    const counts = asked(120);
    const first = counts.slice(0, 10).reduce((sum, count) => sum + count, 0);
    const last = counts.slice(-60).reduce((sum, count) => sum + count, 0);
    assert.ok(first > 40, `${first} in the first ten minutes`);
    assert.ok(last <= first / 2, `${last} in the last hour, ${first} in the first ten minutes`);
  });

  test('for longer each time also while one replica starts and fails again and again', () => {
    const counts = asked(120, (second) => (second % 60 < 45 ? 3 : 2));
    const first = counts.slice(0, 10).reduce((sum, count) => sum + count, 0);
    const last = counts.slice(-60).reduce((sum, count) => sum + count, 0);
    assert.ok(last <= first, `${last} in the last hour, ${first} in the first ten minutes`);
  });

  test('not since all that it carried has ended', () => {
    const balance = newBalance();
    for (let second = 0; second <= 40; second++) {
      const nothing = { least: Number.NaN, below: 0 };
      const [connections, changes] = second < 5 ? [many(20, 10), {}] : [[], nothing];
      balance.relieve(connections, scales(second < 5 ? 100 : 0, changes), second * 1000);
    }
    const connections = many(20, 10);
    balance.relieve(connections, scales(100), 41_000);
    assert.ok(leaving(connections).length > 0);
  });

  test('no more once the fleet has changed', () => {
    const balance = newBalance();
    let restedAtMs = 0;
    for (let second = 0; second < 60 && restedAtMs === 0; second++) {
      const connections = many(20, 10);
      balance.relieve(connections, scales(100), second * 1000);
      if (second > 5 && leaving(connections).length === 0) restedAtMs = second * 1000;
    }
    assert.ok(restedAtMs > 0);
    const connections = many(20, 10);
    balance.relieve(connections, scales(100, { replicas: 4 }), restedAtMs + 1000);
    assert.ok(leaving(connections).length > 0);
  });

  describe('while all replicas have equally many connections', () => {
    /** Asks every second, of connections that come back all the time; gives the seconds of those asked. */
    function askedAt(seconds: number, changesAt: (second: number) => Partial<Scales>): number[] {
      const balance = newBalance();
      return Array.from({ length: seconds }, (_, second) => {
        const connections = many(20, 10);
        balance.relieve(connections, scales(100, changesAt(second)), second * 1000);
        return leaving(connections).map(() => second);
      }).flat();
    }

    test('after a quarter of its connections, which have to be expected to show, and for an hour', () => {
      const seconds = askedAt(3600, () => ({ isLevel: true, below: 2 }));
      assert.equal(seconds.length, 5, String(seconds));
    });

    test('until they have not, for longer than it takes a client to connect anew', () => {
      const seconds = askedAt(900, (second) => ({ isLevel: second < 600 || second === 605, below: 2 }));
      assert.equal(seconds.filter((second) => second < 615).length, 5, String(seconds));
      assert.equal(seconds[5], 615);
    });

    test('not where those asked stay away', () => {
      const balance = newBalance();
      const connections = many(100, 4);
      const gone: number[] = [];
      for (let second = 0; second < 60; second++) {
        balance.relieve(connections, scales(100, { isLevel: true, below: 2 }), second * 1000);
        const stayed = connections.filter(({ leave }) => leave === undefined);
        gone.push(connections.length - stayed.length);
        connections.splice(0, connections.length, ...stayed);
      }
      const first = gone.slice(0, 10).reduce((sum, count) => sum + count, 0);
      assert.equal(first, 25);
      assert.ok(connections.length < 40, `${connections.length} left`);
    });

    test('not while another lacks connections, which get there, and again afterwards', () => {
      const isOneShort = (second: number): boolean => second >= 600 && second < 615;
      const seconds = askedAt(1800, (second) =>
        isOneShort(second) ? { least: 0, below: 2 } : { isLevel: true, least: 0.95, below: 2 },
      );
      assert.ok(seconds.filter(isOneShort).length > 20, String(seconds));
      assert.equal(seconds.filter((second) => !isOneShort(second)).length, 5, String(seconds));
    });
  });
});
