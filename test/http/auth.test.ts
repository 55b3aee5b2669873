/** Who may write. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compare, getRounds, hashSync } from 'bcryptjs';
import { basicUser, type Credentials, guardOf } from '../../src/http/auth.ts';
import { call, oneConnection } from '../support/adapter.ts';
import { testServer } from '../support/server.ts';
import { HEADERS } from '../support/write-request.ts';

const NOBODY: Credentials = { users: new Map(), username: '', password: '', tokens: [] };
const guard = guardOf({ ...NOBODY, username: 'sender', password: 'a:b' })!;
const ROUNDS = 100;
/** Five times the standard error of the statistic below for two times ROUNDS values that do not differ. */
const MOST_DEVIATION = 5 * Math.sqrt((2 * ROUNDS + 1) / (12 * ROUNDS ** 2));

/** How often a value of the one is below a value of the other (Mann-Whitney): outliers do not move it, 0.5 is no difference. */
function chanceOfLess(ones: readonly number[], others: readonly number[]): number {
  let less = 0;
  for (const one of ones) for (const other of others) less += one < other ? 1 : one === other ? 0.5 : 0;
  return less / (ones.length * others.length);
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('with a user configured, a write', () => {
  const write = (authorization: string | undefined) =>
    testServer({ guard }).server.app.inject({
      method: 'POST',
      url: '/receive',
      headers: { ...HEADERS, ...(authorization === undefined ? {} : { authorization }) },
      payload: Buffer.from([0]),
    });

  for (const authorization of [
    undefined,
    '',
    'Bearer x',
    'Basic',
    basic('sender'),
    basic('sender:'),
    basic('sender:a'),
    basic('other:a:b'),
    basic(':'),
    'Basic !!!',
  ]) {
    test(`with ${authorization} is 401, and says how to`, async () => {
      const answer = await write(authorization);
      assert.deepEqual(
        [answer.statusCode, answer.headers['www-authenticate']],
        [401, 'Basic realm="kafka-adapter"'],
      );
    });
  }

  test('with the user and the password passes, whatever the case of the scheme', async () => {
    assert.equal((await write(basic('sender:a:b'))).statusCode, 204);
    assert.equal((await write(basic('sender:a:b').replace('Basic', 'bAsIc'))).statusCode, 204);
  });

  test('is the only thing that asks: probes and metrics stay open', async () => {
    const { server } = testServer({ guard });
    for (const url of ['/-/ready', '/-/healthy', '/healthz', '/metrics', '/-/whoami'])
      assert.equal((await server.app.inject(url)).statusCode, 200, url);
  });
});

describe('without a user configured', () => {
  test('there is no guard', () => assert.equal(guardOf(NOBODY), undefined));
});

describe('the user of a request', () => {
  test('is what it says, proven or not', () => {
    assert.deepEqual(['Bearer x', '', basic('a:b'), basic('c')].map(basicUser), ['', '', 'a', 'c']);
  });
});

describe('users with hashed passwords', () => {
  const users = new Map([
    ['one', hashSync('first', 4)],
    ['two', hashSync('second', 4)],
  ]);
  const hashed = guardOf({ ...NOBODY, users })!;
  const passes = async (authorization: string): Promise<boolean> => {
    try {
      await hashed(authorization);
      return true;
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'unauthorized');
      return false;
    }
  };

  test('pass with their own password only', async () => {
    const tried = ['one:first', 'two:second', 'one:second', 'three:first', 'one:', ':first'];
    const outcomes: boolean[] = [];
    for (const text of tried) outcomes.push(await passes(basic(text)));
    assert.deepEqual(outcomes, [true, true, false, false, false, false]);
  });

  test('are checked once: the next request with the same header passes at once', async () => {
    await hashed(basic('one:first'));
    assert.equal(hashed(basic('one:first')), undefined);
  });

  test('are checked once for all connections that come with the same header at the same time', async () => {
    const compared: string[] = [];
    const fresh = guardOf({ ...NOBODY, users }, async (password) => compared.push(password) > 0)!;
    await Promise.all(Array.from({ length: 50 }, () => fresh(basic('one:first'))));
    assert.deepEqual(compared, ['first']);
  });

  test('that are guessed in numbers do not take the whole thread: 503 above eight at once, four from one address', async () => {
    const guesses = Array.from({ length: 30 }, (_, i) =>
      Promise.resolve(hashed(basic(`one:${i}`), `10.0.0.${i % 3}`)),
    );
    const codes = (await Promise.allSettled(guesses)).map((guess) =>
      guess.status === 'rejected' ? guess.reason.code : 'passed',
    );
    assert.equal(codes.filter((code) => code === 'unauthorized').length, 8);
    assert.equal(codes.filter((code) => code === 'overloaded').length, 22);
    assert.ok(await passes(basic('two:second')));
  });

  test('that are guessed from one address leave room for a sender from another', async () => {
    const guesses = Array.from({ length: 30 }, (_, i) =>
      Promise.resolve(hashed(basic(`two:${i}`), '10.0.0.1')).catch((error: { code: string }) => error.code),
    );
    await hashed(basic('two:second'), '10.0.0.2');
    const codes = await Promise.all(guesses);
    assert.equal(codes.filter((code) => code === 'unauthorized').length, 4);
  });
});

describe('a refusal tells nothing by its time', () => {
  const users = new Map([
    ['cheap', hashSync('first', 4)],
    ['middle', hashSync('second', 6)],
    ['costly', hashSync('third', 7)],
  ]);
  const WRONG = ['nobody', 'cheap', 'middle', 'costly', '__proto__', 'constructor', ''];

  test('the work is one comparison of each cost, whichever user is named and whether there is one', async () => {
    const costs: number[] = [];
    const counting = guardOf({ ...NOBODY, users }, async (password, hashes) => {
      for (const hash of hashes) {
        costs.push(getRounds(hash));
        if (await compare(password, hash)) return hash === hashes[0];
      }
      return false;
    })!;
    for (const user of WRONG) {
      await assert.rejects(async () => counting(basic(`${user}:wrong`)), { code: 'unauthorized' });
      assert.deepEqual(costs.splice(0).sort(), [4, 6, 7], user);
    }
    await counting(basic('cheap:first'));
    assert.deepEqual(costs, [4], 'who is right does not wait');
  });

  test('without hashed users every refusal is one comparison of digests', () => {
    for (const credentials of [
      { ...NOBODY, username: 'sender', password: 'a' },
      { ...NOBODY, tokens: ['token'] },
    ]) {
      const plain = guardOf(credentials, () => assert.fail('no hash is there to be compared'))!;
      for (const header of [basic('sender:b'), basic('nobody:b'), 'Bearer other', ''])
        assert.throws(() => plain(header), { code: 'unauthorized' });
    }
  });

  test('as seen through a socket: the times of a wrong password and of no such user cannot be told apart', async (t) => {
    const { server } = testServer({ guard: guardOf({ ...NOBODY, users })! });
    const { port } = await server.listen();
    t.after(() => server.close(1000));
    const agent = oneConnection();
    t.after(() => agent.destroy());
    const timeOf = async (user: string, round: number): Promise<number> => {
      const begunMs = performance.now();
      const headers = { ...HEADERS, authorization: basic(`${user}:wrong-${round}`) };
      const { status } = await call(`http://127.0.0.1:${port}/receive`, { method: 'POST', headers, agent });
      assert.equal(status, 401);
      return performance.now() - begunMs;
    };
    const times = { cheap: [] as number[], costly: [] as number[], nobody: [] as number[] };
    // In turn, so that whatever else the machine does falls on all of them alike.
    for (let round = 0; round < ROUNDS; round++)
      for (const [user, own] of Object.entries(times)) own.push(await timeOf(user, round));
    for (const user of ['cheap', 'costly'] as const) {
      const chance = chanceOfLess(times[user], times.nobody);
      t.diagnostic(`${user} is faster than nobody ${(100 * chance).toFixed(1)} % of the time`);
      assert.ok(Math.abs(chance - 0.5) < MOST_DEVIATION, `${user}: ${chance}`);
    }
  });

  test('by a statistic that would tell: one of half the cost is seen', () => {
    const times = Array.from({ length: ROUNDS }, (_, i) => 10 + ((i * 7) % 10));
    const half = times.map((time) => time / 2);
    assert.ok(Math.abs(chanceOfLess(half, times) - 0.5) > MOST_DEVIATION);
    assert.equal(chanceOfLess(times, times), 0.5);
  });
});

describe('bearer tokens', () => {
  const tokens = guardOf({ ...NOBODY, tokens: ['alpha', 'beta'] })!;

  test('pass when they are known, all others do not', () => {
    for (const token of ['alpha', 'beta']) assert.equal(tokens(`Bearer ${token}`), undefined);
    for (const header of ['Bearer gamma', 'Bearer', 'bearer  ', basic('alpha:'), ''])
      assert.throws(() => tokens(header), { code: 'unauthorized' });
  });
});
