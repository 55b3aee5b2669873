/** Types of the parts of kafkajs 2.2.4 that it does not export; test/kafka/kafkajs-internals.test.ts checks them. */

declare module 'kafkajs/src/loggers/index.js' {
  import type { logCreator } from 'kafkajs';
  export interface InternalLogger {
    namespace(name: string): InternalLogger;
  }
  export function createLogger(options: { level: number; logCreator: logCreator }): InternalLogger;
}

declare module 'kafkajs/src/network/connectionPool.js' {
  import type { Socket } from 'node:net';
  import type { ISocketFactory, KafkaConfig } from 'kafkajs';
  import type { InternalLogger } from 'kafkajs/src/loggers/index.js';

  /** An entry of the queue of a connection: settled by the answer with this correlation id. */
  export interface QueueEntry {
    apiKey: number;
    apiName: string;
    apiVersion: number;
    correlationId: number;
    resolve: (answer: { payload: Buffer; size: number }) => void;
    reject: (error: Error) => void;
  }

  export interface ProtocolRequest<Answer> {
    request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<unknown> };
    response: {
      decode: (payload: Buffer) => Promise<unknown>;
      parse: (decoded: unknown) => Promise<Answer> | Answer;
    };
  }

  export interface Connection {
    clientId: string;
    socket?: Socket;
    isConnected(): boolean;
    isAuthenticated(): boolean;
    authenticate(): Promise<void>;
    nextCorrelationId(): number;
    rejectRequests(error: Error): void;
    disconnect(): Promise<boolean>;
    send<Answer>(request: ProtocolRequest<Answer>): Promise<Answer>;
    requestQueue: {
      push(request: {
        entry: QueueEntry;
        expectResponse: boolean;
        requestTimeout: number | null;
        sendRequest: () => void;
      }): void;
      pending: unknown[];
      scheduleCheckPendingRequests(): void;
    };
  }

  export interface ConnectionPoolOptions {
    host: string;
    port: number;
    ssl?: KafkaConfig['ssl'];
    sasl?: KafkaConfig['sasl'];
    clientId: string;
    socketFactory: ISocketFactory;
    connectionTimeout: number;
    requestTimeout: number;
    enforceRequestTimeout: boolean;
    maxInFlightRequests: number | null;
    logger: InternalLogger;
  }

  export default class ConnectionPool {
    constructor(options: ConnectionPoolOptions);
    pool: Connection[];
    getConnection(): Promise<Connection>;
  }
}

declare module 'kafkajs/src/broker/index.js' {
  import type { InternalLogger } from 'kafkajs/src/loggers/index.js';
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js';

  export type Versions = Readonly<Record<number, { minVersion: number; maxVersion: number } | undefined>>;

  export default class Broker {
    constructor(options: {
      connectionPool: ConnectionPool;
      logger: InternalLogger;
      authenticationTimeout: number;
    });
    connectionPool: ConnectionPool;
    versions: Versions | null;
    isConnected(): boolean;
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    initProducerId(options: {
      transactionTimeout: number;
    }): Promise<{ producerId: string; producerEpoch: number }>;
  }
}

declare module 'kafkajs/src/protocol/requests/metadata/index.js' {
  import type { ProtocolRequest } from 'kafkajs/src/network/connectionPool.js';

  /** What the brokers know; topics and partitions carry their error codes. */
  export interface DecodedMetadata {
    brokers: { nodeId: number; host: string; port: number }[];
    topicMetadata: {
      topicErrorCode: number;
      topic: string;
      partitionMetadata: { partitionErrorCode: number; partitionId: number; leader: number }[];
    }[];
  }

  const metadata: {
    versions: string[];
    protocol(options: {
      version: number;
    }): (request: { topics: string[]; allowAutoTopicCreation: boolean }) => ProtocolRequest<DecodedMetadata>;
  };
  export default metadata;
}
