/** The client that stands for Prometheus keeps, shares and gives up connections as Go does, and records it truly. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { AnswerParser } from '../support/answer-parser.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { GoClient } from '../support/go-client.ts';

const OK = 'HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=0, max=1\r\n\r\n';
const LAST = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const WRITE = { path: '/write', body: Buffer.from('body') };
const REQUEST = /POST \/write HTTP\/1\.1\r\n[\s\S]*?\r\n\r\nbody/g;

/** What a server does with the requests of a connection, the first being 1. */
type Script = (socket: Socket, request: number) => void;

interface Parts {
  readonly client: GoClient;
  readonly server: Server;
  readonly sockets: Socket[];
  /** Requests that arrived whole, by connection. */
  readonly requests: number[];
}

async function start(t: TestContext, script: Script, certificate?: Certificate): Promise<Parts> {
  const sockets: Socket[] = [];
  const requests: number[] = [];
  const onConnection = (socket: Socket): void => {
    const number = sockets.push(socket) - 1;
    let text = '';
    requests[number] = 0;
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      const count = text.match(REQUEST)?.length ?? 0;
      if (count === requests[number]) return;
      requests[number] = count;
      script(socket, count);
    });
  };
  const files = certificate && {
    cert: readFileSync(certificate.certFile),
    key: readFileSync(certificate.keyFile),
  };
  const server = files ? createTlsServer(files, onConnection) : createServer(onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new GoClient({ port, ca: certificate?.ca });
  t.after(() => {
    client.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { client, server, sockets, requests };
}

/** How each connection of the client went. */
function lives({ connections }: GoClient): { requests: number; closedBy: string | undefined }[] {
  return connections.map(({ requests, closedBy }) => ({ requests, closedBy }));
}

describe('a connection is kept', () => {
  for (const kind of ['plain', 'TLS'] as const) {
    test(`after each answer, whatever its header Keep-Alive says (${kind})`, async (t) => {
      const certificate = kind === 'TLS' ? makeCertificate(t) : undefined;
      if (kind === 'TLS' && !certificate) return;
      const { client, requests } = await start(t, (socket) => socket.write(OK), certificate);
      for (let count = 0; count < 3; count++) assert.equal((await client.send(WRITE)).answer?.status, 204);
      assert.deepEqual(requests, [3]);
      assert.deepEqual(lives(client), [{ requests: 3, closedBy: undefined }]);
    });
  }

  test('and the one that came back last is used first', async (t) => {
    let isHeld = true;
    const { client, sockets, requests } = await start(t, (socket) => {
      if (!isHeld) socket.write(OK);
    });
    const sent = [client.send(WRITE), client.send(WRITE), client.send(WRITE)];
    await eventually(() => requests.filter((count) => count === 1).length === 3, { what: 'three requests' });
    for (const [index, socket] of [...sockets].reverse().entries()) {
      socket.write(OK);
      await eventually(() => client.exchanges.length === index + 1, { what: 'its answer' });
    }
    await Promise.all(sent);
    isHeld = false;
    const { connection } = await client.send(WRITE);
    assert.equal(connection, client.exchanges[2]!.connection);
    assert.equal(requests[0], 2, 'the first connection was answered last');
    assert.equal(client.connections.length, 3);
  });

  test('and one that comes back while another is dialed serves who waits: the dialed one stays unused', async (t) => {
    const certificate = makeCertificate(t);
    if (!certificate) return;
    const { server, sockets, requests } = await start(t, () => {}, certificate);
    // A door that lets connections wait before the server answers their handshake.
    const waiting: Socket[] = [];
    const door = createServer({ pauseOnConnect: true }, (socket) => waiting.push(socket));
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    const client = new GoClient({ port: (door.address() as AddressInfo).port, ca: certificate.ca });
    t.after(() => {
      client.close();
      door.close();
    });
    const first = client.send(WRITE);
    await eventually(() => waiting.length === 1, { what: 'the first is dialed' });
    server.emit('connection', waiting[0]);
    await eventually(() => requests[0] === 1, { what: 'the first request' });
    const second = client.send(WRITE);
    await eventually(() => waiting.length === 2, { what: 'the second is dialed' });
    sockets[0]!.write(OK);
    await first;
    await eventually(() => requests[0] === 2, { what: 'the second request, on the first connection' });
    sockets[0]!.write(OK);
    await second;
    server.emit('connection', waiting[1]);
    await eventually(() => client.open === 2, { what: 'the second is there' });
    assert.deepEqual(
      lives(client).map((life) => life.requests),
      [2, 0],
    );
  });
});

describe('a connection is given up', () => {
  test('after an answer with Connection: close, which the next request does not notice', async (t) => {
    const { client } = await start(t, (socket, request) => socket.write(request === 2 ? LAST : OK));
    for (let count = 0; count < 4; count++) await client.send(WRITE);
    assert.deepEqual(client.errors, []);
    assert.equal(String(client.exchanges[1]!.answer!.body), 'ok');
    assert.equal(client.closedByAnswer, 2);
    assert.deepEqual(lives(client), [
      { requests: 2, closedBy: 'answer' },
      { requests: 2, closedBy: 'answer' },
    ]);
  });

  test('when the other side ends it while idle; the next request is on another', async (t) => {
    const { client, sockets } = await start(t, (socket) => socket.write(OK));
    await client.send(WRITE);
    sockets[0]!.end();
    await eventually(() => client.open === 0, { what: 'the end is seen' });
    await client.send(WRITE);
    assert.deepEqual(client.errors, []);
    assert.deepEqual(lives(client), [
      { requests: 1, closedBy: 'peer' },
      { requests: 1, closedBy: undefined },
    ]);
  });

  test('after an answer that came before the request was sent', async (t) => {
    const { client, sockets } = await start(t, () => {});
    const sent = client.send({ path: '/write', body: Buffer.alloc(64 * 1024 * 1024) });
    await eventually(() => sockets.length === 1, { what: 'the connection' });
    sockets[0]!.pause().write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    assert.equal((await sent).answer?.status, 413);
    await eventually(() => client.open === 0, { what: 'the connection is gone' });
    assert.deepEqual(lives(client), [{ requests: 1, closedBy: 'client' }]);
  });

  test('when bytes come that nobody asked for', async (t) => {
    const { client, sockets } = await start(t, (socket) => socket.write(OK));
    await client.send(WRITE);
    sockets[0]!.write(OK);
    await eventually(() => client.open === 0, { what: 'the connection is gone' });
    assert.deepEqual(lives(client), [{ requests: 1, closedBy: 'unsolicited answer' }]);
  });
});

describe('a request whose connection fails', () => {
  for (const [how, error] of [
    ['ends', 'EOF'],
    ['is reset', 'ECONNRESET'],
    ['ends within the answer', 'EOF'],
  ] as const) {
    test(`since it ${how} is an error with its code, and is not sent again`, async (t) => {
      const { client, requests } = await start(t, (socket, request) => {
        if (request === 1) socket.write(OK);
        else if (how === 'ends') socket.end();
        else if (how === 'is reset') socket.resetAndDestroy();
        else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      });
      await client.send(WRITE);
      assert.equal((await client.send(WRITE)).error, error);
      assert.deepEqual(requests, [2]);
      assert.deepEqual(lives(client), [{ requests: 2, closedBy: error }]);
      assert.equal((await client.send(WRITE)).answer?.status, 204, 'on a connection of its own');
    });
  }

  test('or cannot be opened is an error without a connection', async (t) => {
    const { client, server } = await start(t, () => {});
    server.close();
    const { error, connection } = await client.send(WRITE);
    assert.deepEqual({ error, connection }, { error: 'ECONNREFUSED', connection: undefined });
  });
});

describe('answers are read to their exact end', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const answers: readonly (readonly [name: string, text: string, body: string, isLast: boolean])[] = [
    ['with a length', 'HTTP/1.1 200 OK\r\ncontent-LENGTH:  4 \r\n\r\n1\r\n2', '1\r\n2', false],
    ['with an empty body', 'HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n', '', false],
    ['that have no body', 'HTTP/1.1 204 No Content\r\nA: b\r\n\r\n', '', false],
    ['behind an interim one', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 Fine\r\n\r\n', '', false],
    ['in chunks', `${chunked}3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n`, 'abc0123456789', false],
    ['in chunks, with a trailer', `${chunked}1\r\na\r\n0\r\nA: b\r\n\r\n`, 'a', false],
    ['that are the last', 'HTTP/1.1 204 No\r\nConnection: keep-alive, Close\r\n\r\n', '', true],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', 'a', true],
  ];
  for (const [name, text, body, isLast] of answers) {
    test(`${name}, also byte by byte and two in a row`, () => {
      const whole = new AnswerParser();
      const two = whole.push(Buffer.from(text + text));
      const single = new AnswerParser();
      const found = [...Buffer.from(text)].flatMap((byte) => single.push(Buffer.from([byte])));
      assert.deepEqual(found, [two[0]]);
      assert.deepEqual(two[0], two[1]);
      assert.equal(String(two[0]!.body), body);
      assert.equal(two[0]!.isLast, isLast);
      assert.equal(whole.isEmpty && single.isEmpty, true);
    });
  }

  test('without a length they end with the connection', () => {
    const parser = new AnswerParser();
    assert.deepEqual(parser.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nall of it')), []);
    const answer = parser.end();
    assert.deepEqual([String(answer?.body), answer?.isLast], ['all of it', true]);
  });

  test('and what is none is refused', () => {
    for (const text of [
      'HTTP/2 200\r\n\r\n',
      'HTTP/1.1 200 OK\r\nbad header\r\n\r\n',
      `${chunked}x\r\n\r\n`,
    ]) {
      assert.throws(() => new AnswerParser().push(Buffer.from(text)), /^Error: not /);
    }
  });
});
