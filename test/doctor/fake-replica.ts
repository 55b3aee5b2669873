/** A small server that answers GET /-/whoami as a replica does, with whatever a test wants it to say. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Whoami } from '../../src/doctor/whoami.ts';
import type { TestHooks } from '../support/process.ts';

export interface FakeReplica {
  readonly port: number;
  readonly url: string;
  /** Connections so far, and those that are open. */
  accepted: number;
  readonly sockets: Set<Socket>;
  /** Called with the path and headers of each request; what it gives is answered instead of the identity. */
  instead: (request: { path: string; headers: object }) => { status: number; text: string } | undefined;
}

export interface FakeSettings extends Partial<Whoami> {
  /** The real one; nobody ends an idle connection when left out. */
  readonly keepAliveMs?: number;
  /** Speaks TLS, and says in ALPN that it speaks these protocols. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ALPNProtocols: string[] };
}

/** Asks a connection to leave from `maxAgeSeconds` on, without jitter. */
export async function startFakeReplica(test: TestHooks, settings: FakeSettings = {}): Promise<FakeReplica> {
  const { keepAliveMs = 0, tls, ...told } = settings;
  const replica = { accepted: 0, sockets: new Set<Socket>(), instead: () => undefined } as unknown as {
    -readonly [Key in keyof FakeReplica]: FakeReplica[Key];
  };
  const states = new WeakMap<Socket, { number: number; requests: number; bornMs: number }>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const state = states.get(socket)!;
    state.requests++;
    const other = replica.instead({ path: request.url ?? '', headers: request.headers });
    const ageSeconds = (performance.now() - state.bornMs) / 1000;
    const identity: Whoami = {
      id: 'fake',
      instance: 'fake-instance',
      hostname: 'host',
      version: '1.2.3',
      state: 'ready',
      localAddress: socket.localAddress ?? '',
      localPort: socket.localPort ?? 0,
      peerAddress: socket.remoteAddress ?? '',
      peerPort: socket.remotePort ?? 0,
      connection: `${told.instance ?? 'fake-instance'}-${state.number}`,
      connectionAgeSeconds: ageSeconds,
      connectionRequests: state.requests,
      httpVersion: request.httpVersion,
      requestConnection: request.headers.connection ?? '',
      proxyHeaders: [],
      maxAgeSeconds: 0,
      maxAgeJitter: 0,
      idleTimeoutSeconds: 75,
      maxRequests: 0,
      ...told,
    };
    if (identity.maxAgeSeconds > 0 && ageSeconds >= identity.maxAgeSeconds)
      response.setHeader('connection', 'close');
    response.statusCode = other?.status ?? 200;
    response.end(other?.text ?? JSON.stringify(identity));
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  server.keepAliveTimeout = keepAliveMs;
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    states.set(socket, { number: ++replica.accepted, requests: 0, bornMs: performance.now() });
    replica.sockets.add(socket);
    socket.once('close', () => replica.sockets.delete(socket));
  });
  await listen(test, server);
  replica.port = (server.address() as AddressInfo).port;
  replica.url = `${tls ? 'https' : 'http'}://127.0.0.1:${replica.port}`;
  return replica as FakeReplica;
}

async function listen(test: TestHooks, server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
}
