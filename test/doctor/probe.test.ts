/** The doctor's client: which connection carried a request, and how connections end. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../deploy/local/ports.ts';
import type { Answer, Exchange, Prober } from '../../src/doctor/probe.ts';
import { createProber, offersHttp2 } from '../../src/doctor/probe.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeReplica, startFakeReplica } from './fake-replica.ts';

function proberOf({ url, port }: Pick<FakeReplica, 'url' | 'port'>): Prober {
  return createProber({ url: new URL(url), addresses: ['127.0.0.1'], port, ca: undefined, insecure: false });
}

function answered(exchange: Exchange): Answer {
  assert.ok('whoami' in exchange, JSON.stringify(exchange));
  return exchange;
}

describe('a client', () => {
  test('keeps its connection, and knows both its ends', async (t) => {
    const replica = await startFakeReplica(t);
    const client = proberOf(replica).client();
    t.after(() => client.close());
    const first = answered(await client.ask());
    const second = answered(await client.ask());
    assert.equal(replica.accepted, 1);
    assert.deepEqual([first.connection, second.connection], [1, 1]);
    assert.equal(first.whoami.peerPort, first.localPort);
    assert.equal(second.whoami.connectionRequests, 2);
    assert.equal(second.whoami.requestConnection, 'keep-alive');
  });

  test('opens the next connection after an answer that was the last', async (t) => {
    const replica = await startFakeReplica(t, { maxAgeSeconds: 0.001 });
    const client = proberOf(replica).client();
    t.after(() => client.close());
    await client.ask();
    await eventually(async () => answered(await client.ask()).isLast, { what: 'the age has come' });
    const before = replica.accepted;
    await client.ask();
    assert.equal(replica.accepted, before + 1);
  });

  test('of the same prober has another connection, from the address it is given', async (t) => {
    const replica = await startFakeReplica(t);
    const prober = proberOf(replica);
    const [one, other] = [prober.client(), prober.client({ localAddress: '127.0.0.5' })];
    t.after(() => one.close());
    t.after(() => other.close());
    assert.equal(answered(await one.ask()).connection, 1);
    const { connection, localAddress, whoami } = answered(await other.ask());
    assert.deepEqual([connection, localAddress, whoami.peerAddress], [2, '127.0.0.5', '127.0.0.5']);
  });

  test('leaves a kept connection alone when the time for an earlier answer is up', async (t) => {
    const replica = await startFakeReplica(t);
    const client = proberOf(replica).client({ answerWithinMs: 300 });
    t.after(() => client.close());
    await client.ask();
    await pause(400);
    assert.equal(answered(await client.ask()).whoami.connectionRequests, 2);
  });

  test('says that no answer came in time', async (t) => {
    const replica = await startFakeReplica(t);
    const client = proberOf(replica).client({ answerWithinMs: 100 });
    t.after(() => client.close());
    await client.ask();
    for (const socket of replica.sockets) socket.pause();
    assert.deepEqual(problem(await client.ask()), 'no answer in time');
  });

  test('says that nobody listens', async () => {
    const port = await freePort();
    assert.equal(problem(await proberOf({ url: 'http://x', port }).client().ask()), 'ECONNREFUSED');
  });

  for (const [what, status, text, expected] of [
    ['another path', 404, 'not found', /status 404/],
    ['HTML', 200, '<html>', /not JSON/],
    ['JSON of something else', 200, '{"status":"UP"}', /something else/],
    [
      'an older version',
      200,
      '{"id":"a","version":"0.1.0","connectionAgeSeconds":1}',
      /another version \(0\.1\.0\).*instance/,
    ],
  ] as const) {
    test(`tells ${what} from a replica`, async (t) => {
      const replica = await startFakeReplica(t);
      replica.instead = () => ({ status, text });
      const client = proberOf(replica).client();
      t.after(() => client.close());
      assert.match(problem(await client.ask()), expected);
    });
  }

  test('asks below the path of the URL, with the name in Host and the credentials of the URL', async (t) => {
    const replica = await startFakeReplica(t);
    let seen: { path: string; headers: object } | undefined;
    replica.instead = (request) => {
      seen = request;
      return undefined;
    };
    const client = proberOf({
      url: 'http://me:s%20t@vip.example:99/metrics-in/',
      port: replica.port,
    }).client();
    t.after(() => client.close());
    answered(await client.ask());
    assert.equal(seen?.path, '/metrics-in/-/whoami');
    const { host, authorization } = seen.headers as Record<string, string>;
    assert.deepEqual([host, authorization], ['vip.example:99', `Basic ${btoa('me:s t')}`]);
  });
});

describe('the end of an idle connection', () => {
  test('in order', async (t) => {
    const replica = await startFakeReplica(t);
    const client = proberOf(replica).client();
    t.after(() => client.close());
    await client.ask();
    const ending = client.ending(10_000);
    for (const socket of replica.sockets) socket.end();
    assert.equal((await ending)?.isReset, false);
  });

  test('by a reset', async (t) => {
    const replica = await startFakeReplica(t);
    const client = proberOf(replica).client();
    t.after(() => client.close());
    await client.ask();
    const ending = client.ending(10_000);
    for (const socket of replica.sockets) socket.resetAndDestroy();
    assert.equal((await ending)?.isReset, true);
  });

  test('that does not come is undefined, and the connection goes on', async (t) => {
    const replica = await startFakeReplica(t);
    const client = proberOf(replica).client();
    t.after(() => client.close());
    await client.ask();
    assert.equal(await client.ending(50), undefined);
    assert.equal(answered(await client.ask()).whoami.connectionRequests, 2);
  });
});

test('whether HTTP/2 is offered is unknown where no TLS is spoken', async (t) => {
  const { port } = await startFakeReplica(t);
  const target = { url: new URL('https://x'), addresses: ['127.0.0.1'], port, ca: undefined, insecure: true };
  assert.equal(await offersHttp2(target), undefined);
});

function problem(exchange: Exchange): string {
  assert.ok('problem' in exchange, JSON.stringify(exchange));
  return exchange.problem;
}
