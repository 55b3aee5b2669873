/** What a sender gets for each kind of write request. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compress } from 'snappyjs';
import { AdapterError } from '../../src/errors.ts';
import { eventually } from '../support/eventually.ts';
import { testServer } from '../support/server.ts';
import { body, field, HEADERS, STALE_BITS, type TestSeries, varint } from '../support/write-request.ts';

const UP: TestSeries = {
  labels: [
    ['__name__', 'up'],
    ['job', 'a'],
  ],
  samples: [[1, 1000]],
};
const write = (payload: Buffer, headers: Record<string, string> = HEADERS) =>
  ({ method: 'POST', url: '/api/v1/write', headers, payload }) as const;

describe('a write request is answered 204 with an empty body', () => {
  for (const path of ['/api/v1/write', '/receive', '/api/v1/write/', '/api/v1/write?tenant=a']) {
    test(`on ${path}, once its records are acknowledged`, async () => {
      const { server, delivery } = testServer();
      const answer = await server.app.inject({ ...write(body([UP])), url: path });
      assert.equal(answer.statusCode, 204);
      assert.equal(answer.body, '');
      assert.equal(delivery.records.length, 1);
    });
  }

  test('and not before', async () => {
    const { server, delivery } = testServer();
    let acknowledge = (): void => {};
    const committed = new Promise<void>((resolve) => {
      delivery.acknowledge = () => {
        resolve();
        return new Promise((done) => (acknowledge = done));
      };
    });
    let answered = false;
    const answer = server.app.inject(write(body([UP]))).then((response) => {
      answered = true;
      return response;
    });
    await committed;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false);
    acknowledge();
    assert.equal((await answer).statusCode, 204);
  });

  test('when it is empty, holds metadata only, or a series without samples', async () => {
    const { server, delivery, metric } = testServer();
    const metadata = compress(Buffer.concat([field(3, field(2, 'up')), field(3, field(2, 'down'))]));
    for (const payload of [body([]), metadata, body([{ labels: UP.labels }])]) {
      assert.equal((await server.app.inject(write(payload))).statusCode, 204);
    }
    assert.deepEqual(delivery.records, []);
    assert.equal(await metric('kafka_adapter_metadata_received_total'), 2);
  });

  test('when metadata has no name that a key can be made of, which is not counted as written', async () => {
    const { server, delivery, metric } = testServer({ metadataTopic: 'metadata' });
    const families = [field(2, 'up'), field(4, 'no name'), field(2, Buffer.from([0x66, 0xff]))];
    const payload = compress(Buffer.concat(families.map((family) => field(3, family))));
    assert.equal((await server.app.inject(write(payload))).statusCode, 204);
    assert.deepEqual(
      delivery.records.map(({ value }) => JSON.parse(value).name),
      ['up'],
    );
    assert.equal(await metric('kafka_adapter_metadata_received_total'), 3);
    assert.equal(await metric('kafka_adapter_metadata_written_total'), 1);
  });

  test('when Content-Type and Content-Encoding are missing', async () => {
    const { server } = testServer();
    assert.equal((await server.app.inject(write(body([UP]), {}))).statusCode, 204);
  });

  test('with the same hash and the order of the request for every sample of a series', async () => {
    const { server, delivery } = testServer();
    const other: TestSeries = { labels: [['__name__', 'down']], samples: [[7, 5]] };
    const entries = [
      UP,
      other,
      {
        ...UP,
        samples: [
          [2, 2000],
          [STALE_BITS, 3000],
        ],
      },
    ] as TestSeries[];
    await server.app.inject(write(body(entries)));
    const ups = delivery.records.filter((record) => record.value.includes('"name":"up"'));
    assert.deepEqual(
      ups.map((record) => record.timestampMs),
      [1000, 2000, 3000],
    );
    assert.equal(new Set(ups.map((record) => record.seriesHash)).size, 1);
  });
});

describe('a write request is answered 400', () => {
  const cases: [string, Buffer, RegExp][] = [
    ['its body is empty', Buffer.alloc(0), /not snappy.*empty/],
    ['its body is gzip', gzipSync('x'), /not snappy/],
    ['its body is not snappy', Buffer.from('hello world'), /not snappy/],
    [
      'it declares 4 GiB',
      Buffer.concat([varint(0xffffffff), Buffer.alloc(10)]),
      /http\.max_decoded_size \(1MiB\)/,
    ],
    ['it is not protobuf', compress(Buffer.from('hello world')), /not a prometheus\.WriteRequest/],
  ];
  for (const [when, payload, text] of cases) {
    test(`when ${when}, in one readable line, with nothing written`, async () => {
      const { server, delivery, metric } = testServer();
      const answer = await server.app.inject(write(payload));
      assert.equal(answer.statusCode, 400);
      assert.match(answer.body, text);
      assert.match(answer.body, /^[^\n]+\n$/);
      assert.equal(answer.headers['retry-after'], undefined);
      assert.deepEqual(delivery.records, []);
      assert.equal(await metric('kafka_adapter_http_requests_total{handler="write",code="400"}'), 1);
    });
  }

  test('when a series has too many labels or the request too many samples, naming the option', async () => {
    const { server, delivery } = testServer();
    const labels = Array.from({ length: 51 }, (_, i) => [`l${i}`, 'v'] as const);
    const tooManyLabels = await server.app.inject(write(body([UP, { labels, samples: [[1, 1]] }])));
    assert.equal(tooManyLabels.statusCode, 400);
    assert.match(tooManyLabels.body, /1 sample for labels_too_many .*limits\.labels_per_series/);
    assert.equal(delivery.records.length, 1, 'the other series is written');
    // Empty messages, two bytes each, as a hostile sender makes them.
    const samples = Buffer.concat(Array(1001).fill(Buffer.from([0x12, 0x00])));
    const tooManySamples = await server.app.inject(write(body([{ ...UP, extra: samples }])));
    assert.equal(tooManySamples.statusCode, 400);
    assert.match(tooManySamples.body, /over 1000 samples, more than limits\.samples_per_request \(1000\)/);
    assert.equal(delivery.records.length, 1);
    assert.equal(delivery.rollbacks, 1);
  });

  test('when its end is malformed: nothing of the sound beginning is written', async () => {
    const { server, delivery } = testServer();
    const cut = Buffer.concat([
      field(1, field(1, Buffer.concat([field(1, '__name__'), field(2, 'up')]))),
      Buffer.from([0x0a, 0x7f]),
    ]);
    assert.equal((await server.app.inject(write(compress(cut)))).statusCode, 400);
    assert.deepEqual(delivery.records, []);
    assert.equal(delivery.rollbacks, 1);
  });

  test('when some series are invalid: the others are written, the answer and the counters say what was not', async () => {
    const { server, delivery, metric } = testServer();
    const bad: TestSeries = {
      labels: [['job', 'evil\n"x']],
      samples: [
        [1, 1],
        [2, 2],
      ],
    };
    const twice: TestSeries = {
      labels: [
        ['__name__', 'a'],
        ['l', '1'],
        ['l', '2'],
      ],
      samples: [[1, 1]],
    };
    const answer = await server.app.inject(write(body([UP, bad, twice, UP])));
    assert.equal(answer.statusCode, 400);
    assert.match(
      answer.body,
      /2 samples for name_missing.*1 sample for label_duplicate.*first name_missing: {"job"="evil\\n\\"x"}/,
    );
    assert.equal(delivery.records.length, 2);
    assert.equal(await metric('kafka_adapter_samples_received_total{type="float"}'), 5);
    assert.equal(await metric('kafka_adapter_samples_written_total{type="float"}'), 2);
    assert.equal(await metric('kafka_adapter_samples_dropped_total{reason="name_missing"}'), 2);
    assert.equal(await metric('kafka_adapter_samples_dropped_total{reason="label_duplicate"}'), 1);
  });

  test('when a histogram breaks a rule: the answer says which, the rest is written', async () => {
    const { server, delivery, metric } = testServer();
    const extra = Buffer.concat([field(4, Uint8Array.of(0x08, 0x05)), field(4, '')]);
    const answer = await server.app.inject(write(body([{ ...UP, extra }])));
    assert.equal(answer.statusCode, 400);
    assert.match(answer.body, /1 histogram for histogram_invalid .*first: a count of 5, but 0 observations/);
    assert.equal(delivery.records.length, 2);
    assert.equal(await metric('kafka_adapter_samples_written_total{type="float"}'), 1);
    assert.equal(await metric('kafka_adapter_samples_written_total{type="histogram"}'), 1);
    assert.equal(await metric('kafka_adapter_samples_dropped_total{reason="histogram_invalid"}'), 1);
  });
});

describe('a write request is answered', () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'] as const) {
    test(`405 with Allow: POST to ${method} on both paths`, async () => {
      const { server } = testServer();
      for (const url of ['/api/v1/write', '/receive']) {
        const answer = await server.app.inject({ method: method as 'GET', url });
        assert.equal(answer.statusCode, 405);
        assert.equal(answer.headers.allow, 'POST');
      }
    });
  }

  test('404 on an unknown path', async () => {
    const { server } = testServer();
    assert.equal((await server.app.inject({ ...write(body([UP])), url: '/api/v1/push' })).statusCode, 404);
  });

  test('413 when its body is over the limit, announced or not', async (t) => {
    const { server } = testServer({ maxBodyBytes: 1000 });
    const answer = await server.app.inject(write(Buffer.alloc(1001)));
    assert.equal(answer.statusCode, 413);
    assert.match(answer.body, /1001 bytes, .*http\.max_body_size \(1000/);
    const { port } = await server.listen();
    t.after(() => server.close(1000));
    const chunked = await fetch(`http://127.0.0.1:${port}/receive`, {
      method: 'POST',
      headers: HEADERS,
      body: new ReadableStream({
        start(controller) {
          for (let i = 0; i < 3; i++) controller.enqueue(new Uint8Array(400));
          controller.close();
        },
      }),
      duplex: 'half',
    } as RequestInit);
    assert.equal(chunked.status, 413);
  });

  test('415 from the headers alone, whatever the body holds', async () => {
    const { server } = testServer();
    for (const [type, encoding] of [
      ['application/json', 'snappy'],
      ['application/x-protobuf; proto=io.prometheus.write.v3.Request', 'snappy'],
      ['application/x-protobuf', 'gzip'],
      ['garbage', 'snappy'],
      ['text/plain', 'snappy'],
    ] as const) {
      const headers = { 'content-type': type, 'content-encoding': encoding };
      const answer = await server.app.inject(write(Buffer.from('corrupt'), headers));
      assert.equal(answer.statusCode, 415, `${type} ${encoding}`);
      assert.match(answer.body, /not supported/);
    }
  });

  test('503 with Retry-After when Kafka does not acknowledge', async () => {
    const { server, delivery, metric } = testServer();
    delivery.acknowledge = () =>
      Promise.reject(new AdapterError('kafka_timeout', 'Kafka did not acknowledge'));
    const answer = await server.app.inject(write(body([UP])));
    assert.equal(answer.statusCode, 503);
    assert.match(String(answer.headers['retry-after']), /^[1-9]$/);
    assert.match(answer.body, /did not acknowledge/);
    assert.equal(await metric('kafka_adapter_samples_written_total{type="float"}'), 0);
    assert.equal(await metric('kafka_adapter_http_inflight_bytes'), 0);
  });

  test('503 with Retry-After and the option when too many bytes are under way, and 204 afterwards', async () => {
    const payload = body([UP]);
    const { server, delivery } = testServer({ maxInflightBytes: 200 });
    let acknowledge = (): void => {};
    const committed = new Promise<void>((resolve) => {
      delivery.acknowledge = () => {
        resolve();
        return new Promise((done) => (acknowledge = done));
      };
    });
    const first = server.app.inject(write(payload));
    await committed;
    const big = Buffer.alloc(190);
    const refused = await server.app.inject(write(big));
    assert.equal(refused.statusCode, 503);
    assert.match(refused.body, /http\.max_inflight_size \(200/);
    assert.match(String(refused.headers['retry-after']), /^[1-9]$/);
    delivery.acknowledge = () => Promise.resolve();
    acknowledge();
    assert.equal((await first).statusCode, 204);
    assert.equal((await server.app.inject(write(payload))).statusCode, 204);
  });

  test('500 with Retry-After when the adapter itself fails, without telling the sender how', async () => {
    const { server, delivery } = testServer();
    delivery.acknowledge = () => Promise.reject(new TypeError('secret detail'));
    const answer = await server.app.inject(write(body([UP])));
    assert.equal(answer.statusCode, 500);
    assert.doesNotMatch(answer.body, /secret detail/);
    assert.ok(answer.headers['retry-after']);
  });

  test('400, 431 and 503 by hand when it never becomes a request', async (t) => {
    const { server, metric } = testServer({ headersTimeoutMs: 1000, requestTimeoutMs: 1500 });
    const { port } = await server.listen();
    t.after(() => server.close(1000));
    const raw = async (text: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      socket.on('error', () => {});
      socket.write(text);
      await once(socket, 'close');
      return answer;
    };
    assert.match(await raw('NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n/);
    assert.match(await raw(`POST /receive HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
    const slow = await raw('POST /receive HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab');
    assert.match(slow, /^HTTP\/1\.1 503 .*\r\nRetry-After: [1-9]\r\n/s);
    for (const [handler, code] of [
      ['other', 400],
      ['other', 431],
      ['write', 503],
    ]) {
      const line = `kafka_adapter_http_requests_total{handler="${handler}",code="${code}"}`;
      await eventually(async () => (await metric(line)) === 1, { what: `${line} 1` });
    }
  });
});

describe('a write request that carries Retry-Attempt', () => {
  test('is counted as retried', async () => {
    const { server, metric } = testServer();
    await server.app.inject(write(body([UP]), { ...HEADERS, 'retry-attempt': '1' }));
    assert.equal(await metric('kafka_adapter_requests_retried_total'), 1);
  });
});
