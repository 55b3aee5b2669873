/** Requests that hold nothing of the message that their Content-Type names. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import type { Logger } from '../../src/lib/logger.ts';
import type { Status } from '../../src/status/status.ts';
import { compressed, type Entry, HEADERS_OF, message, type Version } from '../support/message.ts';
import { type TestServer, testServer } from '../support/server.ts';
import { field, varint } from '../support/write-request.ts';

const UP: Entry = { labels: [['__name__', 'up']], samples: [{ value: 1, timestamp: 1000 }] };
const AS_V1 = 'kafka_adapter_requests_misread_total{read_as="1.0"}';
const AS_V2 = 'kafka_adapter_requests_misread_total{read_as="2.0"}';

async function send({ server }: TestServer, version: Version, body: Uint8Array): Promise<number> {
  const headers = { ...HEADERS_OF[version], 'user-agent': 'promtool/3.16.0' };
  const sent = { method: 'POST', url: '/api/v1/write', headers, payload: body as Buffer } as const;
  return (await server.app.inject(sent)).statusCode;
}

const counts = async ({ metric }: TestServer): Promise<unknown> => [await metric(AS_V1), await metric(AS_V2)];

describe('a request that holds nothing of the message its Content-Type names', () => {
  test('a 2.0 message under the type of 1.0 is counted, and so is the reverse', async () => {
    const server = testServer();
    assert.deepEqual(await counts(server), [0, 0]);
    assert.equal(await send(server, '1.0', message('2.0', [UP])), 204);
    assert.deepEqual(await counts(server), [1, 0]);
    assert.equal(await send(server, '2.0', message('1.0', [UP])), 204);
    assert.deepEqual(await counts(server), [1, 1]);
    assert.deepEqual(server.delivery.records, []);
  });

  test('metadata of 1.0 alone under the type of 2.0 is counted', async () => {
    const server = testServer();
    await send(server, '2.0', compressed(field(3, field(2, 'up'))));
    assert.deepEqual(await counts(server), [0, 1]);
  });

  test('is none when it is empty, and none when it has anything that is known', async () => {
    const server = testServer();
    const later = field(90, 'later');
    for (const version of ['1.0', '2.0'] as const) {
      await send(server, version, compressed(Uint8Array.of()));
      await send(server, version, message(version, [UP]));
    }
    // Symbols without a series, metadata without a series, and a field that a later version may have.
    await send(server, '2.0', compressed(field(4, '')));
    await send(server, '1.0', compressed(Buffer.concat([field(3, field(2, 'up')), later])));
    assert.deepEqual(await counts(server), [0, 0]);
    await send(server, '1.0', compressed(Buffer.concat([varint(90 << 3), varint(1)])));
    assert.deepEqual(await counts(server), [1, 0]);
  });

  test('the log names the sender, once a minute at most', async (t) => {
    let nowMs = 1_000_000;
    t.mock.method(performance, 'now', () => nowMs);
    const lines: [object, string][] = [];
    const quiet = (): void => {};
    const logger: Logger = { debug: quiet, info: quiet, error: quiet, warn: (...line) => lines.push(line) };
    const server = testServer({ logger });
    for (let i = 0; i < 3; i++) await send(server, '1.0', message('2.0', [UP]));
    nowMs += 60_000;
    await send(server, '1.0', message('2.0', [UP]));
    const of = { client: '127.0.0.1', agent: 'promtool/3.16.0', contentType: 'application/x-protobuf' };
    assert.deepEqual(
      lines.map(([fields]) => fields),
      [
        { ...of, requests: 1 },
        { ...of, requests: 3 },
      ],
    );
    assert.match(lines[0]![1], /^nothing written: .* other version of Remote-Write/);
  });

  test('the status page says so', async () => {
    const server = testServer();
    const hints = async (): Promise<string> => {
      const answer = await server.server.app.inject('/api/v1/status');
      return (answer.json() as Status).hints.map(({ text }) => text).join();
    };
    assert.doesNotMatch(await hints(), /requests hold nothing/);
    await send(server, '1.0', message('2.0', [UP]));
    assert.match(await hints(), /1 requests hold nothing of the message/);
  });
});
