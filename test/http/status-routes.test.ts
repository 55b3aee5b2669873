/** The status page, its JSON, and /-/whoami. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testServer } from '../support/server.ts';

describe('GET', () => {
  test('/ is one page that nothing else may be loaded into', async () => {
    const answer = await testServer().server.app.inject('/');
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
    assert.match(
      String(answer.headers['content-security-policy']),
      /^default-src 'none'; script-src 'sha256-/,
    );
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  });

  test('/api/v1/status has every section, never cached', async () => {
    const answer = await testServer().server.app.inject('/api/v1/status');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual(Object.keys(answer.json()), [
      'replica',
      'configuration',
      'limits',
      'traffic',
      'connections',
      'returns',
      'fleet',
      'kafka',
      'hints',
    ]);
  });

  test('/-/whoami says what the replica sees of the way to it', async () => {
    const { server } = testServer({ connection: { maxAgeMs: 60_000, maxAgeJitter: 0.25 } });
    const headers = { accept: 'application/json', via: '1.1 proxy', 'x-forwarded-for': '10.0.0.1' };
    const { proxyHeaders, maxAgeSeconds, maxAgeJitter, state, connection, httpVersion } = (
      await server.app.inject({ url: '/-/whoami', headers })
    ).json();
    assert.deepEqual(proxyHeaders, ['via', 'x-forwarded-for']);
    assert.deepEqual([maxAgeSeconds, maxAgeJitter, state], [60, 0.25, 'ready']);
    assert.deepEqual([connection, httpVersion], ['instance-0', '1.1']);
  });
});
