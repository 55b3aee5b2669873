/** Senders that go away before their request has been read. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { HEADERS_OF, message } from '../support/message.ts';
import { openRaw } from '../support/raw-connection.ts';
import { requestText } from '../support/receiver.ts';
import { testServer } from '../support/server.ts';

const INFLIGHT = 'kafka_adapter_http_inflight_bytes';
const WAITING = 'kafka_adapter_http_requests_waiting';

test('a sender that goes away while it waits for room gives back what it would have taken', async (t) => {
  const { server, metric, delivery } = testServer({ maxInflightBytes: 200, queueTimeoutMs: 20_000 });
  const { port } = await server.listen();
  t.after(() => server.close(1000));
  let acknowledge: (() => void) | undefined;
  delivery.acknowledge = () => new Promise((done) => (acknowledge = done));
  const headers = HEADERS_OF['2.0'];
  const first = await openRaw(t, port);
  first.write(
    requestText({ headers, body: message('2.0', [{ labels: [['__name__', 'up']], samples: [{}] }]) }),
  );
  await eventually(() => acknowledge, { what: 'the first request is being written' });

  const second = await openRaw(t, port);
  second.write(requestText({ headers, body: Buffer.alloc(190) }));
  await eventually(async () => (await metric(WAITING)) === 1, { what: 'the second one waits' });
  second.end();
  await eventually(async () => (await metric('kafka_adapter_connections')) === 1, { what: 'it is gone' });
  acknowledge?.();
  assert.equal((await first.waitForAnswers(1)).status, 204);
  await eventually(async () => (await metric(INFLIGHT)) === 0, { what: 'nothing is taken', withinMs: 3000 });
});
