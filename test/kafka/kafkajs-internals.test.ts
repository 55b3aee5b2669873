/** The inner classes of kafkajs have the shape that src/kafka counts on; when they do not, this says what to do. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { logLevel } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import ConnectionPool, { type Connection, type QueueEntry } from 'kafkajs/src/network/connectionPool.js';
import metadataRequests from 'kafkajs/src/protocol/requests/metadata/index.js';
import { NEWEST_PRODUCE, OLDEST_PRODUCE, PRODUCE_KEY } from '../../src/kafka/produce-protocol.ts';
import { socketFactory } from '../../src/kafka/sockets.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, type TestKafka, testKafka } from '../support/kafka.ts';

const VERSION = '2.2.4';
const METADATA_KEY = 3;
const NEWEST_METADATA = 6;
const WHAT_TO_DO =
  'kafkajs has changed under src/kafka/transport.ts: compare its sources with src/kafka/kafkajs-internals.d.ts, ' +
  'bring both and this test in line, run test/kafka and the fault tests, then pin the new version exactly.';

function assertShape(what: string, value: unknown, shape: Readonly<Record<string, string>>): void {
  for (const [name, type] of Object.entries(shape)) {
    const found = (value as Record<string, unknown> | null | undefined)?.[name];
    const actual = Array.isArray(found) ? 'array' : found === null ? 'null' : typeof found;
    assert.equal(actual, type, `${what}.${name} is ${actual}, not ${type}. ${WHAT_TO_DO}`);
  }
}

const logLines: { level: number; namespace: string; log: Record<string, unknown> }[] = [];
const logger = createLogger({
  level: logLevel.DEBUG,
  logCreator: () => (entry) => void logLines.push(entry as unknown as (typeof logLines)[number]),
});

/** As transport.ts makes them. */
function poolOf(host: string, port: number): ConnectionPool {
  return new ConnectionPool({
    host,
    port,
    clientId: 'shape-test',
    socketFactory: socketFactory({ tls: undefined, serverName: '', timeoutMs: 3000 }),
    connectionTimeout: 3000,
    requestTimeout: 5000,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    logger,
  });
}

const brokerOf = (connectionPool: ConnectionPool): Broker =>
  new Broker({ connectionPool, logger, authenticationTimeout: 5000 });

test('a socket to a broker sends the end of a batch without waiting for its beginning to be acknowledged', (t) => {
  const setNoDelay = t.mock.method(Socket.prototype, 'setNoDelay');
  const open = socketFactory({ tls: undefined, serverName: '', timeoutMs: 3000 });
  const socket = open({ host: '127.0.0.1', port: 9, ssl: null as never, onConnect: () => {} });
  socket.on('error', () => {}).destroy();
  assert.deepEqual(
    setNoDelay.mock.calls.map((call) => call.arguments),
    [[true]],
  );
});

describe('the version of kafkajs', () => {
  test(`is ${VERSION}, the one whose inner classes are used`, () => {
    const installed = createRequire(import.meta.url)('kafkajs/package.json') as { version: string };
    assert.equal(installed.version, VERSION, WHAT_TO_DO);
  });

  test('is pinned exactly', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    assert.equal(manifest.dependencies.kafkajs, VERSION, WHAT_TO_DO);
  });
});

describe('of the inner files', () => {
  test('loggers/index.js makes loggers that hand on namespace, level and message', () => {
    logLines.length = 0;
    const inner = logger.namespace('Inner') as unknown as Record<
      string,
      (message: string, extra: object) => void
    >;
    assertShape('logger', inner, {
      namespace: 'function',
      debug: 'function',
      info: 'function',
      error: 'function',
    });
    inner['error']!('what happened', { broker: 'b:1' });
    const [line] = logLines;
    assert.equal(line?.namespace, 'Inner', WHAT_TO_DO);
    assert.equal(line.level, logLevel.ERROR, WHAT_TO_DO);
    const { message, broker, timestamp } = line.log;
    assert.deepEqual([message, broker, typeof timestamp], ['what happened', 'b:1', 'string'], WHAT_TO_DO);
  });

  test('network/connectionPool.js holds connections, and gives the first one for producing', () => {
    const pool = poolOf('127.0.0.1', 1);
    assertShape('ConnectionPool', pool, { pool: 'array', getConnection: 'function' });
    assert.ok(pool.pool.length > 0, WHAT_TO_DO);
    for (const connection of pool.pool) {
      assertShape('Connection', connection, {
        clientId: 'string',
        isConnected: 'function',
        isAuthenticated: 'function',
        authenticate: 'function',
        nextCorrelationId: 'function',
        rejectRequests: 'function',
        disconnect: 'function',
        send: 'function',
        requestQueue: 'object',
      });
      assertShape('Connection.requestQueue', connection.requestQueue, {
        push: 'function',
        maybeThrottle: 'function',
      });
      assert.equal(connection.isConnected(), false);
      assert.equal(connection.clientId, 'shape-test', WHAT_TO_DO);
    }
  });

  test('network/connection.js counts correlation ids up, one for each connection', () => {
    const [connection] = poolOf('127.0.0.1', 1).pool;
    const first = connection!.nextCorrelationId();
    assert.deepEqual(
      [connection!.nextCorrelationId(), connection!.nextCorrelationId()],
      [first + 1, first + 2],
    );
  });

  test('broker/index.js connects lazily and knows no versions before', () => {
    const pool = poolOf('127.0.0.1', 1);
    const broker = brokerOf(pool);
    assertShape('Broker', broker, {
      isConnected: 'function',
      connect: 'function',
      disconnect: 'function',
      initProducerId: 'function',
      versions: 'null',
    });
    assert.equal(broker.connectionPool, pool, WHAT_TO_DO);
    assert.equal(broker.isConnected(), false);
  });

  test('protocol/requests/metadata/index.js knows the versions up to the one that is spoken', () => {
    const versions = metadataRequests.versions.map(Number);
    for (let version = 0; version <= NEWEST_METADATA; version++) {
      assert.ok(versions.includes(version), `version ${version}. ${WHAT_TO_DO}`);
      const { request, response } = metadataRequests.protocol({ version })({
        topics: ['metrics'],
        allowAutoTopicCreation: true,
      });
      assertShape(`metadata v${version} request`, request, {
        apiKey: 'number',
        apiVersion: 'number',
        encode: 'function',
      });
      assertShape(`metadata v${version} response`, response, { decode: 'function', parse: 'function' });
      assert.deepEqual([request.apiKey, request.apiVersion], [METADATA_KEY, version], WHAT_TO_DO);
    }
  });

  test('index.js of a connection that nobody answers rejects with a message', async () => {
    const broker = brokerOf(poolOf('127.0.0.1', 1));
    await assert.rejects(broker.connect(), /ECONNREFUSED/);
  });
});

describe('against a real broker', () => {
  let kafka: TestKafka;
  let broker: Broker;
  let connection: Connection;
  before(async () => {
    kafka = await testKafka();
    const [host, port] = kafka.brokers.split(',', 1)[0]!.split(':');
    broker = brokerOf(poolOf(host!, Number(port)));
    await broker.connect();
    connection = await broker.connectionPool.getConnection();
  });
  after(async () => {
    await broker.disconnect();
    await kafka.stop();
  });

  test('a broker is connected, and its versions are told by API key', () => {
    assert.equal(broker.isConnected(), true);
    for (const key of [PRODUCE_KEY, METADATA_KEY]) {
      assertShape(`Broker.versions[${key}]`, broker.versions?.[key], {
        minVersion: 'number',
        maxVersion: 'number',
      });
    }
    const { minVersion, maxVersion } = broker.versions![PRODUCE_KEY]!;
    assert.ok(minVersion <= NEWEST_PRODUCE && maxVersion >= OLDEST_PRODUCE);
  });

  test('the first connection of the pool is that of the broker, with its socket', () => {
    assert.equal(connection, broker.connectionPool.pool[0], WHAT_TO_DO);
    assert.equal(connection.isConnected(), true);
    assertShape('Connection.socket', connection.socket, {
      cork: 'function',
      uncork: 'function',
      write: 'function',
      destroy: 'function',
    });
  });

  test('an answer of metadata names brokers, topics, partitions and leaders before it is parsed', async () => {
    const topic = await createTopic(kafka.brokers, { partitions: 2 });
    const { request, response } = metadataRequests.protocol({ version: NEWEST_METADATA })({
      topics: [topic, '?'],
      allowAutoTopicCreation: true,
    });
    const parse = (decoded: unknown) => decoded as Awaited<ReturnType<typeof response.parse>>;
    const answer = await connection.send({ request, response: { decode: response.decode, parse } });
    assertShape('metadata', answer, { brokers: 'array', topicMetadata: 'array' });
    assertShape('metadata.brokers[0]', answer.brokers[0], {
      nodeId: 'number',
      host: 'string',
      port: 'number',
    });
    const found = answer.topicMetadata.find((entry) => entry.topic === topic);
    assertShape('metadata.topicMetadata[0]', found, { topicErrorCode: 'number', partitionMetadata: 'array' });
    assert.equal(found!.partitionMetadata.length, 2);
    for (const partition of found!.partitionMetadata) {
      assertShape('partitionMetadata', partition, {
        partitionErrorCode: 'number',
        partitionId: 'number',
        leader: 'number',
      });
    }
    const refused = answer.topicMetadata.find((entry) => entry.topic === '?');
    assert.equal(refused?.topicErrorCode, 17, `an error of a topic is not thrown. ${WHAT_TO_DO}`);
  });

  test('a producer id is a number in a string', async () => {
    // A broker that has just started says that it is still loading.
    const ask = () => broker.initProducerId({ transactionTimeout: 60_000 }).catch(() => undefined);
    const { producerId, producerEpoch } = await eventually(ask, { what: 'a producer id' });
    assert.match(String(producerId), /^\d+$/, WHAT_TO_DO);
    assert.equal(typeof producerEpoch, 'number', WHAT_TO_DO);
  });

  /** An ApiVersions request of version 0, written by ourselves as transport.ts writes Produce. */
  function pushOwn(own: Connection, sendRequest: (correlationId: number) => void): Promise<Buffer> {
    const correlationId = own.nextCorrelationId();
    return new Promise((resolve, reject) => {
      const entry: QueueEntry = {
        apiKey: 18,
        apiName: 'ApiVersions',
        apiVersion: 0,
        correlationId,
        resolve: ({ payload }) => resolve(payload),
        reject,
      };
      own.requestQueue.push({
        entry,
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => sendRequest(correlationId),
      });
    });
  }

  test('a request pushed by ourselves is settled by the answer with its correlation id', async () => {
    const payload = await pushOwn(connection, (correlationId) => {
      const bytes = Buffer.alloc(14);
      bytes.writeInt32BE(10, 0);
      bytes.writeInt16BE(18, 4);
      bytes.writeInt32BE(correlationId, 8);
      bytes.writeInt16BE(-1, 12);
      connection.socket!.write(bytes);
    });
    assert.equal(payload.readInt16BE(0), 0, `the payload begins behind the correlation id. ${WHAT_TO_DO}`);
    assert.ok(payload.readInt32BE(2) > 10, 'many APIs');
  });

  test('rejectRequests rejects what is under way, and the connection can be used again after disconnect', async () => {
    const own = poolOf(kafka.brokers.split(':')[0]!, Number(kafka.brokers.split(',', 1)[0]!.split(':')[1]));
    const second = brokerOf(own);
    await second.connect();
    const cut = await own.getConnection();
    const pending = pushOwn(cut, () => {});
    cut.rejectRequests(new Error('cut'));
    await assert.rejects(pending, /cut/, WHAT_TO_DO);
    cut.socket!.destroy();
    await cut.disconnect();
    assert.equal(second.isConnected(), false, WHAT_TO_DO);
    await second.connect();
    assert.equal(second.isConnected(), true, WHAT_TO_DO);
    await second.disconnect();
  });
});
