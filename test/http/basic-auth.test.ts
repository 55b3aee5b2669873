/** Who may write. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { basicGuard, basicUser } from '../../src/http/basic-auth.ts';
import { testServer } from '../support/server.ts';
import { HEADERS } from '../support/write-request.ts';

const guard = basicGuard({ username: 'sender', password: 'a:b' })!;
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
  test('there is no guard', () => assert.equal(basicGuard({ username: '', password: '' }), undefined));
});

describe('the user of a request', () => {
  test('is what it says, proven or not', () => {
    assert.deepEqual(['Bearer x', '', basic('a:b'), basic('c')].map(basicUser), ['', '', 'a', 'c']);
  });
});
