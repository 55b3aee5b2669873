/** The experiments against small fake replicas: how many connections they open, and when they end. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAnswer, neededWaitMs, observe } from '../../src/doctor/observe.ts';
import { createProber, type Exchange, type Prober } from '../../src/doctor/probe.ts';
import { type FakeReplica, startFakeReplica } from './fake-replica.ts';

function proberOf({ url, port }: FakeReplica): Prober {
  return createProber({ url: new URL(url), addresses: ['127.0.0.1'], port, ca: undefined, insecure: false });
}

const QUICK = { requests: 7, connections: 5, quick: true };
const connectionsOf = (exchanges: readonly Exchange[]): number =>
  new Set(exchanges.filter(isAnswer).map(({ connection }) => connection)).size;

describe('the counting experiments', () => {
  test('use one connection, then new ones that are open together, then sixteen other addresses', async (t) => {
    const replica = await startFakeReplica(t);
    let open = 0;
    replica.instead = () => {
      open = Math.max(open, replica.sockets.size);
      return undefined;
    };
    const { kept, fresh, sources, held, idle } = await observe(proberOf(replica), QUICK, () => {});
    assert.deepEqual([kept.length, connectionsOf(kept)], [7, 1]);
    assert.deepEqual([fresh.length, connectionsOf(fresh)], [5, 5]);
    assert.ok(open >= 5, `${open} at the same time`);
    const addresses = new Set(sources.filter(isAnswer).map(({ whoami }) => whoami.peerAddress));
    assert.equal(addresses.size, 16);
    assert.ok(!addresses.has('127.0.0.1'));
    assert.deepEqual([held, idle], [[], undefined]);
    assert.equal(replica.accepted, 1 + 5 + 16);
  });

  test('go on after failures, and keep them', async (t) => {
    const replica = await startFakeReplica(t);
    let asked = 0;
    replica.instead = () => (++asked % 2 === 0 ? { status: 503, text: 'no server' } : undefined);
    const { kept, fresh } = await observe(proberOf(replica), QUICK, () => {});
    assert.equal(kept.filter((exchange) => !isAnswer(exchange)).length, 3);
    assert.equal(fresh.length, 5);
  });

  test('say what is being done', async (t) => {
    const said: string[] = [];
    await observe(proberOf(await startFakeReplica(t)), QUICK, (text) => said.push(text));
    assert.match(said.join('\n'), /7 requests over one connection\n5 new connections\n/);
  });
});

describe('the wait', () => {
  test('ends when held connections were asked to leave and the idle one was ended', async (t) => {
    const replica = await startFakeReplica(t, {
      maxAgeSeconds: 2,
      idleTimeoutSeconds: 10,
      keepAliveMs: 3000,
    });
    const observed = await observe(proberOf(replica), { ...QUICK, quick: false }, () => {});
    assert.equal(observed.held.length, 3);
    for (const exchanges of observed.held) {
      const answers = exchanges.filter(isAnswer);
      const last = answers.findIndex(({ isLast }) => isLast);
      assert.equal(last, answers.length - 2, 'one more after the last of its connection');
      assert.notEqual(answers[last]!.connection, answers[last + 1]!.connection);
    }
    assert.ok(observed.idle?.ending, 'the idle connection has ended');
    assert.ok(observed.idle.ending.afterMs > 2900, `${observed.idle.ending.afterMs} ms`);
    assert.ok(observed.idle.waitedMs < observed.neededMs);
  });

  test('is no longer than it may be, and asks the idle connection then', async (t) => {
    const replica = await startFakeReplica(t);
    const observed = await observe(proberOf(replica), { ...QUICK, quick: false, holdMs: 1500 }, () => {});
    assert.deepEqual([observed.waitedMs, observed.neededMs], [1500, 80_000]);
    assert.deepEqual(
      observed.held.map((exchanges) => connectionsOf(exchanges)),
      [1, 1, 1],
    );
    const { first, ending, after } = observed.idle!;
    assert.equal(ending, undefined);
    assert.ok(isAnswer(first) && after && isAnswer(after));
    assert.equal(after.connection, first.connection);
  });

  test('is as long as the slowest of the settings of all replicas needs', async (t) => {
    const ask = async (settings: object): Promise<Exchange> => {
      const client = proberOf(await startFakeReplica(t, settings)).client();
      const exchange = await client.ask();
      client.close();
      return exchange;
    };
    const old = await ask({ maxAgeSeconds: 100, maxAgeJitter: 0.5, idleTimeoutSeconds: 5 });
    const idle = await ask({ maxAgeSeconds: 0, idleTimeoutSeconds: 75 });
    assert.deepEqual([neededWaitMs([idle]), neededWaitMs([old, idle])], [80_000, 155_000]);
  });
});
