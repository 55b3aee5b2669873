/** Remote-Write 1.0 and 2.0, "Protocol": method, path, headers and the order in which they are judged. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { METHODS } from 'node:http';
import { describe, test } from 'node:test';
import { call } from '../support/adapter.ts';
import { HEADERS_OF, message, VERSIONS, type Version } from '../support/message.ts';
import { NOT_TOLD, requestText, type Sent, startReceiver, writtenOf } from '../support/receiver.ts';

const UP = [{ labels: [['__name__', 'up']], samples: [{ value: 1, timestamp: 1000 }] }] as const;
const V1_TYPE = 'application/x-protobuf';
const V2_TYPE = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';

const sound = (version: Version): Sent => ({ headers: HEADERS_OF[version], body: message(version, UP) });
/** The sound request with other headers; undefined takes one away. */
const withHeaders = (version: Version, headers: Sent['headers']): Sent => ({
  ...sound(version),
  headers: { ...HEADERS_OF[version], ...headers },
});

describe('Protocol, HTTP POST', () => {
  test('any of the write paths is taken, with a slash at the end or a query', async (t) => {
    const receiver = await startReceiver(t);
    for (const path of [
      '/api/v1/write',
      '/receive',
      '/api/v1/write/',
      '/receive?tenant=a',
      '/api/v1/writ%65',
    ])
      for (const version of VERSIONS)
        assert.equal((await receiver.send({ ...sound(version), path })).status, 204, path);
  });

  test('every other method is 405 with Allow: POST', async (t) => {
    const { port } = await startReceiver(t);
    for (const method of METHODS) {
      if (method === 'POST' || method === 'CONNECT') continue;
      for (const path of ['/api/v1/write', '/receive', '/receive/']) {
        const { status, headers } = await call(`http://127.0.0.1:${port}${path}`, { method });
        assert.deepEqual([status, headers.allow], [405, 'POST'], `${method} ${path}`);
      }
    }
  });

  test('another path is 404, a path that is no URL 400, both in one line of text', async (t) => {
    const receiver = await startReceiver(t);
    for (const [path, status] of [
      ['/api/v1/push', 404],
      ['/API/v1/write', 404],
      ['//api/v1/write', 404],
      ['/api/v1/write/%', 400],
    ] as const) {
      const answer = await receiver.send({ ...sound('2.0'), path });
      assert.equal(answer.status, status, path);
      assert.match(String(answer.body), /^[^\n]+\n$/);
      assert.deepEqual(writtenOf(answer), NOT_TOLD);
    }
  });
});

describe('Content-Type', () => {
  for (const [name, version, types] of [
    ['without proto it is 1.0', '1.0', [V1_TYPE]],
    ['proto=prometheus.WriteRequest is 1.0', '1.0', [`${V1_TYPE};proto=prometheus.WriteRequest`]],
    ['proto=io.prometheus.write.v2.Request is 2.0', '2.0', [V2_TYPE]],
    ['missing or empty it is 1.0', '1.0', [undefined, '']],
    [
      'spaces, quotes and the letter case of names mean nothing',
      '2.0',
      [
        'application/x-protobuf; proto=io.prometheus.write.v2.Request',
        'application/x-protobuf \t;\t proto=io.prometheus.write.v2.Request ',
        'application/x-protobuf;proto="io.prometheus.write.v2.Request"',
        'application/x-protobuf;proto="io.prometheus\\.write.v2.Request"',
        'Application/X-Protobuf;PROTO=io.prometheus.write.v2.Request',
      ],
    ],
    [
      'other and empty parameters mean nothing',
      '2.0',
      [
        'application/x-protobuf; charset=utf-8; proto=io.prometheus.write.v2.Request',
        'application/x-protobuf;; proto=io.prometheus.write.v2.Request;',
        'application/x-protobuf; a="; proto=x"; proto=io.prometheus.write.v2.Request',
      ],
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const type of types) {
        const answer = await receiver.send(withHeaders(version, { 'content-type': type }));
        assert.equal(answer.status, 204, `${type}: ${answer.body}`);
        // Written and told: read as the version that it is.
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['1', '0', '0'], type);
      }
      assert.equal(receiver.delivery.records.length, types.length);
    });
  }

  for (const [name, types] of [
    ['another media type is 415', ['application/json', 'text/plain', 'yolo', '*/*', 'application/protobuf']],
    [
      'another message is 415',
      [
        'application/x-protobuf;proto=yolo',
        'application/x-protobuf;proto=io.prometheus.write.v3.Request',
        'application/x-protobuf;proto=IO.prometheus.write.v2.request',
      ],
    ],
    [
      'outside of the grammar of RFC 9110 it is 415',
      [
        '////',
        'application/x-protobuf proto=io.prometheus.write.v2.Request',
        'application/x-protobuf;proto',
        'application/x-protobuf;proto=',
        'application/x-protobuf;proto="io.prometheus.write.v2.Request',
        'application/x-protobuf;proto = io.prometheus.write.v2.Request',
        `${V2_TYPE};proto=prometheus.WriteRequest`,
        `${V1_TYPE}, ${V2_TYPE}`,
      ],
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const type of types)
        for (const version of VERSIONS) {
          const answer = await receiver.send(withHeaders(version, { 'content-type': type }));
          assert.equal(answer.status, 415, type);
          assert.match(String(answer.body), /^Content-Type .*not supported, send application\/x-protobuf/);
          assert.deepEqual(writtenOf(answer), NOT_TOLD);
        }
      assert.deepEqual(receiver.records, []);
    });
  }
});

describe('Content-Encoding', () => {
  for (const [name, status, codings] of [
    ['snappy is taken in any letter case', 204, ['snappy', 'Snappy', 'SNAPPY', ' snappy ', ', snappy']],
    ['missing or empty it is taken as snappy', 204, [undefined, '']],
    [
      'everything else is 415',
      415,
      ['gzip', 'zstd', 'identity', 'x-snappy-framed', 'snappy, gzip', 'snappy, snappy', 'snappy;q=1'],
    ],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t);
      for (const coding of codings)
        for (const version of VERSIONS) {
          const answer = await receiver.send(withHeaders(version, { 'content-encoding': coding }));
          assert.equal(answer.status, status, `${coding}: ${answer.body}`);
          if (status === 415) assert.deepEqual(writtenOf(answer), NOT_TOLD);
        }
      assert.equal(receiver.records.length, status === 204 ? codings.length * 2 : 0);
    });
  }
});

describe('the other headers', () => {
  test('X-Prometheus-Remote-Write-Version chooses nothing: missing, contradictory or nonsense', async (t) => {
    const receiver = await startReceiver(t);
    for (const value of [undefined, '', '0.1.0', '2.0.0', '3.0.0', 'yolo'])
      for (const version of VERSIONS) {
        const headers = { 'x-prometheus-remote-write-version': value };
        const answer = await receiver.send(withHeaders(version, headers));
        assert.equal(answer.status, 204, value);
        assert.deepEqual(writtenOf(answer), version === '1.0' ? NOT_TOLD : ['1', '0', '0']);
      }
    assert.equal(receiver.records.length, 12);
  });

  test('User-Agent is not asked for, Retry-Attempt and what users add do no harm', async (t) => {
    const receiver = await startReceiver(t);
    for (const headers of [{}, { 'user-agent': 'Prometheus/3.16.0', 'retry-attempt': '3', 'x-scope': 'a' }])
      for (const version of VERSIONS)
        assert.equal((await receiver.send(withHeaders(version, headers))).status, 204);
  });

  test('no header at all is a request of 1.0', async (t) => {
    const receiver = await startReceiver(t);
    const answer = await receiver.send({ body: message('1.0', UP) });
    assert.deepEqual([answer.status, receiver.records.length], [204, 1]);
  });
});

describe('what the headers alone rule out is answered before the body is looked at', () => {
  const corrupt = Buffer.from('corrupt');
  for (const [name, sent, status] of [
    [
      'application/json with a corrupt body is exactly 415',
      { headers: { 'content-type': 'application/json' }, body: corrupt },
      415,
    ],
    [
      'gzip with a corrupt body is exactly 415',
      { headers: { 'content-type': V2_TYPE, 'content-encoding': 'gzip' }, body: corrupt },
      415,
    ],
    [
      'a body over the limit of a type that is not supported is 415, not 413',
      { headers: { 'content-type': 'application/json' }, body: Buffer.alloc(3000) },
      415,
    ],
    [
      'a corrupt body over the limit is 413, not 400',
      { headers: { 'content-type': V2_TYPE }, body: Buffer.alloc(3000) },
      413,
    ],
    ['PUT of all of it is 405', { method: 'PUT', headers: { 'content-type': 'a/b' }, body: corrupt }, 405],
  ] as const) {
    test(name, async (t) => {
      const receiver = await startReceiver(t, { maxBodyBytes: 2000 });
      assert.equal((await receiver.send(sent)).status, status);
    });
  }

  test('the connection is good for the next request after each of these answers', async (t) => {
    const receiver = await startReceiver(t, { maxBodyBytes: 2000 });
    const connection = await receiver.open();
    const refused: readonly Sent[] = [
      { headers: { 'content-type': 'application/json' }, body: corrupt },
      { headers: { 'content-encoding': 'gzip' }, body: Buffer.alloc(3000) },
      { body: Buffer.alloc(3000) },
      { body: Buffer.alloc(3000), chunkBytes: 700 },
      { method: 'PUT', body: Buffer.alloc(3000) },
      { path: '/nowhere', body: Buffer.alloc(3000) },
      { headers: { 'content-type': V2_TYPE }, body: corrupt },
    ];
    for (const [index, sent] of refused.entries()) {
      connection.write(requestText(sent));
      const { status, isLast } = await connection.waitForAnswers(2 * index + 1);
      assert.ok(status >= 400 && status < 500 && !isLast, String(status));
      connection.write(requestText(sound('2.0')));
      assert.equal((await connection.waitForAnswers(2 * index + 2)).status, 204);
    }
  });
});

describe('how the body comes', () => {
  test('in chunks it is read like any other', async (t) => {
    const receiver = await startReceiver(t);
    for (const version of VERSIONS)
      for (const chunkBytes of [1, 7, 10_000])
        assert.equal((await receiver.send({ ...sound(version), chunkBytes })).status, 204);
    assert.equal(receiver.records.length, 6);
  });

  test('a sender that waits for 100 Continue gets it, and then its answer', async (t) => {
    const receiver = await startReceiver(t);
    for (const version of VERSIONS) {
      const connection = await receiver.open();
      const text = requestText(withHeaders(version, { expect: '100-continue' }));
      const bodyAt = text.indexOf('\r\n\r\n') + 4;
      connection.write(text.slice(0, bodyAt));
      await connection.waitForContinue();
      assert.equal(connection.answers.length, 0);
      connection.write(text.slice(bodyAt));
      assert.equal((await connection.waitForAnswers(1)).status, 204);
    }
    assert.equal(receiver.records.length, 2);
  });
});
