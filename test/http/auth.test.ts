/** Who may write. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compare, getRounds, hashSync } from 'bcryptjs';
import { basicUser, type Credentials, guardOf } from '../../src/http/auth.ts';
import { testServer } from '../support/server.ts';
import { HEADERS } from '../support/write-request.ts';

const NOBODY: Credentials = { users: new Map(), username: '', password: '', tokens: [] };
const guard = guardOf({ ...NOBODY, username: 'sender', password: 'a:b' })!;
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

  test('cost one comparison at the same cost, whether the user or the password is wrong', async () => {
    const costs: number[] = [];
    const counting = guardOf({ ...NOBODY, users }, async (password, hash) => {
      costs.push(getRounds(hash));
      return await compare(password, hash);
    })!;
    for (const text of ['one:wrong', 'nobody:first', '__proto__:first', 'constructor:', ':'])
      await assert.rejects(async () => counting(basic(text)), { code: 'unauthorized' });
    assert.deepEqual(costs, [4, 4, 4, 4, 4]);
  });

  test('that are guessed in numbers do not take the whole thread: 503 above eight at once', async () => {
    const guesses = Array.from({ length: 20 }, (_, i) => Promise.resolve(hashed(basic(`one:${i}`))));
    const codes = (await Promise.allSettled(guesses)).map((guess) =>
      guess.status === 'rejected' ? guess.reason.code : 'passed',
    );
    assert.equal(codes.filter((code) => code === 'overloaded').length, 12);
    assert.equal(codes.filter((code) => code === 'unauthorized').length, 8);
    assert.ok(await passes(basic('two:second')));
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
