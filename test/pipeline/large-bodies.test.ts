/** Large bodies: looked through in turns with others, one at a time, and read only when they are sound. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { compress } from 'snappyjs';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { NOTHING } from '../../src/lib/contents.ts';
import { PENALTY_MS } from '../../src/lib/penalty.ts';
import { isLarge, LargeBodies, type LargeBody, penalised } from '../../src/pipeline/large-bodies.ts';
import type { Reading } from '../../src/pipeline/reading.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_LIMITS } from '../support/series.ts';
import { testServer } from '../support/server.ts';
import { body, field, HEADERS, request, type TestSeries } from '../support/write-request.ts';
import { requestV2 } from '../support/write-request-v2.ts';

const MEBIBYTE = 1024 * 1024;
const MAX = 32 * MEBIBYTE;
const PADDING = field(99, Buffer.alloc(5 * MEBIBYTE, 'padding'));
const series = (name: string): TestSeries => ({ labels: [['__name__', name]], samples: [[1, 1000]] });
const SOUND = Buffer.concat([request([series('first')]), PADDING, request([series('last')])]);
const BROKEN = Buffer.concat([SOUND, Buffer.from([0])]);

const largeOf = (bytes: Uint8Array, version: LargeBody['version'] = 'v1'): LargeBody => ({
  body: [Buffer.from(compress(bytes))],
  version,
});

const refusedWith =
  (code: ErrorCode, penaltyMs: number) =>
  (error: unknown): boolean =>
    error instanceof AdapterError && error.code === code && error.penaltyMs === penaltyMs;

describe('a body is large', () => {
  test('as it came or decoded, above 4 MiB', () => {
    assert.deepEqual(
      [
        [4 * MEBIBYTE, 4 * MEBIBYTE],
        [4 * MEBIBYTE + 1, 1],
        [1, 4 * MEBIBYTE + 1],
      ].map(([bytes, decoded]) => isLarge(bytes!, decoded!)),
      [false, true, true],
    );
  });
});

describe('a large body', () => {
  const namesOf = (version: LargeBody['version']) => (reading: Reading, length: number) => {
    const names: string[] = [];
    const reader = reading.reader(version, length, () => {});
    while (reader.next()) {
      const { bytes, labels } = reading.series;
      names.push(Buffer.from(bytes.subarray(labels[2], labels[3])).toString());
    }
    return names;
  };

  test('is there to be read once it is found sound, in both versions', async () => {
    const bodies = new LargeBodies(TEST_LIMITS, MAX);
    assert.deepEqual(await bodies.read(largeOf(SOUND), namesOf('v1')), ['first', 'last']);
    const v2 = requestV2({
      symbols: ['', '__name__', 'first', 'last'],
      timeseries: [2, 3].map((ref) => ({ labels_refs: [1, ref], samples: [{ value: 1, timestamp: 1 }] })),
    });
    const large = largeOf(Buffer.concat([PADDING, v2, PADDING]), 'v2');
    assert.deepEqual(await bodies.read(large, namesOf('v2')), ['first', 'last']);
  });

  test('that is not is refused unread, and the next is served', async () => {
    const bodies = new LargeBodies(TEST_LIMITS, MAX);
    const unread = () => assert.fail('it was read');
    const cut = compress(SOUND).slice(0, -5);
    const refusals: [LargeBody, ErrorCode][] = [
      [largeOf(BROKEN), 'protobuf_invalid'],
      [largeOf(BROKEN, 'v2'), 'protobuf_invalid'],
      [{ body: [Buffer.from(cut)], version: 'v1' }, 'snappy_invalid'],
      [largeOf(Buffer.alloc(MAX + 1)), 'decoded_too_large'],
      [largeOf(Buffer.alloc(2 * MEBIBYTE, field(1, ''))), 'limit_exceeded'],
      [largeOf(Buffer.alloc(2 * MEBIBYTE, field(3, ''))), 'limit_exceeded'],
      [largeOf(Buffer.alloc(4 * MEBIBYTE, field(4, '')), 'v2'), 'limit_exceeded'],
    ];
    for (const [large, code] of refusals)
      await assert.rejects(bodies.read(large, unread), refusedWith(code, PENALTY_MS), code);
    assert.deepEqual(await bodies.read(largeOf(SOUND), namesOf('v1')), ['first', 'last']);
  });

  test('waits for the one before, whatever becomes of that', async () => {
    const bodies = new LargeBodies(TEST_LIMITS, MAX);
    const order: string[] = [];
    const noting = (what: string) => () => void order.push(what);
    await Promise.all([
      bodies.read(largeOf(Buffer.concat(Array(5).fill(SOUND))), noting('large')),
      bodies.read(largeOf(BROKEN), noting('broken')).catch(noting('refused')),
      bodies.read(largeOf(SOUND), noting('small')),
    ]);
    assert.deepEqual(order, ['large', 'refused', 'small']);
  });

  for (const [what, bytes] of Object.entries({
    'one label of 30 MiB': request([
      { labels: [['__name__', 'x'.repeat(30 * MEBIBYTE)]], samples: [[1, 1]] },
    ]),
    'fields that nobody knows': Buffer.alloc(30 * MEBIBYTE, field(99, '')),
  }))
    test(`lets others go before again and again: ${what}`, async () => {
      const bodies = new LargeBodies(TEST_LIMITS, MAX);
      let turns = 0;
      let isDone = false;
      const count = (): void => {
        turns++;
        if (!isDone) setImmediate(count);
      };
      setImmediate(count);
      await bodies.read(largeOf(bytes), () => {});
      isDone = true;
      // Decompressing alone moves 30 MiB; all in one step would be one turn.
      assert.ok(turns > 3, String(turns));
    });

  test('leaves its memory to the next for some seconds, then it is given back', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const bodies = new LargeBodies(TEST_LIMITS, MAX);
    const large = largeOf(Buffer.concat(Array(5).fill(PADDING)));
    const memoryOf = (reading: Reading) => reading.decompressor;
    const memory = await bodies.read(large, memoryOf);
    const { bytes } = memory;
    t.mock.timers.tick(9000);
    await bodies.read(large, memoryOf);
    assert.equal(memory.bytes, bytes, 'the same memory');
    t.mock.timers.tick(9999);
    assert.equal(memory.bytes, bytes);
    t.mock.timers.tick(1);
    assert.ok(memory.bytes.length < MEBIBYTE);
  });
});

describe('the answer to a large body', () => {
  const written = { float: 1, histogram: 0, exemplar: 0 };
  const refusal = () => new AdapterError('content_invalid', 'not written');

  test('of which nothing can be written comes late, so that the next one does', () => {
    assert.equal(penalised({ refusal: refusal(), written: NOTHING }).refusal?.penaltyMs, PENALTY_MS);
  });

  test('of which something is written does not, nor one that may be repeated', async () => {
    assert.equal(penalised({ refusal: refusal(), written }).refusal?.penaltyMs, 0);
    assert.equal(penalised({ refusal: undefined, written: NOTHING }).refusal, undefined);
    const full = () => {
      throw new AdapterError('queue_full', 'full');
    };
    const bodies = new LargeBodies(TEST_LIMITS, MAX);
    await assert.rejects(bodies.read(largeOf(SOUND), full), refusedWith('queue_full', 0));
  });

  test('holds no room while it is late, and a small request is answered meanwhile', async () => {
    const { server, metric } = testServer({ maxDecodedBytes: MAX });
    const send = (payload: Buffer) =>
      server.app.inject({ method: 'POST', url: '/api/v1/write', headers: HEADERS, payload });
    const order: string[] = [];
    const late = send(largeOf(BROKEN).body[0]!).then(({ statusCode }) => order.push(`large ${statusCode}`));
    order.push(`small ${(await send(body([series('small')]))).statusCode}`);
    await eventually(async () => (await metric('kafka_adapter_http_inflight_bytes')) === 0, {
      what: 'the room is given back',
    });
    assert.equal(order.length, 1, 'the large one is not answered yet');
    await late;
    assert.deepEqual(order, ['small 204', 'large 400']);
  });
});

describe('a large request', () => {
  const many = Array.from({ length: 1000 }, (_, i) => ({
    labels: [
      ['__name__', `series_${i}`],
      ['text', String(i).padStart(3, '0').repeat(2000)],
    ],
    samples: [[i, 1000 + i]],
  })) satisfies TestSeries[];
  const options = { maxDecodedBytes: MAX };

  test('becomes the records that it becomes in small ones', async () => {
    const [whole, parts] = [testServer(options), testServer(options)];
    assert.ok(request(many).length > 5 * MEBIBYTE);
    const write = async ({ server }: typeof whole, payload: Buffer): Promise<number> =>
      (await server.app.inject({ method: 'POST', url: '/api/v1/write', headers: HEADERS, payload }))
        .statusCode;
    assert.equal(await write(whole, body(many)), 204);
    for (let at = 0; at < many.length; at += 100)
      assert.equal(await write(parts, body(many.slice(at, at + 100))), 204);
    assert.equal(whole.delivery.records.length, many.length);
    assert.deepEqual(whole.delivery.records, parts.delivery.records);
  });

  test('that breaks off at its end leaves nothing behind', async () => {
    const { server, delivery } = testServer(options);
    const payload = Buffer.from(compress(Buffer.concat([request(many), Buffer.from([0])])));
    const answer = await server.app.inject({
      method: 'POST',
      url: '/api/v1/write',
      headers: HEADERS,
      payload,
    });
    assert.equal(answer.statusCode, 400);
    assert.match(answer.body, /field number 0/);
    assert.deepEqual(delivery.records, []);
  });
});
