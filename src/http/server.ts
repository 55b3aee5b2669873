/** The HTTP/1.1 server: routes, measuring, unknown paths, and an end that cannot hang. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Server as TlsServer } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Connections } from '../connection/connections.ts';
import type { Door } from '../connection/limit.ts';
import { AdapterError } from '../errors.ts';
import type { Logger } from '../lib/logger.ts';
import { giveBack } from '../lib/pieces.ts';
import { shortened } from '../lib/shortened.ts';
import { Turns } from '../lib/turns.ts';
import type { Instruments } from '../metrics.ts';
import { answerError } from './answers.ts';
import { answerClientError } from './client-errors.ts';
import { stopFloods } from './flood.ts';
import { untilNobodyKnocks } from './knocking.ts';
import { explainTaken } from './port-taken.ts';
import { type Protection, protect } from './protection.ts';
import { Requests } from './requests.ts';
import { isWritePath } from './routes.ts';
import { MOST_SHOWN_CHARACTERS } from './shape.ts';
import type { TlsMaterial } from './tls.ts';
import { TlsSide, tlsOptions } from './tls-side.ts';

/** How often Node looks for requests that take too long. It ends all it finds at once: thousands, were it to look once a second. */
const TIMEOUT_CHECK_MS = 50;
/** How long the last connections may take to come to an end by themselves. */
const GRACE_MS = 500;

declare module 'fastify' {
  interface FastifyRequest {
    /** The header Content-Type as it came. */
    contentType: string | undefined;
  }
}

/** Node has it since ever, undocumented: whether a client may close its side ahead of the answer. */
interface HalfOpenServer extends Server {
  httpAllowHalfOpen?: boolean;
}

export interface Timeouts {
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** Longest time in which no byte moves while a request is under way: more than any honest exchange takes. */
  readonly silenceTimeoutMs: number;
  /** The option `connection.idle_timeout`. */
  readonly idleTimeoutMs: number;
}

export interface ServerOptions extends Timeouts {
  readonly host: string;
  readonly port: number;
  readonly door: Door;
  /** The option `http.max_header_size`. */
  readonly maxHeaderBytes: number;
  /** The option `http.max_headers`. */
  readonly maxHeaders: number;
  /** Undefined means plain HTTP. */
  readonly tls: TlsMaterial | undefined;
}

export interface ServerParts {
  readonly options: ServerOptions;
  /** Each adds its own. */
  readonly routes: readonly ((app: FastifyInstance) => void)[];
  readonly protection: Protection;
  /** The option `http.max_unread_size`, which a reload may change. */
  readonly unreadBytes: () => number;
  readonly connections: Connections;
  readonly instruments: Instruments;
  readonly logger: Logger;
}

export class HttpServer {
  readonly app: FastifyInstance;
  readonly #parts: ServerParts;
  readonly #requests: Requests;
  readonly #tls: TlsSide | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    const { connections, instruments, logger, unreadBytes, options } = parts;
    const otherHandler = (request: FastifyRequest) => (isWritePath(pathOf(request)) ? 'write' : 'other');
    const { maxHeaders } = options;
    this.#requests = new Requests({ connections, instruments, otherHandler, maxHeaders, unreadBytes });
    this.app = this.#createApp();
    const { server } = this.app;
    // Node 22 leaves out in silence what is over this, Node 24 ends the connection: one more than may be, so that it is
    // seen and refused.
    server.maxHeadersCount = maxHeaders + 1;
    // Whoever closes its side when it has sent all gets its answer. Else what is written already would be sent again.
    (server as HalfOpenServer).httpAllowHalfOpen = true;
    const { tls, door } = options;
    this.#tls = tls && new TlsSide(server as unknown as TlsServer, tls, { connections, logger });
    connections.watch(server, { isTls: tls !== undefined, door });
    stopFloods(server, { connections, isTls: tls !== undefined });
    this.#takeExpectations();
    this.#leaveBodiesAlone();
    this.#requests.watch(this.app);
    protect(this.app, parts.protection);
    for (const add of parts.routes) add(this.app);
    this.app.setNotFoundHandler((request, reply) => this.#unknown(request, reply));
    this.app.setErrorHandler((error, _request, reply) => answerError(reply, error, logger));
  }

  #createApp(): FastifyInstance {
    const { connections, instruments, options } = this.#parts;
    const turns = new Turns();
    const { requestTimeoutMs, headersTimeoutMs, silenceTimeoutMs, maxHeaderBytes, maxHeaders, tls } = options;
    const common = {
      logger: false,
      requestTimeout: requestTimeoutMs,
      // Who does not read its answers would be kept with them for ever.
      connectionTimeout: silenceTimeoutMs,
      keepAliveTimeout: options.idleTimeoutMs,
      // Requests that arrive while closing are served, not refused: the sender need not know.
      return503OnClosing: false,
      clientErrorHandler: (error: Error, socket: Socket) =>
        answerClientError(error, socket, { connections, instruments, maxHeaderBytes, maxHeaders, turns }),
      routerOptions: { ignoreTrailingSlash: true },
      frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) =>
        this.#refuseUrl(request, reply),
    } as const;
    const http = {
      headersTimeout: headersTimeoutMs,
      // fastify sets it later, and Node holds the one above against it now: its own 5 minutes would be the most.
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      maxHeaderSize: maxHeaderBytes,
      // Judged with the rest of the request: Node would answer without a word.
      requireHostHeader: false,
    };
    if (!tls) return fastify({ ...common, http });
    const https = { ...http, ...tlsOptions(tls), handshakeTimeout: headersTimeoutMs };
    return fastify({ ...common, https }) as FastifyInstance;
  }

  #refuseUrl(request: FastifyRequest, reply: FastifyReply): void {
    this.#requests.refuse(request, reply);
    const problem = new AdapterError('http_invalid', 'the path is not a well-formed URL');
    void answerError(reply, problem, this.#parts.logger);
  }

  /**
   * `Expect: 100-continue` is answered by who wants the body, once it is known that the body is wanted: Node itself
   * would ask for it before anybody has looked at the request. Other expectations mean nothing here.
   */
  #takeExpectations(): void {
    const { server } = this.app;
    for (const event of ['checkContinue', 'checkExpectation'])
      server.on(event, (request, response) => server.emit('request', request, response));
  }

  /**
   * Bodies are bytes that the write route reads itself: after the headers are judged, within its limits.
   * fastify would judge the Content-Type first and by its own grammar, so it does not get to see one.
   */
  #leaveBodiesAlone(): void {
    this.app.removeAllContentTypeParsers();
    this.app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    // No route takes QUERY, and it is refused like any other method: fastify would ask for its Content-Type first.
    this.app.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true });
    this.app.decorateRequest('contentType', undefined);
    this.app.addHook('onRequest', (request, _reply, done) => {
      request.contentType = request.headers['content-type'];
      delete request.headers['content-type'];
      // Of a body that no route reads nothing is kept in wait.
      if (request.routeOptions.config.handlerName !== 'write') request.raw.on('data', giveBack);
      done();
    });
  }

  /** From now on; requests that are under way keep the limits they began with. */
  useTimeouts({ requestTimeoutMs, headersTimeoutMs, silenceTimeoutMs, idleTimeoutMs }: Timeouts): void {
    const { server } = this.app;
    server.requestTimeout = requestTimeoutMs;
    server.headersTimeout = headersTimeoutMs;
    server.timeout = silenceTimeoutMs;
    server.keepAliveTimeout = idleTimeoutMs;
  }

  /** New connections see other certificates from now on; those that are open live on. */
  useTls(material: TlsMaterial): void {
    this.#tls?.use(material);
  }

  /** A known path with another method is 405 with Allow, anything else 404. Never a redirect. */
  #unknown(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = pathOf(request);
    const shown = shortened(path, MOST_SHOWN_CHARACTERS);
    const allowed = ['GET', 'POST'].filter((method) => this.app.findRoute({ method, url: path }) !== null);
    const { logger } = this.#parts;
    if (allowed.length === 0)
      return answerError(reply, new AdapterError('not_found', `no such path: ${shown}`), logger);
    const allow = allowed.includes('GET') ? 'GET, HEAD' : allowed.join(', ');
    reply.header('allow', allow);
    const refusal = new AdapterError(
      'method_not_allowed',
      `${request.method} is not allowed on ${shown}, use ${allow}`,
    );
    return answerError(reply, refusal, logger);
  }

  /** Listens; resolves to the address in use. */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.#parts.options;
    await this.app.ready();
    // Node's own listen: without a host it takes every interface, on machines without IPv6 as well.
    this.app.server.listen(host === '' ? { port } : { port, host });
    await once(this.app.server, 'listening').catch(explainTaken);
    return this.app.server.address() as AddressInfo;
  }

  /** From now on each answer asks its connection to close. */
  startDraining(): void {
    this.#parts.connections.startDraining();
  }

  /**
   * Stops listening and waits for the requests under way. Resolves to false when they did not end within
   * `timeoutMs` and were cut off. Not `server.close()` alone: that waits for ever for a connection that was
   * never used or sent half a request.
   */
  async close(timeoutMs: number): Promise<boolean> {
    const { connections } = this.#parts;
    connections.startDraining();
    await untilNobodyKnocks(this.app.server, GRACE_MS);
    connections.startClosing();
    const { server } = this.app;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const ended = await this.#requests.untilIdle(timeoutMs);
    // A request may be half here, on a connection that is not idle and not in flight.
    await Promise.race([closed, pause(GRACE_MS, undefined, { ref: false })]);
    connections.forceAll();
    server.closeAllConnections();
    this.#tls?.destroyAll();
    await this.app.close();
    return ended;
  }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!;
}
