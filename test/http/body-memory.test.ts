/** The memory of bodies is given back as soon as nobody reads them any more, not at some garbage collection. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { openRaw, writeBytes } from '../support/raw-connection.ts';
import { testServer } from '../support/server.ts';
import { body } from '../support/write-request.ts';

const SERIES = 1000;
/** 300 000 bytes as they are, in snappy. */
const incompressible = Buffer.from(
  Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
);
/** Long enough to come in pieces. */
const large = body(
  Array.from({ length: SERIES }, (_, i) => {
    const random = createHash('sha512').update(String(i)).digest('base64');
    return { labels: [['__name__', random]], samples: [[i, 1000]] };
  }),
);

/** A server, and what memory the bodies of its requests came in. */
async function listen(t: TestContext) {
  const started = testServer();
  const memory: ArrayBufferLike[] = [];
  started.server.app.server.prependListener('request', (request: IncomingMessage) => {
    const { push } = request;
    request.push = (piece: Buffer | null) => {
      if (piece) memory.push(piece.buffer);
      return push.call(request, piece);
    };
  });
  const { port } = await started.server.listen();
  t.after(() => started.server.close(1000));
  return { ...started, memory, raw: await openRaw(t, port) };
}

function bytesLeft(memory: readonly ArrayBufferLike[]): number {
  return memory.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

describe('nothing is left of a body', () => {
  test('that is written, but it is all there until then', async (t) => {
    const { raw, memory, delivery } = await listen(t);
    let held = 0;
    delivery.acknowledge = async () => {
      held = bytesLeft(memory);
    };
    raw.write(writeBytes(large));
    assert.equal((await raw.waitForAnswers(1)).status, 204);
    assert.equal(delivery.records.length, SERIES);
    assert.ok(memory.length > 1);
    assert.equal(held, large.length);
    assert.equal(bytesLeft(memory), 0);
  });

  for (const [what, path, headers, status] of [
    ['that is no message', '/api/v1/write', {}, 400],
    ['that is not wanted', '/api/v1/write', { 'Content-Encoding': 'gzip' }, 415],
    ['at a path that takes none', '/metrics', {}, 405],
  ] as const)
    test(what, async (t) => {
      const { raw, memory } = await listen(t);
      raw.write(writeBytes(incompressible, headers).replace('/api/v1/write', path));
      const answer = await raw.waitForAnswers(1);
      assert.deepEqual([answer.status, answer.isLast], [status, false]);
      // The answer to what nobody reads may be ahead of its end: the next one is not.
      raw.write(writeBytes(body([])));
      assert.equal((await raw.waitForAnswers(2)).status, 204);
      assert.ok(memory.length > 2);
      assert.equal(bytesLeft(memory.slice(0, -1)), 0);
    });

  test('whose sender goes away in the middle', async (t) => {
    const { raw, memory } = await listen(t);
    raw.write(writeBytes(incompressible).slice(0, 200_000));
    await eventually(() => bytesLeft(memory) > 100_000, { what: 'half of the body' });
    raw.end();
    await eventually(() => bytesLeft(memory) === 0, { what: 'its memory is given back' });
  });
});
