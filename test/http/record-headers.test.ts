/** What the records of a request carry as Kafka headers. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { encodeHeaders } from '../../src/kafka/record-headers.ts';
import { startReceiver } from '../support/receiver.ts';
import { body, HEADERS } from '../support/write-request.ts';

const REQUEST = body([{ labels: [['__name__', 'up']], samples: [[1, 1000]] }]);

/** As the end of a record has them: lengths as zigzag varints, here of one byte. */
function encoded(headers: Readonly<Record<string, Buffer>>): Buffer {
  const entries = Object.entries(headers);
  const parts = entries.flatMap(([name, value]) => [
    Buffer.from([name.length * 2]),
    Buffer.from(name),
    Buffer.from([value.length * 2]),
    value,
  ]);
  return Buffer.concat([Buffer.from([entries.length * 2]), ...parts]);
}

describe('the headers of records', () => {
  for (const [what, hex] of [
    ['ASCII', '7465616d2d31'],
    ['UTF-8', '74c3a9'],
    ['neither', '74e9ff'],
  ] as const) {
    test(`are the bytes that were sent, ${what}`, async (t) => {
      const receiver = await startReceiver(t, { recordHeaders: ['tenant', 'retry-attempt'] });
      const sent = Buffer.from(hex, 'hex');
      const text = sent.toString('latin1');
      const headers = { ...HEADERS, 'x-scope-orgid': text, 'retry-attempt': text };
      assert.equal((await receiver.send({ headers, body: REQUEST })).status, 204);
      const [seen] = receiver.delivery.headers;
      assert.deepEqual(Buffer.from(encodeHeaders(seen)), encoded({ tenant: sent, 'retry-attempt': sent }));
    });
  }

  test('are left out when the request has none, or an empty one', async (t) => {
    const receiver = await startReceiver(t, {
      recordHeaders: ['tenant', 'user', 'content-hash', 'retry-attempt'],
    });
    const headers = { ...HEADERS, 'x-scope-orgid': '' };
    assert.equal((await receiver.send({ headers, body: REQUEST })).status, 204);
    const hash = createHash('sha256').update(REQUEST).digest('hex');
    assert.deepEqual(receiver.delivery.headers, [{ 'content-hash': hash }]);
  });
});
