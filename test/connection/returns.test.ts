/** The sticky detector, over virtual hours of clients, balancers and replicas. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ReturnFigures, Returns } from '../../src/connection/returns.ts';
import { seededRandom } from '../support/random.ts';

interface Scene {
  readonly replicas: number;
  readonly connections: number;
  /** A client sends on each connection this often, and connects anew this long after a close. */
  readonly intervalMs: number;
  readonly maxAgeMs: number;
  readonly balancer: 'round robin' | 'random' | 'sticky';
  readonly closes?: number;
}

interface Flow {
  replica: number;
  bornMs: number;
  endMs: number;
}

interface Seen extends ReturnFigures {
  readonly counted: { watched: number; returned: number };
}

/** What replica 0 finds out about one client with many connections. */
function watch(scene: Scene): Seen {
  const { replicas, connections, intervalMs, maxAgeMs, balancer, closes = 400 } = scene;
  const random = seededRandom(1);
  let turn = 0;
  const pick = (): number => {
    if (balancer === 'sticky') return 0;
    return balancer === 'random' ? Math.floor(random() * replicas) : turn++ % replicas;
  };
  const counted = { watched: 0, returned: 0 };
  const returns = new Returns({ onWatched: () => counted.watched++, onReturned: () => counted.returned++ });
  const visit = (flow: Flow) => ({
    address: '10.0.0.1',
    agent: 'Prometheus/3.0',
    user: '',
    bornMs: flow.bornMs,
    requests: Math.max(1, Math.round((flow.endMs - flow.bornMs) / intervalMs)),
    ageMs: (nowMs: number) => nowMs - flow.bornMs,
  });
  const open = (bornMs: number): Flow => {
    const flow = { replica: pick(), bornMs, endMs: bornMs + maxAgeMs * (0.75 + random() / 2) };
    if (flow.replica === 0) returns.opened(visit(flow));
    return flow;
  };
  const flows = Array.from({ length: connections }, (_, index) => open((index * maxAgeMs) / connections));
  let settledMs = 0;
  for (let closed = 0; closed < closes * replicas; closed++) {
    flows.sort((a, b) => a.endMs - b.endMs);
    const flow = flows.shift()!;
    for (; settledMs < flow.endMs; settledMs += 5000) returns.settle(settledMs);
    if (flow.replica === 0) returns.closed(visit(flow), flow.endMs);
    flows.push(open(flow.endMs + 1 + random() * intervalMs));
  }
  returns.settle(settledMs + 600_000);
  return { ...returns.figures(), counted };
}

const BUSY = { connections: 50, intervalMs: 100, maxAgeMs: 60_000 };

describe('the share of clients that come back', () => {
  for (const scene of [
    { ...BUSY, replicas: 2, balancer: 'random' },
    { ...BUSY, replicas: 3, balancer: 'random' },
    { ...BUSY, replicas: 3, balancer: 'round robin' },
    { ...BUSY, replicas: 8, balancer: 'random' },
    { replicas: 3, connections: 50, intervalMs: 5000, maxAgeMs: 60_000, balancer: 'random' },
    { replicas: 3, connections: 200, intervalMs: 50, maxAgeMs: 6000, balancer: 'random' },
    { replicas: 3, connections: 4, intervalMs: 15_000, maxAgeMs: 60_000, balancer: 'random' },
  ] as const) {
    const { replicas, connections, intervalMs, balancer } = scene;
    test(`is about 1/${replicas} behind ${balancer} with ${connections} connections every ${intervalMs} ms`, () => {
      const { ratio, error, verdict } = watch(scene);
      assert.equal(verdict, 'spreads');
      const off = Math.abs(ratio! - 1 / replicas);
      assert.ok(off < Math.max(3 * error!, 0.1), `${ratio} is ${off} off, error ${error}`);
    });
  }

  for (const [connections, intervalMs, maxAgeMs] of [
    [50, 100, 60_000],
    [50, 5000, 60_000],
    [1, 15_000, 60_000],
    [200, 50, 6000],
  ] as const) {
    test(`is about 1 behind a sticky balancer with ${connections} connections every ${intervalMs} ms`, () => {
      const seen = watch({
        replicas: 1,
        connections,
        intervalMs,
        maxAgeMs,
        balancer: 'sticky',
        closes: 4000,
      });
      assert.equal(seen.verdict, 'sticky', JSON.stringify(seen));
      assert.ok(seen.ratio! > 0.9, `${seen.ratio}`);
      assert.ok(seen.counted.returned > 0.8 * seen.counted.watched);
    });
  }

  test('is 0 when one connection goes back and forth between two replicas', () => {
    const { ratio, verdict } = watch({ ...BUSY, connections: 1, replicas: 2, balancer: 'round robin' });
    assert.deepEqual([ratio, verdict], [0, 'spreads']);
  });

  test('is not known before ten closes', () => {
    const seen = watch({ ...BUSY, replicas: 1, balancer: 'sticky', closes: 9 });
    assert.deepEqual([seen.ratio, seen.verdict, seen.watched], [null, 'unknown', 9]);
  });

  test('is counted so that the counters give the ratio too', () => {
    const { counted } = watch({ ...BUSY, replicas: 3, balancer: 'random', closes: 2000 });
    const share = counted.returned / counted.watched;
    assert.ok(share > 0.2 && share < 0.5, `${share}`);
  });
});

describe('two clients', () => {
  test('with the same address are told apart by agent and user', () => {
    const returns = new Returns({ onWatched() {}, onReturned() {} });
    const visit = {
      address: '10.0.0.1',
      agent: 'a',
      user: '',
      bornMs: 0,
      requests: 100,
      ageMs: () => 60_000,
    };
    for (let minute = 1; minute <= 20; minute++) {
      const nowMs = minute * 60_000;
      returns.closed(visit, nowMs);
      returns.opened({ ...visit, agent: 'b', bornMs: nowMs + 10 });
      returns.opened({ ...visit, user: 'somebody', bornMs: nowMs + 10 });
      returns.settle(nowMs + 5000);
    }
    assert.equal(returns.figures().ratio, 0);
  });
});
