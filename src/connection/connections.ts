/** All open connections of this replica: their state on the socket, their counting, and the decision to end them. */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { CloseReason, RefusalReason } from '../metrics/reasons.ts';
import type { Instruments } from '../metrics.ts';
import type { Scales } from './balance.ts';
import { ClosePolicy, type CloseSettings } from './close-policy.ts';
import { Connection, type Sender } from './connection.ts';
import { ConnectionLimit, type ConnectionLimits, type Door } from './limit.ts';
import { Relief, type ReliefSettings, type SenderLoad } from './relief.ts';
import { type ReturnFigures, Returns, WATCHED } from './returns.ts';

/** Time between two looks at rates and utilisation; long enough for a connection asked to leave to have left. */
const TICK_MS = 5000;

const CONNECTION = Symbol('connection');

interface KnownSocket extends Socket {
  [CONNECTION]?: Connection;
}

export interface ConnectionSettings extends CloseSettings, ReliefSettings {
  readonly idleTimeoutMs: number;
  readonly limits: ConnectionLimits;
}

export interface ClosingAnswer {
  readonly socket: Socket;
  /** Whether the request has been read to its last byte. */
  readonly isRequestRead: boolean;
}

export class Connections {
  #settings: ConnectionSettings;
  readonly #instruments: Instruments;
  readonly #policy: ClosePolicy;
  readonly #relief: Relief;
  readonly #returns: Returns;
  readonly #limit: ConnectionLimit;
  readonly #open = new Set<Connection>();
  #accepted = 0;
  #isDraining = false;
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: ConnectionSettings, instruments: Instruments) {
    this.#settings = settings;
    this.#instruments = instruments;
    this.#policy = new ClosePolicy(settings);
    this.#limit = new ConnectionLimit(settings.limits);
    this.#returns = new Returns({
      onWatched: () => instruments.clientsWatched.inc(),
      onReturned: () => instruments.clientsReturned.inc(),
    });
    this.#relief = new Relief(settings, this.#returns);
    this.configure(settings);
  }

  get settings(): ConnectionSettings {
    return this.#settings;
  }

  /** Holds for the connections that are open, too. */
  configure(settings: ConnectionSettings): void {
    this.#settings = settings;
    this.#policy.settings = settings;
    this.#relief.configure(settings);
    this.#limit.limits = settings.limits;
    const instruments = this.#instruments;
    instruments.connectionMaxAge.set(settings.maxAgeMs / 1000);
    instruments.connectionIdleTimeout.set(settings.idleTimeoutMs / 1000);
    instruments.connectionMaxRequests.set(settings.maxRequests);
    instruments.connectionMaxCloseRate.set(settings.maxCloseRate);
  }

  /** Begins to look at rates and utilisation. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Knows every connection that `server` accepts from now on; with TLS, once the handshake is done. */
  watch(server: Server, { isTls, door }: { isTls: boolean; door: Door }): void {
    server.on('connection', (socket: Socket) => {
      const refusal = this.#limit.admit(socket, door);
      if (refusal) this.refuse(socket, refusal);
    });
    server.on(isTls ? 'secureConnection' : 'connection', (socket: KnownSocket) => this.#accept(socket));
  }

  /** Ends a connection that is not to have a first request. */
  refuse(socket: Socket, reason: RefusalReason): void {
    this.#instruments.connectionsRefused.inc({ reason });
    socket.destroy();
  }

  /** Ends the looking after; the connections themselves are the server's to close. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** The connection of a socket; undefined for a request that was injected and has no real one. */
  of(socket: KnownSocket): Connection | undefined {
    return socket[CONNECTION];
  }

  /** Those whose end is not decided, oldest first. */
  get open(): IterableIterator<Connection> {
    return this.#open.values();
  }

  /** False when the connection is at its end, so that nothing more may be begun on it. */
  begin(connection: Connection, { purpose, agent, user, request }: Sender): boolean {
    if (connection.ending !== undefined) return false;
    connection.agent = agent;
    connection.user = user;
    connection.begin(purpose, request);
    if (purpose === 'write' && connection.writes === 1) this.#returns.opened(connection);
    return true;
  }

  /** Whether this answer has to carry `Connection: close`; the connection's end is then decided. */
  closesWith({ socket, isRequestRead }: ClosingAnswer): boolean {
    const connection = this.of(socket);
    if (!connection) return this.#isDraining;
    const nowMs = performance.now();
    const decision = this.#policy.decide(connection, {
      nowMs,
      openConnections: this.#open.size,
      isDraining: this.#isDraining,
      isRequestRead,
    });
    if (decision === undefined) return false;
    if ('skip' in decision) {
      this.#instruments.connectionCloseSkipped.inc({ reason: decision.skip });
      return false;
    }
    connection.ending = decision.close;
    if (connection.writes > 0 && WATCHED.has(decision.close)) this.#returns.closed(connection, nowMs);
    return true;
  }

  /** Notes why a connection is about to end by something else than an answer; what was noted first stays. */
  ends(socket: KnownSocket, reason: CloseReason): void {
    const connection = socket[CONNECTION];
    if (connection) connection.ending ??= reason;
  }

  /** From now on every answer asks for the close. */
  startDraining(): void {
    this.#isDraining = true;
  }

  /** From now on the server itself closes what is idle. */
  startClosing(): void {
    this.#isClosing = true;
  }

  /** Before the server cuts off what is left. */
  forceAll(): void {
    for (const connection of this.#open) if (connection.inFlight > 0) connection.ending ??= 'forced';
  }

  /** Asks every open connection once to leave, spread evenly over the time; gives their number. */
  rebalance(spreadMs: number): number {
    const nowMs = performance.now();
    for (const connection of this.#open) connection.leaveAtMs = nowMs + Math.random() * spreadMs;
    return this.#open.size;
  }

  /** Milliseconds until the next answer asks for the close; negative when that is overdue, undefined for never. */
  closesInMs(connection: Connection): number | undefined {
    if (this.#isDraining || connection.leave !== undefined) return 0;
    const nowMs = performance.now();
    const ageMs = this.#policy.ageLimitMs(connection) * this.#policy.stretch(this.#open.size);
    const inMs = Math.min(connection.leaveAtMs - nowMs, ageMs - connection.ageMs(nowMs));
    return Number.isFinite(inMs) ? inMs : undefined;
  }

  /** Milliseconds; the option, stretched by the close rate when there are very many connections. */
  get effectiveMaxAgeMs(): number {
    return this.settings.maxAgeMs * this.#policy.stretch(this.#open.size);
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** Of the event loop over the last seconds, 0 to 1. */
  get utilization(): number {
    return this.#relief.utilization;
  }

  /** What senders bring at the moment; to be asked every second or so. */
  weigh(): SenderLoad {
    return this.#relief.weigh(this.#open, performance.now());
  }

  /** Asks connections to leave when this replica carries more than its due; every second or so, after `weigh`. */
  balance(scales: Scales): void {
    this.#relief.relieveFleet(this.#open, scales, performance.now());
  }

  get returns(): ReturnFigures {
    return this.#returns.figures();
  }

  #accept(socket: KnownSocket): void {
    if (socket.destroyed) return;
    const connection = new Connection({ id: ++this.#accepted, socket, lot: Math.random() });
    socket[CONNECTION] = connection;
    this.#open.add(connection);
    this.#instruments.connectionsAccepted.inc();
    socket.on('timeout', () => this.ends(socket, connection.inFlight > 0 ? 'unread_answer' : 'idle_timeout'));
    socket.on('close', () => this.#closed(connection));
  }

  #closed(connection: Connection): void {
    const instruments = this.#instruments;
    this.#open.delete(connection);
    this.#relief.ended(connection);
    if (connection.isProbe) {
      instruments.probeConnectionsClosed.inc();
      return;
    }
    instruments.connectionsClosed.inc({
      reason: connection.ending ?? (this.#isClosing ? 'drain' : 'client'),
    });
    instruments.connectionAge.observe(connection.ageMs(performance.now()) / 1000);
    instruments.connectionRequests.observe(connection.requests);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#relief.relieveLoop(this.#open, nowMs);
    for (const connection of this.#open) connection.read();
    this.#returns.settle(nowMs);
  }
}
