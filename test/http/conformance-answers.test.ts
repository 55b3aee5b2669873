/** Remote-Write 1.0 and 2.0, "Response": the status of each case, and every header of its answer. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { AdapterError, ERRORS, type ErrorCode } from '../../src/errors.ts';
import { guardOf } from '../../src/http/auth.ts';
import { call } from '../support/adapter.ts';
import type { ParsedAnswer } from '../support/answer-parser.ts';
import { compressed, type Entry, HEADERS_OF, message, VERSIONS, type Version } from '../support/message.ts';
import {
  NOT_TOLD,
  requestText,
  type Sent,
  startReceiver,
  type Written,
  writtenOf,
} from '../support/receiver.ts';
import type { FakeDelivery, TestServerOptions } from '../support/server.ts';
import { varint } from '../support/write-request.ts';

const UP: Entry = { labels: [['__name__', 'up']], samples: [{ value: 1, timestamp: 1000 }] };
const EVERYTHING: Entry = {
  labels: [['__name__', 'all']],
  samples: [
    { value: 1, timestamp: 1000 },
    { value: 2, timestamp: 2000 },
  ],
  histograms: [{ count_int: 0, timestamp: 1000 }],
  exemplars: [{ value: 1, timestamp: 1 }, { value: 2, timestamp: 2 }, { value: 3 }],
};
const NAMELESS: Entry = { ...EVERYTHING, labels: [['job', 'a']] };

/** How the answer differs from the plain 204 that every connection gets. */
interface Expected {
  readonly status: number;
  /** Of 2.0; left out where the message is not known. */
  readonly told?: Written;
  readonly text?: RegExp;
  /** Names of further headers. */
  readonly more?: readonly string[];
}

interface Case extends Expected {
  readonly options?: TestServerOptions;
  readonly arrange?: (delivery: FakeDelivery) => void;
  readonly sent: (version: Version) => Sent;
  /** Records that are written all the same. */
  readonly records?: number;
}

const ofEntries =
  (...entries: Entry[]) =>
  (version: Version): Sent => ({ headers: HEADERS_OF[version], body: message(version, entries) });
const ofBody =
  (body: Buffer, more: Partial<Sent> = {}) =>
  (version: Version): Sent => ({ headers: HEADERS_OF[version], body, ...more });
const failing = (code: ErrorCode) => (delivery: FakeDelivery) => {
  delivery.acknowledge = () => Promise.reject(new AdapterError(code, 'the brokers are away'));
};
const NONE: Written = ['0', '0', '0'];
const RETRY = ['retry-after'];
const TOLD = ['samples', 'histograms', 'exemplars'].map(
  (kind) => `x-prometheus-remote-write-${kind}-written`,
);

function assertAnswer(answer: ParsedAnswer, version: Version, expected: Expected): void {
  const { status, told, text, more = [] } = expected;
  assert.equal(answer.status, status, String(answer.body));
  const isTold = version === '2.0' && told !== undefined;
  const counts = ['samples', 'histograms', 'exemplars'].map(
    (kind) => `x-prometheus-remote-write-${kind}-written`,
  );
  const names = ['connection', 'date', 'keep-alive', ...more, ...(isTold ? counts : [])];
  if (status !== 204) names.push('content-length', 'content-type');
  assert.deepEqual(Object.keys(answer.headers).sort(), names.sort());
  assert.deepEqual(writtenOf(answer), isTold ? told : NOT_TOLD);
  assert.equal(answer.headers['connection'], 'keep-alive');
  assert.equal('retry-after' in answer.headers, status >= 500);
  if (status === 204) assert.equal(answer.body.length, 0);
  else assertReadable(answer);
  if (text) assert.match(String(answer.body), text);
}

/** One line, of which Prometheus logs 1024 bytes. */
function assertReadable({ headers, body }: ParsedAnswer): void {
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  assert.match(String(body), /^[^\n]+\n$/);
  assert.ok(body.length <= 1024, String(body));
  if ('retry-after' in headers) assert.match(headers['retry-after'] ?? '', /^[1-9]$/);
}

const CASES: Readonly<Record<string, Case>> = {
  'all written: 204 with an empty body': {
    status: 204,
    told: ['3', '1', '3'],
    sent: ofEntries(UP, EVERYTHING),
    records: 4,
  },
  'an empty message: 204': { status: 204, told: NONE, sent: ofEntries() },
  'part of it invalid: 400, and the rest is written': {
    status: 400,
    told: ['3', '1', '3'],
    text: /^not written: 2 samples, 1 histogram, 3 exemplars for name_missing .*first: {"job"="a"}/,
    sent: ofEntries(UP, NAMELESS, EVERYTHING),
    records: 4,
  },
  'all of it invalid: 400, and nothing is written': {
    status: 400,
    told: NONE,
    sent: ofEntries(NAMELESS, NAMELESS),
  },
  'a record that the broker refuses: 400, and it is not counted as written': {
    status: 400,
    told: ['2', '1', '3'],
    text: /^not written: 1 sample for record_refused/,
    arrange: (delivery) => {
      delivery.dropped = new Map([['record_refused', { float: 1, histogram: 0, exemplar: 0 }]]);
    },
    sent: ofEntries(UP, EVERYTHING),
    records: 4,
  },
  'not snappy: 400': { status: 400, told: NONE, text: /snappy/, sent: ofBody(Buffer.from('hello world')) },
  'not protobuf: 400': {
    status: 400,
    told: NONE,
    text: /the decompressed body is not an? [a-zA-Z0-9.]+Request/,
    sent: ofBody(compressed(Buffer.from('hello world'))),
  },
  'a declared length over http.max_decoded_size: 400': {
    status: 400,
    told: NONE,
    text: /declares 4294967295 bytes decoded, more than http\.max_decoded_size \(1MiB\)/,
    sent: ofBody(Buffer.concat([varint(0xffffffff), Buffer.alloc(10)])),
  },
  'a body announced over http.max_body_size: 413': {
    status: 413,
    told: NONE,
    text: /the body has 2000 bytes, more than http\.max_body_size \(1000\)/,
    options: { maxBodyBytes: 1000 },
    sent: ofBody(Buffer.alloc(2000)),
  },
  'a body in chunks that grows over http.max_body_size: 413': {
    status: 413,
    told: NONE,
    text: /the body has over \d+ bytes, more than http\.max_body_size \(1000\)/,
    options: { maxBodyBytes: 1000 },
    sent: ofBody(Buffer.alloc(2000), { chunkBytes: 300 }),
  },
  'a type that is not supported: 415, before it is known what is told': {
    status: 415,
    sent: (version) => ({ ...ofEntries(UP)(version), headers: { 'content-type': 'application/json' } }),
  },
  'a coding that is not supported: 415, before it is known what is told': {
    status: 415,
    sent: (version) => ({
      ...ofEntries(UP)(version),
      headers: { ...HEADERS_OF[version], 'content-encoding': 'zstd' },
    }),
  },
  'without the credentials that are asked for: 401': {
    status: 401,
    more: ['www-authenticate'],
    options: { guard: guardOf({ users: new Map(), username: 'a', password: 'b', tokens: [] })! },
    sent: ofEntries(UP),
  },
  'another path: 404': { status: 404, sent: (version) => ({ ...ofEntries(UP)(version), path: '/write' }) },
  'another method: 405': {
    status: 405,
    more: ['allow'],
    sent: (version) => ({ ...ofEntries(UP)(version), method: 'PUT' }),
  },
  'Kafka away: 503': {
    status: 503,
    told: NONE,
    more: RETRY,
    arrange: failing('kafka_unavailable'),
    sent: ofEntries(UP),
  },
  'no acknowledgement in time: 503': {
    status: 503,
    told: NONE,
    more: RETRY,
    arrange: failing('kafka_timeout'),
    sent: ofEntries(UP, NAMELESS),
  },
  'Kafka refuses: 503': {
    status: 503,
    told: NONE,
    more: RETRY,
    arrange: failing('kafka_refused'),
    sent: ofEntries(UP),
  },
  'a topic that cannot be found: 503': {
    status: 503,
    told: NONE,
    more: RETRY,
    arrange: (delivery) => {
      delivery.unknownTopics.add('metrics');
      delivery.learn = () => Promise.reject(new AdapterError('topic_missing', 'no such topic'));
    },
    sent: ofEntries(UP),
  },
  'the queue full: 503': {
    status: 503,
    told: NONE,
    more: RETRY,
    arrange: (delivery) => {
      delivery.refusal = new AdapterError('queue_full', 'no room');
    },
    sent: ofEntries(UP),
  },
  'over http.max_inflight_size: 503': {
    status: 503,
    told: NONE,
    more: RETRY,
    text: /more than http\.max_inflight_size \(10\)/,
    options: { maxInflightBytes: 10 },
    sent: ofEntries(UP),
  },
  'a fault of the adapter: 500 that does not say which': {
    status: 500,
    told: NONE,
    more: RETRY,
    text: /^internal error, see the log of the adapter\n$/,
    arrange: (delivery) => {
      delivery.acknowledge = () => Promise.reject(new TypeError('secret'));
    },
    sent: ofEntries(UP),
  },
};

describe('Response', () => {
  for (const [name, { options, arrange, sent, records = 0, ...expected }] of Object.entries(CASES)) {
    test(name, async (t) => {
      for (const version of VERSIONS) {
        const receiver = await startReceiver(t, options);
        arrange?.(receiver.delivery);
        assertAnswer(await receiver.send(sent(version)), version, expected);
        assert.equal(receiver.records.length, records, version);
      }
    });
  }

  test('HEAD: 405 without a body', async (t) => {
    const { port } = await startReceiver(t);
    const { status, headers, text } = await call(`http://127.0.0.1:${port}/receive`, { method: 'HEAD' });
    assert.deepEqual([status, headers.allow, text], [405, 'POST', '']);
  });

  test('no status of the table is one on which Prometheus loses data: 3xx, 406, 408, 429', () => {
    for (const [code, { status, retryable }] of Object.entries(ERRORS)) {
      assert.ok(status >= 400 && ![406, 408, 429].includes(status), `${code}: ${status}`);
      assert.ok(status >= 500 || !retryable, `${code}: what may succeed later is 5xx`);
    }
  });

  test('the text stays within the 1024 bytes that Prometheus logs, whatever the labels are', async (t) => {
    const receiver = await startReceiver(t);
    const labels = Array.from({ length: 40 }, (_, i) => [`${'\u0001\n'.repeat(200)}${i}`, '\u2028'] as const);
    for (const version of VERSIONS) {
      const answer = await receiver.send(ofEntries({ ...UP, labels })(version));
      assert.equal(answer.status, 400);
      assertReadable(answer);
    }
  });
});

describe('what never becomes a request is answered by hand', () => {
  for (const [name, text, status, more] of [
    ['broken HTTP: 400', 'NONSENSE\r\n\r\n', 400, []],
    ['two lengths: 400', requestText({ headers: { 'content-length': '1' } }), 400, []],
    ['a length and chunks: 400', requestText({ headers: { 'transfer-encoding': 'chunked' } }), 400, []],
    ['headers of 20 KiB: 431', requestText({ headers: { x: 'y'.repeat(20_000) } }), 431, []],
    [
      'half a body and no more: 503, never 408',
      requestText({ headers: { ...HEADERS_OF['2.0'], 'Content-Length': '10' } }),
      503,
      [...RETRY, ...TOLD],
    ],
    [
      'half a body of 1.0: 503, and nothing is told',
      requestText({ headers: { ...HEADERS_OF['1.0'], 'Content-Length': '10' } }),
      503,
      RETRY,
    ],
    [
      'half a body of 2.0 in broken chunks: 400, told 0',
      `${requestText({ headers: HEADERS_OF['2.0'], body: Buffer.from('ab'), chunkBytes: 1 }).slice(0, -5)}zz\r\n`,
      400,
      TOLD,
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t, { headersTimeoutMs: 1000, requestTimeoutMs: 1000 });
      const connection = await receiver.open();
      connection.write(text);
      await connection.waitForEnd();
      const [answer] = connection.answers;
      assert.equal(answer?.status, status);
      const names = ['connection', 'content-length', 'content-type', ...more];
      assert.deepEqual(Object.keys(answer.headers).sort(), names.sort());
      assert.equal(answer.headers['connection'], 'close');
      if (more.length > 1) assert.deepEqual(writtenOf(answer), ['0', '0', '0']);
      assertReadable(answer);
    });
  }
});
