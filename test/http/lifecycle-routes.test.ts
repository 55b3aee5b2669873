/** Routes that change what a running replica does. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testServer } from '../support/server.ts';

describe('POST /-/rebalance', () => {
  test('is refused unless http.enable_lifecycle is on', async () => {
    const { server } = testServer();
    const answer = await server.app.inject({ method: 'POST', url: '/-/rebalance' });
    assert.deepEqual(
      [answer.statusCode, answer.body],
      [403, 'not allowed: http.enable_lifecycle is false\n'],
    );
  });

  test('says how many connections are asked to close, and over what time', async () => {
    const { server } = testServer({ isLifecycleEnabled: true });
    const answer = await server.app.inject({ method: 'POST', url: '/-/rebalance?spread=2m' });
    assert.deepEqual([answer.statusCode, answer.json()], [202, { connections: 0, spreadSeconds: 120 }]);
    const preset = await server.app.inject({ method: 'POST', url: '/-/rebalance' });
    assert.equal(preset.json().spreadSeconds, 30);
  });

  for (const spread of ['soon', '5', '2h', '-1s', '']) {
    test(`refuses a spread of ${JSON.stringify(spread)} with the right form`, async () => {
      const { server } = testServer({ isLifecycleEnabled: true });
      const answer = await server.app.inject({ method: 'POST', url: `/-/rebalance?spread=${spread}` });
      assert.equal(answer.statusCode, 400);
      assert.match(answer.body, /^spread=".*" is not a duration up to 1h, expected a form such as 30s\n$/);
    });
  }

  test('is a POST: GET is 405 with Allow', async () => {
    const answer = await testServer().server.app.inject('/-/rebalance');
    assert.deepEqual([answer.statusCode, answer.headers.allow], [405, 'POST']);
  });
});
