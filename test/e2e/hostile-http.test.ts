/** Requests in shapes by which one reader takes for two what another takes for one, and text that wants to be more. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, type TestContext, test } from 'node:test';
import { call, type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { BOMBS, bodyOf, label } from '../support/bombs.ts';
import { openRaw } from '../support/raw-connection.ts';
import { body, HEADERS } from '../support/write-request.ts';
import { besideGoodSender } from './good-sender.ts';

const HOST = 'HTTP/1.1\r\nHost: adapter\r\n';
const WRITE = `POST /api/v1/write ${HOST}`;
const WHOAMI = `GET /-/whoami ${HOST}`;
/** What must not be taken for a request of its own. */
const HIDDEN = `${WHOAMI}\r\n`;
const CHUNKED = `${WRITE}Transfer-Encoding: chunked\r\n`;
const EMPTY_CHUNKS = '0\r\n\r\n';

const cleanUps: (() => unknown)[] = [];
let adapter: RunningAdapter;
before(async () => {
  const hooks = { after: (cleanUp: () => unknown) => void cleanUps.push(cleanUp) };
  adapter = await startAdapter(hooks, { brokers: '', topic: 'metrics', flags: ['--dry-run'] });
});
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

/** The statuses up to the end of the connection. */
async function statusesOf(t: TestContext, text: string): Promise<number[]> {
  const raw = await openRaw(t, adapter.port);
  raw.write(text);
  await raw.waitForEnd();
  return raw.answers.map(({ status }) => status);
}

describe('a request whose end is in doubt is 400, and the connection ends with it', () => {
  const SHAPES: Readonly<Record<string, string>> = {
    'two lengths': `${WRITE}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc${HIDDEN}`,
    'the same length twice': `${WRITE}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc${HIDDEN}`,
    'a list of lengths': `${WRITE}Content-Length: 3, 3\r\n\r\nabc${HIDDEN}`,
    'a length with a sign': `${WRITE}Content-Length: +3\r\n\r\nabc${HIDDEN}`,
    'a negative length': `${WRITE}Content-Length: -1\r\n\r\n${HIDDEN}`,
    'a hexadecimal length': `${WRITE}Content-Length: 0x3\r\n\r\nabc${HIDDEN}`,
    'an empty length': `${WRITE}Content-Length: \r\n\r\n${HIDDEN}`,
    'a length of 23 digits': `${WRITE}Content-Length: 99999999999999999999999\r\n\r\n${HIDDEN}`,
    'length and chunks': `${WRITE}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'chunks and length': `${CHUNKED}Content-Length: 3\r\n\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'chunks that are not last': `${WRITE}Transfer-Encoding: chunked, gzip\r\n\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'an encoding like chunked': `${WRITE}Transfer-Encoding: xchunked\r\n\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'an encoding behind a control character': `${WRITE}Transfer-Encoding: \x0bchunked\r\n\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'a space before the colon': `${WRITE}Transfer-Encoding : chunked\r\n\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'two encodings in two headers': `${CHUNKED}Transfer-Encoding: identity\r\n\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'chunks in HTTP/1.0': `${CHUNKED.replace('1.1', '1.0')}\r\n${EMPTY_CHUNKS}${HIDDEN}`,
    'a negative chunk': `${CHUNKED}\r\n-1\r\na\r\n${EMPTY_CHUNKS}`,
    'a chunk size with 0x': `${CHUNKED}\r\n0x1\r\na\r\n${EMPTY_CHUNKS}`,
    'a chunk size over 64 bits': `${CHUNKED}\r\nfffffffffffffffff\r\na\r\n${EMPTY_CHUNKS}`,
    'a chunk that ends with LF alone': `${CHUNKED}\r\n1\na\r\n${EMPTY_CHUNKS}`,
    'a chunk longer than it says': `${CHUNKED}\r\n1\r\nab\r\n${EMPTY_CHUNKS}`,
    'a chunk extension with LF alone': `${CHUNKED}\r\n1;a\nb\r\na\r\n${EMPTY_CHUNKS}`,
    'chunk extensions of 20 KB': `${CHUNKED}\r\n1;${'x'.repeat(20_000)}\r\na\r\n${EMPTY_CHUNKS}`,
    'a length among the trailers': `${CHUNKED}\r\n0\r\nContent-Length: 5\r\n\r\n`,
    'lines that end with LF alone': `${HIDDEN.replaceAll('\r\n', '\n')}`,
    'one line that ends with LF alone': `GET /-/whoami HTTP/1.1\r\nHost: a\nX: b\r\n\r\n`,
    'one line that ends with CR alone': `GET /-/whoami HTTP/1.1\r\nHost: a\rX: b\r\n\r\n`,
    'a folded line': `${WHOAMI}X: b\r\n c\r\n\r\n`,
    'NUL in a value': `${WHOAMI}X: b\0c\r\n\r\n`,
    'NUL in a name': `${WHOAMI}X\0: b\r\n\r\n`,
    'NUL in the path': `GET /-/who\0ami ${HOST}\r\n`,
    'no host': 'GET /-/whoami HTTP/1.1\r\n\r\n',
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/9.9': 'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
  };
  for (const [name, text] of Object.entries(SHAPES)) {
    test(name, async (t) => {
      const before = await adapter
        .metric('kafka_adapter_http_requests_total{handler="whoami",code="200"}')
        .catch(() => 0);
      const statuses = await statusesOf(t, text);
      // A body that breaks off has its request judged already, by its headers.
      assert.ok(
        statuses.length <= 1 && statuses.every((status) => status === 400 || status === 415),
        String(statuses),
      );
      const now = await adapter
        .metric('kafka_adapter_http_requests_total{handler="whoami",code="200"}')
        .catch(() => 0);
      assert.equal(now, before, 'nothing hidden was executed');
    });
  }

  test('CONNECT ends without an answer', async (t) => {
    assert.deepEqual(await statusesOf(t, 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'), []);
  });
});

describe('text from outside stays text', () => {
  test('line breaks that are escaped in the path or the query reach no header of an answer and no line of the log', async () => {
    for (const path of [
      '/-/whoami?a=%0d%0aX-Evil:%20b',
      '/%0d%0aX-Evil:%20b',
      '/-/rebalance?spread=%0aX-Evil',
    ]) {
      const { headers } = await call(`${adapter.url}${path}`, {
        method: path.includes('rebalance') ? 'POST' : 'GET',
      });
      assert.equal(headers['x-evil'], undefined);
    }
    assert.doesNotMatch(adapter.process.stderr, /^X-Evil/m);
  });

  test('HTML in a user agent and in a path is never HTML of ours', async () => {
    const agent = '<script>alert(1)</script>';
    await adapter.write(body([{ labels: [['__name__', 'x']], samples: [[1, 1]] }]), {
      headers: { ...HEADERS, 'user-agent': agent },
    });
    const missing = await call(`${adapter.url}/<script>`);
    assert.match(missing.headers['content-type'] ?? '', /^text\/plain/);
    const page = await adapter.get('/');
    assert.doesNotMatch(page.text, /alert\(1\)/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
    const status = await adapter.get('/api/v1/status');
    assert.match(status.headers['content-type'] ?? '', /^application\/json/);
  });

  test('names of prototypes are names like others: labels, headers, parameters, paths, users', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const labels = [['__name__', 'prototypes'], ...names.map((name) => [name, name])] as [string, string][];
    const sorted = labels.sort(([a], [b]) => (a < b ? -1 : 1));
    const headers = Object.fromEntries(names.map((name) => [`${name.toLowerCase()}`, 'x']));
    const user = { authorization: `Basic ${Buffer.from('__proto__:constructor').toString('base64')}` };
    const { status, text } = await adapter.write(body([{ labels: sorted, samples: [[1, 1000]] }]), {
      headers: { ...HEADERS, ...headers, ...user },
    });
    assert.equal(status, 204, text);
    const [line] = await adapter.process.waitFor(/^.*"prototypes".*$/m);
    for (const name of names) assert.ok(line.includes(`"${name}":"${name}"`), line);
    for (const name of names) {
      assert.equal((await call(`${adapter.url}/${name}`)).status, 404);
      assert.equal((await call(`${adapter.url}/-/whoami?${name}=${name}`)).status, 200);
    }
  });
});

describe('a body that means more than it is', { concurrency: 1 }, () => {
  test(`${Object.keys(BOMBS).join(', ')}: 400, small, and nobody waits`, async (t) => {
    const attack = async (): Promise<void> => {
      for (const [name, make] of Object.entries(BOMBS)) {
        const { status, text } = await adapter.write(make());
        assert.equal(status, 400, `${name}: ${text}`);
        assert.match(text, /^[^\n]+\n$/);
        assert.ok(text.length < 1000, 'the answer does not repeat what came');
      }
    };
    t.diagnostic(await besideGoodSender(adapter, attack));
  });

  test('NUL in labels is written as JSON writes it', async () => {
    const { status, text } = await adapter.write(bodyOf(label('nul\0name', 'nul\0value')));
    assert.equal(status, 204, text);
    await adapter.process.waitFor(/nul\\u0000name":"nul\\u0000value/);
    assert.ok(!adapter.process.stdout.includes('\0'));
  });
});

test('after all of it the adapter ends in order', async () => {
  assert.deepEqual(adapter.logged('error'), []);
  assert.equal(await adapter.metric('kafka_adapter_http_inflight_bytes'), 0);
  assert.ok((await adapter.metric('kafka_adapter_connections_closed_total{reason="protocol_error"}')) > 20);
  assert.deepEqual(await adapter.process.stop(), { code: 0, signal: null });
});
