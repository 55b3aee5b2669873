/** Connections to brokers through the inner classes of kafkajs: TLS, SASL, versions, one request after another. */

import type { Buffer } from 'node:buffer';
import { logLevel } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import ConnectionPool, { type Connection } from 'kafkajs/src/network/connectionPool.js';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import metadataRequests, { type DecodedMetadata } from 'kafkajs/src/protocol/requests/metadata/index.js';
import type { Logger } from '../lib/logger.ts';
import { type ClientOptions, forwardLog, saslOptions, tlsOptions } from './client.ts';
import { NEWEST_PRODUCE, OLDEST_PRODUCE, PRODUCE_KEY } from './produce-protocol.ts';
import { requestHeader } from './request-header.ts';

const METADATA_KEY = 3;
const NEWEST_METADATA = 6;
const CONNECT_TIMEOUT_MS = 3000;
/** Kafka wants one even for producers without transactions. */
const TRANSACTION_TIMEOUT_MS = 60_000;

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** One broker. It connects at the first request, and again after the connection is lost. */
export class BrokerLink {
  readonly address: BrokerAddress;
  readonly #makeBroker: () => Broker;
  #broker: Broker;
  #connecting: Promise<void> | undefined;

  constructor(address: BrokerAddress, makeBroker: () => Broker) {
    this.address = address;
    this.#makeBroker = makeBroker;
    this.#broker = makeBroker();
  }

  get isConnected(): boolean {
    return this.#broker.isConnected();
  }

  /** Connects and logs in; rejects with an error of kafkajs. */
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
    if (isUsed && !isOpen) this.#broker = this.#makeBroker();
    await this.#broker.connect();
  }

  /** The newest version of Produce that both sides know. */
  get produceVersion(): number {
    return this.#newestVersion(PRODUCE_KEY, NEWEST_PRODUCE);
  }

  #newestVersion(key: number, ours: number): number {
    const theirs = this.#broker.versions?.[key];
    const newest = Math.min(ours, theirs?.maxVersion ?? 0);
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

  /** Topics and partitions with their error codes; nothing is thrown for these. Asks brokers to create topics that do. */
  async metadata(topics: readonly string[]): Promise<DecodedMetadata> {
    const connection = await this.#connection();
    const version = this.#newestVersion(METADATA_KEY, NEWEST_METADATA);
    const protocol = metadataRequests.protocol({ version });
    const { request, response } = protocol({ topics: [...topics], allowAutoTopicCreation: true });
    const parse = (decoded: unknown): DecodedMetadata => decoded as DecodedMetadata;
    return connection.send({ request, response: { decode: response.decode, parse } });
  }

  /** An id that makes what is produced idempotent. */
  async newProducerId(): Promise<bigint> {
    await this.connect();
    const { producerId } = await this.#broker.initProducerId({ transactionTimeout: TRANSACTION_TIMEOUT_MS });
    return BigInt(producerId);
  }

  /**
   * Sends a Produce request whose body is `pieces`, written one after the other without being copied together.
   * Resolves to the body of the answer. kafkajs' own way would copy every batch twice.
   */
  async produce(pieces: readonly Buffer[]): Promise<Buffer> {
    const connection = await this.#connection();
    const apiVersion = this.produceVersion;
    const correlationId = connection.nextCorrelationId();
    const entry = { apiKey: PRODUCE_KEY, apiName: 'Produce', apiVersion, correlationId };
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
  readonly #logger: ReturnType<typeof createLogger>;

  /** `attemptTimeoutMs` is how long one request may take before its connection is cut. */
  constructor(options: ClientOptions, attemptTimeoutMs: number, logger: Logger) {
    this.#options = options;
    this.#attemptTimeoutMs = attemptTimeoutMs;
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

  link(address: BrokerAddress): BrokerLink {
    return new BrokerLink(address, () => this.#broker(address));
  }

  #broker(address: BrokerAddress): Broker {
    const { clientId, tls, sasl } = this.#options;
    const connectionPool = new ConnectionPool({
      host: address.host,
      port: address.port,
      ssl: tlsOptions(tls) ?? null,
      sasl: saslOptions(sasl) ?? null,
      clientId,
      socketFactory: createSocketFactory(),
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, this.#attemptTimeoutMs),
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
