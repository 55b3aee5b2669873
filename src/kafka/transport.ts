/** Connections to brokers through the inner classes of kafkajs: TLS, SASL, versions, one request after another. */

import type { Buffer } from 'node:buffer';
import { logLevel } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import ConnectionPool, { type Connection } from 'kafkajs/src/network/connectionPool.js';
import metadataRequests, { type DecodedMetadata } from 'kafkajs/src/protocol/requests/metadata/index.js';
import type { Logger } from '../lib/logger.ts';
import { Access } from './access.ts';
import { forwardLog } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import { type BrokerProblem, explain } from './explain.ts';
import { NEWEST_PRODUCE, OLDEST_PRODUCE, PRODUCE_KEY } from './produce-protocol.ts';
import { type Api, requestHeader } from './request-header.ts';
import { type Contact, newContact } from './sockets.ts';

const METADATA_KEY = 3;
const NEWEST_METADATA = 6;
/** Kafka wants one even for producers without transactions. */
const TRANSACTION_TIMEOUT_MS = 60_000;

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

interface LinkParts {
  readonly makeBroker: (contact: Contact) => Broker;
  readonly explain: (error: unknown, contact: Contact) => BrokerProblem;
}

/** One broker. It connects at the first request, and again after the connection is lost. */
export class BrokerLink {
  readonly address: BrokerAddress;
  readonly #parts: LinkParts;
  readonly #contact = newContact();
  #broker: Broker;
  #connecting: Promise<void> | undefined;
  /** Why the last try to connect failed; '' when it did not. */
  problem = '';

  constructor(address: BrokerAddress, parts: LinkParts) {
    this.address = address;
    this.#parts = parts;
    this.#broker = parts.makeBroker(this.#contact);
  }

  get isConnected(): boolean {
    return this.#broker.isConnected();
  }

  /** Connects and logs in; rejects with BrokerProblem. */
  connect(): Promise<void> {
    if (this.isConnected) return Promise.resolve();
    this.#connecting ??= this.#connectNow().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /**
   * A connection object of kafkajs is never used for a second connection: it keeps the first bytes of an answer
   * that was cut off, and reads the answers of the next connection as the rest of that one, out of step for ever.
   */
  async #connectNow(): Promise<void> {
    const { connectionPool } = this.#broker;
    const isUsed = connectionPool.pool.some(({ socket }) => socket !== undefined);
    const isOpen = connectionPool.pool.some((connection) => connection.isConnected());
    // Open and yet here: a session that has to log in again.
    if (isUsed && !isOpen) this.#broker = this.#parts.makeBroker(this.#contact);
    try {
      await this.#broker.connect();
      this.#contact.stage = 'greeted';
      this.problem = '';
    } catch (error) {
      const problem = this.#parts.explain(error, this.#contact);
      this.problem = problem.message;
      throw problem;
    }
  }

  /** The newest version of Produce that both sides know. */
  get produceVersion(): number {
    return this.newestVersion({ key: PRODUCE_KEY, newest: NEWEST_PRODUCE });
  }

  /** The newest version that both sides know; 0 as long as there was no connection. */
  newestVersion({ key, newest: ours }: Pick<Api, 'key' | 'newest'>): number {
    const newest = Math.min(ours, this.#broker.versions?.[key]?.maxVersion ?? 0);
    if (key === PRODUCE_KEY && newest < OLDEST_PRODUCE)
      throw new Error('this broker is older than Kafka 0.11');
    return newest;
  }

  async #connection(): Promise<Connection> {
    await this.connect();
    const connection = await this.#broker.connectionPool.getConnection();
    // Only a session that has to log in again after a while is not authenticated here.
    if (!connection.isAuthenticated()) await connection.authenticate();
    return connection;
  }

  /**
   * Topics and partitions with their error codes; nothing is thrown for these. With `allowAutoTopicCreation` brokers
   * create topics, when that is how they are set up. Rejects with BrokerProblem.
   */
  async metadata(topics: readonly string[], allowAutoTopicCreation: boolean): Promise<DecodedMetadata> {
    const connection = await this.#connection();
    const version = this.newestVersion({ key: METADATA_KEY, newest: NEWEST_METADATA });
    const protocol = metadataRequests.protocol({ version });
    const { request, response } = protocol({ topics: [...topics], allowAutoTopicCreation });
    const parse = (decoded: unknown): DecodedMetadata => decoded as DecodedMetadata;
    try {
      return await connection.send({ request, response: { decode: response.decode, parse } });
    } catch (error) {
      throw this.#parts.explain(error, this.#contact);
    }
  }

  /** An id that makes what is produced idempotent. */
  async newProducerId(): Promise<bigint> {
    await this.connect();
    const { producerId } = await this.#broker.initProducerId({ transactionTimeout: TRANSACTION_TIMEOUT_MS });
    return BigInt(producerId);
  }

  produce(pieces: readonly Buffer[]): Promise<Buffer> {
    return this.request({ key: PRODUCE_KEY, name: 'Produce', newest: NEWEST_PRODUCE }, pieces);
  }

  /**
   * Sends a request whose body is `pieces`, written one after the other without being copied together. Resolves to
   * the body of the answer. kafkajs' own way would copy every batch twice.
   */
  async request(api: Api, pieces: readonly Buffer[]): Promise<Buffer> {
    const connection = await this.#connection();
    const apiVersion = this.newestVersion(api);
    const correlationId = connection.nextCorrelationId();
    const entry = { apiKey: api.key, apiName: api.name, apiVersion, correlationId };
    const header = requestHeader({ ...entry, clientId: connection.clientId, body: pieces });
    // What is put into the queue of a lost connection is never sent, and nobody watches its time.
    if (!connection.isConnected()) throw new Error('the connection was lost before the request was sent');
    return new Promise((resolve, reject) => {
      connection.requestQueue.push({
        entry: { ...entry, resolve: ({ payload }) => resolve(payload), reject },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => {
          const { socket } = connection;
          socket!.cork();
          socket!.write(header);
          for (const piece of pieces) socket!.write(piece);
          socket!.uncork();
        },
      });
    });
  }

  /** Cuts the connection at once: what is under way on it is lost, or not. */
  async cut(reason: Error): Promise<void> {
    for (const connection of this.#broker.connectionPool.pool) {
      connection.rejectRequests(reason);
      connection.socket?.destroy();
      await connection.disconnect();
    }
  }
}

/**
 * The queue of kafkajs 2.2.4 arms a timer of 1 ms after each answer and again at its end, for ever, whether anything
 * waits or not: 3 % of a CPU for nothing.
 */
function onlyWhenSomethingWaits({ requestQueue }: Connection): void {
  const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0) schedule();
  };
}

/** Makes links to brokers with the same settings. */
export class Transport {
  readonly #options: ClientOptions;
  readonly #attemptTimeoutMs: number;
  readonly #access: Access;
  readonly #logger: ReturnType<typeof createLogger>;

  /** `attemptTimeoutMs` is how long one request may take before its connection is cut. */
  constructor(options: ClientOptions, attemptTimeoutMs: number, logger: Logger) {
    this.#options = options;
    this.#attemptTimeoutMs = attemptTimeoutMs;
    this.#access = new Access(options, attemptTimeoutMs, logger);
    this.#logger = createLogger({
      level: logLevel.INFO,
      logCreator: () => (entry) => forwardLog(entry, logger),
    });
  }

  /** The brokers to start from. */
  get seeds(): BrokerAddress[] {
    return this.#options.brokers.map((broker) => {
      const colon = broker.lastIndexOf(':');
      return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
    });
  }

  /** As access control lists name this client: `User:adapter`. */
  get user(): string {
    return this.#access.user;
  }

  link(address: BrokerAddress): BrokerLink {
    return new BrokerLink(address, {
      makeBroker: (contact) => this.#broker(address, contact),
      explain: (error, contact) => {
        const broker = `${address.host}:${address.port}`;
        return explain(error, { broker, contact, options: this.#options, user: this.user });
      },
    });
  }

  #broker({ host, port }: BrokerAddress, contact: Contact): Broker {
    const connectionPool = new ConnectionPool({
      host,
      port,
      clientId: this.#options.clientId,
      ...this.#access.settings(contact),
      requestTimeout: this.#attemptTimeoutMs,
      enforceRequestTimeout: true,
      maxInFlightRequests: null,
      logger: this.#logger,
    });
    for (const connection of connectionPool.pool) onlyWhenSomethingWaits(connection);
    return new Broker({
      connectionPool,
      logger: this.#logger,
      authenticationTimeout: this.#attemptTimeoutMs,
    });
  }
}
