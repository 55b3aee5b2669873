/** Whatever is sent to the adapter, it answers, stays small and goes on serving. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, test } from 'node:test';
import { compress } from 'snappyjs';
import { NOTHING } from '../../src/lib/contents.ts';
import { call, oneConnection, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { countRecords, createTopic, type TestKafka, testKafka } from '../support/kafka.ts';
import { body, field, HEADERS, request, varint } from '../support/write-request.ts';
import { requestV2, V2_HEADERS } from '../support/write-request-v2.ts';
import { honestBody, hostileBodies, seededRandom, whyNotAcceptable } from './hostile-bodies.ts';

const BODIES = 1000;
const SEED = Number(process.env['TEST_SEED'] ?? 20_261_122);
/** Far below the sum of docs/security.md; labels of 30 MiB are there a few times over until they are collected. */
const MAX_MEMORY_BYTES = 450 * 1024 * 1024;
const GOOD = () => body([{ labels: [['__name__', 'good']], samples: [[1, Date.now()]] }]);

/** Pieces of a message that are valid, next to nothing, and repeated by the million. */
const SWELLING: Readonly<Record<string, Buffer>> = {
  'zeroes, which are no message': Buffer.from([0]),
  'series without anything': field(1, ''),
  'series without a name': field(1, field(2, '')),
  'metadata without anything': field(3, ''),
};

/** What stops the adapter at the end of the file. */
const cleanUps: (() => unknown)[] = [];
let kafka: TestKafka;
let topic: string;
let adapter: RunningAdapter;
before(async () => {
  kafka = await testKafka();
  topic = await createTopic(kafka.brokers, { partitions: 3 });
  adapter = await startAdapter(
    { after: (cleanUp) => void cleanUps.push(cleanUp) },
    { brokers: kafka.brokers, topic, flags: ['--kafka.max-queue-size=32MiB'] },
  );
  await adapter.waitReady();
});
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await kafka.stop();
});

async function assertServes(): Promise<void> {
  const { status, text } = await adapter.write(GOOD());
  assert.equal(status, 204, text);
}

function assertSmall(): void {
  const peakBytes = adapter.peakMemoryBytes() ?? 0;
  assert.ok(peakBytes < MAX_MEMORY_BYTES, `the adapter took ${Math.round(peakBytes / 1024 / 1024)} MiB`);
}

test(`${BODIES} broken bodies get their 4xx, over connections that stay usable`, async (t) => {
  const random = seededRandom(SEED);
  const agent = oneConnection();
  t.after(() => agent.destroy());
  const statuses: Record<string, number> = {};
  for (const { kind, bytes } of hostileBodies(random, BODIES)) {
    const shown = `${kind} of seed ${SEED}: ${bytes.subarray(0, 200).toString('hex')}`;
    const { status, headers, text } = await adapter.write(bytes, { agent });
    statuses[status] = (statuses[status] ?? 0) + 1;
    assert.equal(headers.connection, 'keep-alive', shown);
    if (status === 204) {
      assert.equal(whyNotAcceptable(bytes), undefined, shown);
      continue;
    }
    assert.equal(status, 400, `${shown}: ${text}`);
    assert.match(text, /^[^\n]+\n$/, shown);
  }
  t.diagnostic(`answers by status: ${JSON.stringify(statuses)}`);
  assert.ok((statuses[400] ?? 0) > BODIES * 0.9, 'hardly any mutation survives');
  await assertServes();
  assertSmall();
});

test('broken and good bodies at the same time do not disturb each other', async () => {
  const agents = Array.from({ length: 8 }, () => oneConnection());
  const random = seededRandom(SEED + 1);
  const bodies = [...hostileBodies(random, 160)];
  await Promise.all(
    agents.map(async (agent, lane) => {
      for (let i = lane; i < bodies.length; i += agents.length) {
        const { status } = await adapter.write(bodies[i]!.bytes, { agent });
        assert.ok(status === 400 || status === 204, `${bodies[i]!.kind}: ${status}`);
        const good = await adapter.write(honestBody(random, Date.now()), { agent });
        assert.equal(good.status, 204, good.text);
      }
    }),
  );
  for (const agent of agents) agent.destroy();
});

describe('a body of 1.5 MB that swells to 30 MiB, just below the limit, is answered and does not swell the process', () => {
  for (const [what, unit] of Object.entries(SWELLING)) {
    test(what, async () => {
      const bytes = compress(Buffer.alloc(30 * 1024 * 1024, unit));
      assert.ok(bytes.length < 2_000_000);
      const { status, text } = await adapter.write(bytes);
      // Nothing in it can be written, so it is up to the adapter whether that is wrong.
      assert.ok(status === 204 || status === 400, `${status}: ${text}`);
      assertSmall();
      await assertServes();
    });
  }
});

describe('a body of some kilobytes that means gigabytes is answered 400 and does not swell the process', () => {
  const NAME = ['__name__', 'hostile'] as const;
  const LONG = 'x'.repeat(1024 * 1024);
  const NAMES = Array.from({ length: 900 }, (_, i) => `l${i}`);
  const repeated = (count: number, bytes: Uint8Array): Buffer => Buffer.concat(Array(count).fill(bytes));
  /** Of 2.0: the symbols, and one series with the fields in `extra`. */
  const seriesV2 = (symbols: readonly string[], refs: readonly number[], extra: Uint8Array): Buffer =>
    Buffer.concat([
      requestV2({ symbols, timeseries: [] }),
      field(5, Buffer.concat([field(1, Buffer.concat(refs.map(varint))), extra])),
    ]);
  /** 9000 buckets of which each has one observation. */
  const histogram = Buffer.concat([
    Buffer.concat([varint(1 << 3), varint(9000)]),
    field(11, Buffer.concat([varint(2 << 3), varint(9000)])),
    field(12, Buffer.alloc(9000, Buffer.concat([Buffer.from([2]), Buffer.alloc(8999)]))),
  ]);
  const GIGABYTES: Readonly<Record<string, readonly [object, () => Buffer]>> = {
    'a series whose samples each repeat its long labels': [
      HEADERS,
      () =>
        request([{ labels: [NAME, ['long', LONG.slice(200_000)]], extra: repeated(20_000, field(2, '')) }]),
    ],
    'labels that name the same long text': [
      V2_HEADERS,
      () =>
        seriesV2(['', ...NAME, LONG, ...NAMES], [1, 2, ...NAMES.flatMap((_, i) => [4 + i, 3])], field(2, '')),
    ],
    'exemplars without anything': [
      V2_HEADERS,
      () => seriesV2(['', ...NAME], [1, 2], repeated(99_000, field(4, ''))),
    ],
    'histograms of very many buckets': [
      V2_HEADERS,
      () => seriesV2(['', ...NAME], [1, 2], repeated(1000, field(3, histogram))),
    ],
  };
  for (const [what, [headers, make]] of Object.entries(GIGABYTES)) {
    test(what, async () => {
      const bytes = compress(make());
      assert.ok(bytes.length < 600_000, String(bytes.length));
      const { status, text } = await adapter.write(bytes, { headers: { ...headers } });
      assert.equal(status, 400, text);
      assertSmall();
      await assertServes();
    });
  }
});

describe('a label of 30 MiB is answered 400, takes no more than itself, and the rest is written', () => {
  const HUGE = 'x'.repeat(30 * 1024 * 1024);
  const NAME = ['__name__', 'huge'] as const;
  const samples = [[1, Date.now()]] as const;
  const inV2 = (symbols: readonly string[], refs: readonly number[]): Uint8Array =>
    requestV2({
      symbols: ['', ...NAME, ...symbols],
      timeseries: [refs, [1, 2]].map((labels_refs) => ({
        labels_refs,
        samples: [{ value: 1, timestamp: Date.now() }],
      })),
    });
  const LABELS: Readonly<Record<string, readonly [object, () => Uint8Array]>> = {
    'its value, in 1.0': [
      HEADERS,
      () =>
        request([
          { labels: [NAME, ['a', HUGE]], samples },
          { labels: [NAME], samples },
        ]),
    ],
    'its name, in 1.0': [
      HEADERS,
      () =>
        request([
          { labels: [NAME, [HUGE, 'a']], samples },
          { labels: [NAME], samples },
        ]),
    ],
    'its value, in 2.0': [V2_HEADERS, () => inV2(['a', HUGE], [1, 2, 3, 4])],
    'its name, in 2.0': [V2_HEADERS, () => inV2([HUGE, 'a'], [1, 2, 3, 4])],
    'the name of the metric': [
      HEADERS,
      () =>
        request([
          { labels: [['__name__', HUGE]], samples },
          { labels: [NAME], samples },
        ]),
    ],
  };
  for (const [what, [headers, make]] of Object.entries(LABELS)) {
    test(what, async () => {
      const dropped = 'kafka_adapter_samples_dropped_total{reason="record_too_large"}';
      const before = await adapter.metric(dropped);
      const { status, text } = await adapter.write(compress(make()), { headers: { ...headers } });
      assert.equal(status, 400, text);
      assert.ok(text.length < 2000, 'the answer does not repeat it');
      assert.equal(await adapter.metric(dropped), before + 1);
      assertSmall();
      await assertServes();
    });
  }
});

describe('what the headers alone rule out is refused before the body', () => {
  const WRONG: readonly (readonly [string, Record<string, string>, number])[] = [
    ['JSON', { 'content-type': 'application/json' }, 415],
    ['a type that is none', { 'content-type': '////' }, 415],
    ['3.0', { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' }, 415],
    ['gzip', { 'content-encoding': 'gzip' }, 415],
    ['zstd', { 'content-encoding': 'zstd' }, 415],
    ['two encodings', { 'content-encoding': 'snappy, snappy' }, 415],
    ['headers of 20 KiB', { 'x-large': 'x'.repeat(20_000) }, 431],
  ];
  for (const [name, headers, status] of WRONG) {
    test(`${name}: ${status}`, async () => {
      const answer = await adapter.write(GOOD(), { headers: { ...HEADERS, ...headers } });
      assert.equal(answer.status, status, answer.text);
      await assertServes();
    });
  }

  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    test(`${method}: 405 with Allow`, async () => {
      for (const path of ['/api/v1/write', '/receive']) {
        const answer = await call(`${adapter.url}${path}`, { method });
        assert.equal(answer.status, 405);
        assert.equal(answer.headers.allow, 'POST');
      }
    });
  }
});

describe('a body of 40 MB is answered 413, which the client gets to see', () => {
  const large = Buffer.alloc(40_000_000, 1);
  for (const isChunked of [false, true]) {
    test(isChunked ? 'in chunks' : 'with its length announced', async () => {
      const { status, text } = await adapter.write(large, { isChunked });
      assert.equal(status, 413, text);
      assert.match(text, /http\.max_body_size \(32MiB\)/);
      await assertServes();
      assertSmall();
    });
  }
});

test('after all of it the process is the same, small, without a fault, and what it counts is in Kafka', async () => {
  await assertServes();
  assertSmall();
  assert.deepEqual(adapter.logged('error'), []);
  assert.equal(await adapter.metric('kafka_adapter_http_inflight_bytes'), 0);
  assert.equal(await adapter.metric('kafka_adapter_http_requests_total{handler="write",code="500"}'), 0);
  assert.equal(await adapter.metric('kafka_adapter_http_requests_total{handler="write",code="503"}'), 0);
  // Two flipped bits make an exemplar of a sample: of every kind there may be some, each in a record of its own.
  let written = 0;
  for (const type of Object.keys(NOTHING)) {
    written += await adapter.metric(`kafka_adapter_samples_written_total{type="${type}"}`);
  }
  assert.equal(await countRecords(kafka.brokers, topic), written);
  assert.deepEqual(await adapter.process.stop(), { code: 0, signal: null });
});
