/** The routes for operators and probes. */

import assert from 'node:assert/strict';
import { Agent, get, type IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { METRICS } from '../../src/metrics/table.ts';
import { Metrics } from '../../src/metrics.ts';
import { testServer } from '../support/server.ts';

test('metrics are put together once for all who ask at the same time, and anew for the next', async () => {
  const metrics = new Metrics();
  let measured = 0;
  metrics.beforeScrape(() => metrics.instruments.connections.set(++measured));
  const [first, second] = await Promise.all([metrics.text(), metrics.text()]);
  assert.equal(first, second);
  assert.match(first, /^kafka_adapter_connections 1$/m);
  assert.match(await metrics.text(), /^kafka_adapter_connections 2$/m);
  metrics.close();
});

describe('GET', () => {
  test('/-/healthy is 200 whatever Kafka does', async () => {
    const { server } = testServer({ readiness: 'starting' });
    const answer = await server.app.inject('/-/healthy');
    assert.deepEqual([answer.statusCode, answer.body], [200, 'healthy\n']);
  });

  test('/healthz is what the Go adapter answers', async () => {
    const answer = await testServer().server.app.inject('/healthz');
    assert.deepEqual([answer.statusCode, answer.json()], [200, { status: 'UP' }]);
  });

  for (const [word, status] of [
    ['ready', 200],
    ['starting', 503],
    ['draining', 503],
  ] as const) {
    test(`/-/ready is ${status} with the word ${word}`, async () => {
      const answer = await testServer({ readiness: word }).server.app.inject('/-/ready');
      assert.deepEqual([answer.statusCode, answer.body], [status, `${word}\n`]);
    });
  }

  test('/-/ready has the word ready in no other state, since balancers look for it anywhere in the answer', async () => {
    const { server } = testServer({ readiness: 'starting', detail: 'address already in use, not Ready' });
    const answer = await server.app.inject('/-/ready');
    assert.deepEqual(
      [answer.statusCode, answer.body],
      [503, 'starting: address alr-eady in use, not r-eady\n'],
    );
  });

  test('/metrics has every family of the table, and every child that can be known at 0', async () => {
    const { server } = testServer();
    const answer = await server.app.inject('/metrics');
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    for (const { name, type, born } of Object.values(METRICS)) {
      assert.ok(answer.body.includes(`# TYPE ${name} ${type}\n`), name);
      for (const labels of born) {
        const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
        const suffix = type === 'histogram' ? '_count' : '';
        assert.ok(answer.body.includes(`\n${name}${suffix}{${text.join(',')}} 0\n`), `${name} ${text}`);
      }
    }
    assert.match(answer.body, /^process_cpu_seconds_total /m);
    assert.match(answer.body, /^nodejs_eventloop_lag_p99_seconds /m);
    assert.doesNotMatch(answer.body, /nodejs_active_\w+_total/);
  });

  test('/metrics is OpenMetrics when the scraper asks for it', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3';
    const answer = await testServer().server.app.inject({ url: '/metrics', headers: { accept } });
    assert.match(String(answer.headers['content-type']), /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(answer.body, /\n# EOF\n$/);
    assert.match(answer.body, /^# TYPE kafka_adapter_requests_retried counter$/m);
    assert.match(answer.body, /^kafka_adapter_requests_retried_total 0$/m);
    assert.doesNotMatch(answer.body, /\n\n/);
  });

  test('an unknown path is 404, a known one with another method 405 with Allow', async () => {
    const { server } = testServer();
    assert.equal((await server.app.inject('/nothing')).statusCode, 404);
    const answer = await server.app.inject({ method: 'POST', url: '/-/ready' });
    assert.deepEqual([answer.statusCode, answer.headers.allow], [405, 'GET, HEAD']);
    assert.equal((await server.app.inject({ method: 'HEAD', url: '/-/ready' })).statusCode, 200);
  });

  test('/-/whoami counts the requests of its connection, as JSON or as one line', async (t) => {
    const { server } = testServer();
    const { port } = await server.listen();
    t.after(() => server.close(1000));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const ask = (accept: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const onAnswer = async (answer: IncomingMessage): Promise<void> => {
          let text = '';
          for await (const chunk of answer) text += chunk;
          resolve(text);
        };
        get({ port, host: '127.0.0.1', path: '/-/whoami', agent, headers: { accept } }, onAnswer).on(
          'error',
          reject,
        );
      });
    assert.equal(JSON.parse(await ask('application/json')).connectionRequests, 1);
    assert.match(
      await ask('*/*'),
      /^test version 0 at .* answers .*, request 2 of a connection [\d.]+ s old\n$/,
    );
  });
});
