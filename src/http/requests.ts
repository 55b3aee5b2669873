/** Every request from its headers to the end of its answer: counted, tied to its connection, and closed with when due. */

import { Buffer } from 'node:buffer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Purpose } from '../connection/connection.ts';
import type { Connections } from '../connection/connections.ts';
import { AdapterError } from '../errors.ts';
import { PENALTY_MS } from '../lib/penalty.ts';
import type { Handler } from '../metrics/table.ts';
import type { Instruments } from '../metrics.ts';
import { basicUser } from './auth.ts';
import { discardBody } from './body.ts';
import type { Group } from './routes.ts';
import { shapeProblem } from './shape.ts';
import { UnreadAnswers } from './unread.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    handlerName?: Handler;
    group?: Group | undefined;
  }
}

/** Requests of machines and people that watch; senders make none of them. */
const PROBES: ReadonlySet<Handler> = new Set(['healthy', 'ready', 'metrics', 'status']);

/** Of what a request says of its sender. */
const MOST_KEPT_CHARACTERS = 200;
/** One chunk of bytes may hold thousands of requests, all of them begun before anybody else has a turn. */
const MOST_PIPELINED = 16;

export interface RequestsParts {
  readonly connections: Connections;
  readonly instruments: Instruments;
  /** The handler that counts a request which no route takes. */
  readonly otherHandler: (request: FastifyRequest) => Handler;
  /** The option `http.max_headers`. */
  readonly maxHeaders: number;
  /** The option `http.max_unread_size`, which a reload may change. */
  readonly unreadBytes: () => number;
}

export class Requests {
  readonly #parts: RequestsParts;
  readonly #unread: UnreadAnswers;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
    const { connections, instruments, unreadBytes } = parts;
    this.#unread = new UnreadAnswers({ connections, instruments, most: unreadBytes });
  }

  /** Looks at every request of `app` from now on. */
  watch(app: FastifyInstance): void {
    app.addHook('onRequest', (request, reply, done) => {
      // Left unanswered: the end of the connection is under way, and the client knows that this was not begun.
      if (!this.#begin(request, reply)) reply.hijack();
      else done(this.#tooMany(request, reply));
    });
    app.addHook('onRequest', async (request, reply) => {
      const problem = shapeProblem(request.raw, this.#parts.maxHeaders);
      if (!problem) return;
      this.#parts.connections.ends(request.raw.socket, 'protocol_error');
      reply.header('connection', 'close');
      // An answer sent while the sender still writes would be lost with the reset that follows.
      await discardBody(request.raw);
      throw problem;
    });
    // As late as possible, so that an answer which took long is judged by what holds now. Behind a turn of the
    // microtasks, so that all requests which came in the same packet are known.
    app.addHook('onSend', async (request, reply, payload) => {
      await undefined;
      this.#decide(request, reply);
      this.#unread.add(reply.raw, request.raw.socket, payload);
    });
  }

  /** Of a path that is no URL: fastify knows no route for it, so none of the above has seen it. */
  refuse(request: FastifyRequest, reply: FastifyReply): void {
    const { connections, instruments } = this.#parts;
    instruments.httpRequests.inc({ handler: 'other', code: '400' });
    connections.ends(request.raw.socket, 'protocol_error');
    reply.header('connection', 'close');
  }

  /** False when the connection takes no more requests. */
  #begin(request: FastifyRequest, reply: FastifyReply): boolean {
    const { connections, instruments, otherHandler } = this.#parts;
    const handler = request.routeOptions.config.handlerName ?? otherHandler(request);
    const connection = connections.of(request.raw.socket);
    const { 'user-agent': agent = '', authorization = '' } = request.headers;
    const sender = {
      request: request.raw,
      purpose: purposeOf(handler),
      agent: shortened(agent),
      user: shortened(basicUser(authorization)),
    };
    if (connection && !connections.begin(connection, sender)) return false;
    const started = performance.now();
    this.#inFlight++;
    instruments.httpRequestsInFlight.inc();
    let ended = false;
    const end = (code: string): void => {
      if (ended) return;
      ended = true;
      this.#unread.remove(reply.raw);
      connection?.end(request.raw);
      instruments.httpRequests.inc({ handler, code });
      instruments.httpRequestDuration.observe({ handler }, (performance.now() - started) / 1000);
      instruments.httpRequestsInFlight.dec();
      this.#inFlight--;
      if (this.#inFlight === 0) this.#onIdle?.();
    };
    // `finish` when the answer is handed to the kernel, `close` alone when the sender went away before, or was answered
    // by hand because it came too slowly.
    reply.raw
      .once('finish', () => end(String(reply.statusCode)))
      .once('close', () => end(connection?.statusByHand ?? 'aborted'));
    return true;
  }

  /** The one request too many of a connection is the last that is answered. */
  #tooMany({ raw }: FastifyRequest, reply: FastifyReply): AdapterError | undefined {
    const { connections } = this.#parts;
    if ((connections.of(raw.socket)?.inFlight ?? 0) <= MOST_PIPELINED) return undefined;
    connections.ends(raw.socket, 'pipelined');
    reply.header('connection', 'close');
    const refusal = new AdapterError(
      'overloaded',
      `${MOST_PIPELINED} requests of this connection are under way already`,
    );
    refusal.penaltyMs = PENALTY_MS;
    return refusal;
  }

  #decide({ raw }: FastifyRequest, reply: FastifyReply): void {
    const { connections } = this.#parts;
    // Asked for by the client or by HTTP/1.0: not our doing.
    if (!reply.raw.shouldKeepAlive) return;
    if (reply.getHeader('connection') === 'close') connections.ends(raw.socket, 'unread_body');
    else if (connections.closesWith({ socket: raw.socket, isRequestRead: raw.complete }))
      reply.header('connection', 'close');
  }

  /** Resolves to false when requests were still under way after that time. */
  untilIdle(timeoutMs: number): Promise<boolean> {
    if (this.#inFlight === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

/** A copy: a part of a text would keep all of it in memory for as long as the connection lives. */
function shortened(text: string): string {
  if (text.length <= MOST_KEPT_CHARACTERS) return text;
  return Buffer.from(text.slice(0, MOST_KEPT_CHARACTERS)).toString();
}

function purposeOf(handler: Handler): Purpose {
  if (handler === 'write') return 'write';
  return PROBES.has(handler) ? 'probe' : 'other';
}
