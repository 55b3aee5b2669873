/** GET /-/whoami: which replica answers, and what it sees of the connection and of the way there. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Connections } from '../connection/connections.ts';
import { plainAddress } from '../lib/address.ts';
import type { Replica } from '../status/replica.ts';

/** Headers that no client sends by itself: a layer-7 proxy has taken the request apart. */
const PROXY_HEADERS = [
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-real-ip',
];

/** The answer. Through a layer-4 balancer, connection and requests go in step with those of the client. */
export interface Identity {
  readonly id: string;
  readonly instance: string;
  readonly hostname: string;
  readonly version: string;
  readonly state: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly peerAddress: string;
  readonly peerPort: number;
  /** One of a kind among all connections of all replicas. */
  readonly connection: string;
  readonly connectionAgeSeconds: number;
  readonly connectionRequests: number;
  readonly httpVersion: string;
  /** The header Connection of the request, '' without one. */
  readonly requestConnection: string;
  readonly proxyHeaders: readonly string[];
  /** 0 = off. */
  readonly maxAgeSeconds: number;
  readonly maxAgeJitter: number;
  readonly idleTimeoutSeconds: number;
  /** 0 = off. */
  readonly maxRequests: number;
}

export interface WhoamiParts {
  readonly replica: () => Replica;
  readonly connections: Connections;
}

function identify(request: FastifyRequest, parts: WhoamiParts): Identity {
  const { connections } = parts;
  const replica = parts.replica();
  const { socket, httpVersion, headers } = request.raw;
  const connection = connections.of(socket);
  const { settings } = connections;
  return {
    id: replica.id,
    instance: replica.instance,
    hostname: replica.hostname,
    version: replica.version,
    state: replica.readiness.word,
    localAddress: plainAddress(socket.localAddress),
    localPort: socket.localPort ?? 0,
    peerAddress: plainAddress(socket.remoteAddress),
    peerPort: socket.remotePort ?? 0,
    connection: `${replica.instance}-${connection?.id ?? 0}`,
    connectionAgeSeconds: Math.round(connection?.ageMs(performance.now()) ?? 0) / 1000,
    connectionRequests: connection?.requests ?? 1,
    httpVersion,
    requestConnection: headers.connection ?? '',
    proxyHeaders: PROXY_HEADERS.filter((name) => headers[name] !== undefined),
    maxAgeSeconds: settings.maxAgeMs / 1000,
    maxAgeJitter: settings.maxAgeJitter,
    idleTimeoutSeconds: settings.idleTimeoutMs / 1000,
    maxRequests: settings.maxRequests,
  };
}

/** JSON when asked for, one plain line for curl. */
export function whoami(request: FastifyRequest, reply: FastifyReply, parts: WhoamiParts): FastifyReply {
  const identity = identify(request, parts);
  if (request.headers.accept?.includes('application/json')) return reply.send(identity);
  const { id, version, localAddress, localPort, peerAddress, peerPort } = identity;
  const { connectionRequests, connectionAgeSeconds } = identity;
  return reply
    .type('text/plain; charset=utf-8')
    .send(
      `${id} version ${version} at ${localAddress}:${localPort} answers ${peerAddress}:${peerPort}, request ${connectionRequests} of a connection ${connectionAgeSeconds} s old\n`,
    );
}
