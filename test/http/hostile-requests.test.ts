/** Requests that try to be more than they are: another path, another sender, another answer, more than their share. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Connections } from '../../src/connection/connections.ts';
import { guardOf } from '../../src/http/auth.ts';
import { UnreadAnswers } from '../../src/http/unread.ts';
import { Metrics } from '../../src/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw, type RawConnection, writeBytes } from '../support/raw-connection.ts';
import { FOREVER, type TestServer, type TestServerOptions, testServer } from '../support/server.ts';
import { HEADERS } from '../support/write-request.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const guard = guardOf({ users: new Map(), username: 'a', password: 'b', tokens: [] })!;
const ALL = ['write', 'operations', 'status', 'lifecycle'];
const EMPTY = Buffer.from([0]);
const HOST = 'HTTP/1.1\r\nHost: a\r\n';
const HEALTHY = `GET /-/healthy ${HOST}\r\n`;
const PAGE = `GET / ${HOST}\r\n`;

interface Listening extends TestServer {
  readonly open: () => Promise<RawConnection>;
  readonly port: number;
}

async function listen(t: TestContext, options: TestServerOptions = {}): Promise<Listening> {
  const started = testServer(options);
  const { port } = await started.server.listen();
  t.after(() => started.server.close(1000));
  return { ...started, port, open: () => openRaw(t, port) };
}

/** The first answer to the text. */
async function answerTo({ open }: Listening, text: string) {
  const raw = await open();
  raw.write(text);
  return raw.waitForAnswers(1);
}

function protocolErrors({ metric }: TestServer): Promise<number | undefined> {
  return metric('kafka_adapter_connections_closed_total{reason="protocol_error"}');
}

describe('a path that is written in another way', () => {
  const PROTECTED = ['/metrics', '/api/v1/status', '/-/whoami', '/'];
  const forms: Readonly<Record<string, (path: string) => string>> = {
    'with a slash behind': (path) => `${path}/`,
    'with two slashes in front': (path) => `/${path}`,
    'with one letter escaped': (path) => path.replace(/[a-z](?=[a-z]*$)/, (letter) => `%${hex(letter)}`),
    'with a dot before it': (path) => `/.${path}`,
    'with an escaped dot before it': (path) => `/%2e${path}`,
    'from a folder up': (path) => `/-/..${path}`,
    'with a query': (path) => `${path}?a=/-/ready`,
    'with a fragment': (path) => `${path}#/-/ready`,
    'with a semicolon': (path) => `${path};/-/ready`,
    'with a NUL': (path) => `${path}%00`,
    'in capitals': (path) => path.toUpperCase(),
    'as a whole URL': (path) => `http://a${path}`,
    'as a URL of another host': (path) => `https://b:9${path}`,
  };
  const hex = (letter: string): string => letter.charCodeAt(0).toString(16);
  for (const [name, form] of Object.entries(forms)) {
    test(`${name} is asked for a user as before, or is no path: never is anything shown or written`, async (t) => {
      const listening = await listen(t, { guard, protected: ALL, isLifecycleEnabled: true });
      for (const path of PROTECTED) {
        const { status } = await answerTo(listening, `GET ${form(path)} ${HOST}\r\n`);
        assert.ok(status === 401 || status === 404, `${form(path)}: ${status}`);
      }
      for (const path of ['/api/v1/write', '/receive', '/-/reload', '/-/rebalance']) {
        const text = writeBytes(EMPTY).replace('/api/v1/write', form(path));
        const { status } = await answerTo(listening, text);
        assert.ok(status === 401 || status === 404, `${form(path)}: ${status}`);
      }
      assert.equal(listening.delivery.records.length, 0);
    });
  }

  test('by HEAD asks for a user as well', async () => {
    const { server } = testServer({ guard, protected: ALL });
    for (const url of PROTECTED)
      assert.equal((await server.app.inject({ method: 'HEAD', url })).statusCode, 401, url);
  });

  test('with the right user is what it means', async (t) => {
    const listening = await listen(t, { guard, protected: ALL });
    for (const path of ['/metrics/', '/%6detrics', 'http://a/metrics', '/metrics?x', '/metrics#x']) {
      const text = `GET ${path} ${HOST}Authorization: ${basic('a:b')}\r\n\r\n`;
      assert.equal((await answerTo(listening, text)).status, 200, path);
    }
  });

  test('and is no URL is 400, counted, and the end of the connection: nothing behind it is begun', async (t) => {
    const listening = await listen(t);
    const raw = await listening.open();
    raw.write(`GET /%zz ${HOST}\r\n${HEALTHY}`);
    await raw.waitForEnd();
    assert.deepEqual(
      raw.answers.map(({ status, isLast }) => [status, isLast]),
      [[400, true]],
    );
    const { metric } = listening;
    assert.equal(await metric('kafka_adapter_http_requests_total{handler="other",code="400"}'), 1);
    await eventually(async () => (await protocolErrors(listening)) === 1, { what: 'the end is counted' });
  });
});

describe('a request that two readers could take for two different ones', () => {
  const right = `Authorization: ${basic('a:b')}\r\n`;
  const wrong = `Authorization: ${basic('a:c')}\r\n`;
  const SHAPES: Readonly<Record<string, string>> = {
    'two hosts': `GET /-/whoami ${HOST}Host: b\r\n${right}\r\n`,
    'two credentials, the first right': `GET /-/whoami ${HOST}${right}${wrong}\r\n`,
    'two credentials, the last right': `GET /-/whoami ${HOST}${wrong}${right.toLowerCase()}\r\n`,
    'two content types': writeBytes(EMPTY).replace(
      '\r\n\r\n',
      `\r\n${right}content-type: text/plain\r\n\r\n`,
    ),
    'HTTP/0.9': 'GET /-/whoami\r\n\r\n',
    'no host': `GET /-/whoami HTTP/1.1\r\n${right}\r\n`,
    'another coding below chunks': `POST /receive ${HOST}${right}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  };
  for (const [name, text] of Object.entries(SHAPES)) {
    test(`${name}: 400 with a line of text, and the connection ends with it`, async (t) => {
      const listening = await listen(t, { guard, protected: ALL });
      const raw = await listening.open();
      raw.write(text + HEALTHY);
      await raw.waitForEnd();
      assert.deepEqual(
        raw.answers.map(({ status, isLast }) => [status, isLast]),
        [[400, true]],
      );
      assert.match(String(raw.answers[0]?.body), /^.+\n$/);
      await eventually(async () => (await protocolErrors(listening)) === 1, { what: 'the end is counted' });
    });
  }

  test('a path that is long comes back shortened', async (t) => {
    const listening = await listen(t);
    const { status, body } = await answerTo(listening, `GET /${'x'.repeat(10_000)} ${HOST}\r\n`);
    assert.equal(status, 404);
    assert.equal(body.toString(), `no such path: /${'x'.repeat(199)}…\n`);
  });

  test('HTTP/1.0, an upgrade, an odd expectation and trailers mean nothing special, and ask for a user', async (t) => {
    const listening = await listen(t, { guard, protected: ALL });
    const chunked = writeBytes(EMPTY)
      .replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked')
      .replace(/[^\n]$/, '0\r\nAuthorization: x\r\n\r\n');
    for (const text of [
      'GET /metrics HTTP/1.0\r\n\r\n',
      `GET /metrics ${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      `GET /metrics ${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
      `GET /metrics ${HOST}Expect: magic\r\n\r\n`,
      chunked,
    ])
      assert.equal((await answerTo(listening, text)).status, 401, text);
  });

  test('a header that asks for credentials to be dropped on the way drops nothing here', async (t) => {
    const listening = await listen(t, { guard, protected: ALL });
    const text = `GET /metrics ${HOST}Connection: Authorization\r\n${right}\r\n`;
    assert.equal((await answerTo(listening, text)).status, 200);
  });
});

describe('headers', () => {
  const many = (count: number): string => Array.from({ length: count }, (_, i) => `h${i}: x\r\n`).join('');

  test('up to http.max_headers are served, one more is 431 with the option', async (t) => {
    const listening = await listen(t, { maxHeaders: 20 });
    assert.equal((await answerTo(listening, `GET /-/healthy ${HOST}${many(19)}\r\n`)).status, 200);
    const { status, body, isLast } = await answerTo(listening, `GET /-/healthy ${HOST}${many(20)}\r\n`);
    assert.deepEqual([status, isLast], [431, true]);
    assert.equal(body.toString(), 'the request has more headers than http.max_headers (20)\n');
    // Node itself ends those with more than that.
    const more = await answerTo(listening, `GET /-/healthy ${HOST}${many(40)}\r\n`);
    assert.equal(more.status, 431);
    assert.match(
      more.body.toString(),
      /^the request (has|headers are) more (headers )?than http\.max_headers \(20\)\n$/,
    );
  });

  test('are never left out in silence, however many: the credentials behind 3000 others count', async (t) => {
    const listening = await listen(t, {
      guard,
      protected: ALL,
      maxHeaders: 10_000,
      maxHeaderBytes: 64 * 1024,
    });
    const text = `GET /metrics ${HOST}${many(3000)}Authorization: ${basic('a:b')}\r\n\r\n`;
    assert.equal((await answerTo(listening, text)).status, 200);
  });

  test('over http.max_header_size are 431 with the option, as are trailers without end', async (t) => {
    const listening = await listen(t, { maxHeaderBytes: 4096 });
    const { status, body } = await answerTo(listening, `GET /-/healthy ${HOST}x: ${'x'.repeat(5000)}`);
    assert.equal(status, 431);
    assert.match(
      body.toString(),
      /over http\.max_header_size \(4KiB\), or more than http\.max_headers \(100\)/,
    );
    const raw = await listening.open();
    const head = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
    raw.write(
      `POST /receive ${HOST}${head.join('')}Transfer-Encoding: chunked\r\n\r\n0\r\nx: ${'x'.repeat(5000)}`,
    );
    await raw.waitForEnd();
    assert.equal(raw.answers[0]?.status, 431);
    assert.equal(listening.delivery.records.length, 0);
  });
});

describe('an answer to what is not HTTP', () => {
  for (const [name, garbage, status] of [
    ['garbage', '\0\0garbage\r\n\r\n', 400],
    ['a header that is too large', `GET / ${HOST}x: ${'x'.repeat(20_000)}`, 431],
  ] as const) {
    test(`does not overtake the answers to requests before it, and is not taken for one of them: ${name}`, async (t) => {
      const listening = await listen(t);
      const { promise, resolve } = Promise.withResolvers<void>();
      listening.delivery.acknowledge = () => promise;
      const raw = await listening.open();
      raw.write(writeBytes(EMPTY) + writeBytes(EMPTY) + garbage);
      await eventually(async () => (await listening.metric('kafka_adapter_http_requests_in_flight')) === 2, {
        what: 'both are under way',
      });
      await pause(50);
      assert.equal(raw.answers.length, 0);
      resolve();
      await raw.waitForEnd();
      assert.deepEqual(
        raw.answers.map((answer) => answer.status),
        [204, 204, status],
      );
    });
  }

  test('is there at once when the broken request is the one whose body is awaited', async (t) => {
    const listening = await listen(t);
    const raw = await listening.open();
    raw.write(
      writeBytes(EMPTY)
        .replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked')
        .slice(0, -1),
    );
    raw.write('zz\r\n');
    await raw.waitForEnd();
    assert.deepEqual(
      raw.answers.map(({ status }) => status),
      [400],
    );
  });
});

describe('a sender that waits for 100 Continue', () => {
  const head = (length: number): string =>
    writeBytes(Buffer.alloc(0), { 'Content-Length': String(length), Expect: '100-continue' });

  test('without the right user is answered 401 and never asked for its body', async (t) => {
    const listening = await listen(t, { guard });
    const raw = await listening.open();
    raw.write(head(1000));
    await raw.waitForEnd();
    assert.deepEqual([raw.answers.length, raw.interim, raw.answers[0]?.status], [1, 0, 401]);
  });

  test('with a body that is too large is answered 413 and never asked for it', async (t) => {
    const listening = await listen(t);
    const raw = await listening.open();
    raw.write(head(1_000_000_000));
    await raw.waitForEnd();
    assert.deepEqual([raw.interim, raw.answers[0]?.status], [0, 413]);
  });
});

describe('answers that nobody takes', () => {
  test('are bounded by http.max_unread_size: the connection that has let them lie longest ends', () => {
    const { instruments } = new Metrics();
    const connections = new Connections(FOREVER, instruments);
    const unread = new UnreadAnswers({ connections, instruments, most: () => 10_000 });
    const sockets = Array.from({ length: 5 }, () => new Socket());
    const add = (socket: Socket, bytes: number): ServerResponse => {
      const answer = new ServerResponse(new IncomingMessage(socket));
      unread.add(answer, socket, bytes % 2 === 0 ? 'x'.repeat(bytes - 300) : Buffer.alloc(bytes - 300));
      return answer;
    };
    const ended = (): boolean[] => sockets.map(({ destroyed }) => destroyed);
    const [first, second, third, fourth, fifth] = sockets as [Socket, Socket, Socket, Socket, Socket];
    for (const socket of [first, second, third, first, second]) add(socket, 2000);
    assert.deepEqual(ended(), [false, false, false, false, false]);
    const last = add(fourth, 2001);
    assert.deepEqual(ended(), [true, false, false, false, false], 'with both of its answers');
    unread.remove(last);
    add(fifth, 4000);
    assert.deepEqual(ended(), [true, false, false, false, false]);
    const alone = new Socket();
    add(alone, 1_000_000);
    assert.deepEqual([...ended(), alone.destroyed], [true, true, true, false, true, false]);
  });

  test('of whom nobody is left to take them are not counted at all', async (t) => {
    const listening = await listen(t);
    const raws = await Promise.all(Array.from({ length: 10 }, () => listening.open()));
    for (const raw of raws) raw.write(writeBytes(EMPTY, { 'Content-Length': '100' }));
    const figure = async (name: string): Promise<number> =>
      (await listening.metric(`kafka_adapter_${name}`)) ?? -1;
    await eventually(async () => (await figure('http_requests_in_flight')) === 10, { what: 'all are begun' });
    for (const raw of raws) raw.end();
    await eventually(async () => (await figure('connections')) === 0, { what: 'all are gone' });
    // The answers to them are made a moment later.
    await pause(100);
    assert.equal(await figure('http_unread_bytes'), 0);
  });

  test('are not counted any more once they are taken', async (t) => {
    const listening = await listen(t);
    const raw = await listening.open();
    raw.write(PAGE.repeat(10));
    await raw.waitForAnswers(10);
    await eventually(async () => (await listening.metric('kafka_adapter_http_unread_bytes')) === 0, {
      what: 'nothing is unread',
    });
  });
});

describe('requests whose password is being checked', () => {
  test('are bounded by http.queue_length: one more is 503, with Retry-After', async (t) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const users = new Map([['one', `$2b$04$${'x'.repeat(53)}`]]);
    const slow = guardOf({ users, username: '', password: '', tokens: [] }, () => promise)!;
    const listening = await listen(t, { guard: slow, queueLength: 3 });
    const text = writeBytes(EMPTY, { Authorization: basic('one:right') });
    const opened = await Promise.all(Array.from({ length: 4 }, () => listening.open()));
    for (const raw of opened) raw.write(text);
    await eventually(() => opened.some(({ answers }) => answers.length === 1), { what: 'one is refused' });
    const refused = opened.flatMap(({ answers }) => answers);
    assert.deepEqual([refused.length, refused[0]?.status], [1, 503]);
    assert.match(refused[0]!.headers['retry-after'] ?? '', /^\d$/);
    resolve(true);
    const statuses = await Promise.all(opened.map(async (raw) => (await raw.waitForAnswers(1)).status));
    assert.deepEqual(statuses.sort(), [204, 204, 204, 503]);
  });
});
