/** The HTTP side with a delivery that a test controls, no Kafka. */

import { type ConnectionSettings, Connections } from '../../src/connection/connections.ts';
import { measureConnections } from '../../src/connection/gauges.ts';
import type {
  Delivery,
  DroppedRecords,
  RecordFormat,
  RecordHeaders,
  RequestRecords,
} from '../../src/contracts.ts';
import type { AdapterError } from '../../src/errors.ts';
import { Admission } from '../../src/http/admission.ts';
import type { Guard } from '../../src/http/auth.ts';
import { addLifecycleRoutes } from '../../src/http/lifecycle-routes.ts';
import { Misread } from '../../src/http/misread.ts';
import { addMetricsRoute, addProbeRoutes } from '../../src/http/operations-routes.ts';
import { recordHeadersBy } from '../../src/http/record-headers.ts';
import { HttpServer, type ServerOptions } from '../../src/http/server.ts';
import { addStatusRoutes } from '../../src/http/status-routes.ts';
import { addWriteRoutes, type WriteRouteParts } from '../../src/http/write-route.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import type { Logger } from '../../src/lib/logger.ts';
import { Metrics } from '../../src/metrics.ts';
import { WritePipeline } from '../../src/pipeline.ts';
import { destinations } from '../../src/record/destination.ts';
import { JsonFormat } from '../../src/record/json.ts';
import type { Router } from '../../src/record/router.ts';
import { Activity } from '../../src/status/activity.ts';
import { readStatusPage } from '../../src/status/page.ts';
import type { Replica } from '../../src/status/replica.ts';
import { takeSnapshot } from '../../src/status/snapshot.ts';
import type { ContentRules } from '../../src/wire/content-rules.ts';
import type { SeriesLimits } from '../../src/wire/series.ts';
import { TEST_LIMITS } from './series.ts';

export interface Captured {
  readonly topic: string;
  readonly seriesHash: number;
  readonly timestampMs: number;
  readonly value: string;
}

/** Keeps the records of committed requests; a test may decide what `commit` does. */
export class FakeDelivery implements Delivery {
  ready = true;
  state = 'ready';
  readonly records: Captured[] = [];
  /** Of each request that was opened. */
  readonly headers: (RecordHeaders | undefined)[] = [];
  rollbacks = 0;
  /** Thrown at each series, as with a full queue. */
  refusal: AdapterError | undefined;
  /** Topics that have to be learned before anything is written. */
  readonly unknownTopics = new Set<string>();
  /** What the broker is said to have refused. */
  dropped: DroppedRecords = new Map();
  /** Settles as the acknowledgement would. */
  acknowledge: () => Promise<void> = () => Promise.resolve();

  start(): void {}
  learn: () => Promise<void> = () => Promise.resolve(this.unknownTopics.clear());
  async stop(): Promise<void> {}

  open(headers?: RecordHeaders): RequestRecords {
    this.headers.push(headers);
    const pending: Captured[] = [];
    return {
      unknownTopics: this.unknownTopics,
      series: (topic, seriesHash) => {
        if (this.refusal) throw this.refusal;
        const writer = new ByteWriter();
        let at = 0;
        return {
          begin: (timestampMs) => {
            writer.truncate();
            at = timestampMs;
            return writer;
          },
          end: () => pending.push({ topic, seriesHash, timestampMs: at, value: writer.text() }),
        };
      },
      commit: async () => {
        await this.acknowledge();
        this.records.push(...pending);
        return this.dropped;
      },
      rollback: () => {
        this.rollbacks++;
      },
    };
  }
}

const MAX_DECODED_BYTES = 1024 * 1024;
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestServerOptions extends Partial<ServerOptions> {
  readonly maxBodyBytes?: number;
  readonly maxDecodedBytes?: number;
  readonly maxInflightBytes?: number;
  readonly queueTimeoutMs?: number;
  readonly queueLength?: number;
  readonly minBytesPerSecond?: number;
  readonly maxUnreadBytes?: number;
  readonly readiness?: 'ready' | 'starting' | 'draining';
  readonly detail?: string;
  readonly isLifecycleEnabled?: boolean;
  readonly metadataTopic?: string;
  /** As the option `record.headers`; none when left out. */
  readonly recordHeaders?: readonly string[];
  /** `json` when left out. */
  readonly format?: RecordFormat;
  /** Asked for nothing when left out. */
  readonly router?: Router;
  readonly guard?: Guard;
  readonly protected?: readonly string[];
  readonly reload?: () => readonly string[];
  /** Of the write path; says nothing when left out. */
  readonly logger?: Logger;
  readonly rules?: Partial<ContentRules>;
  readonly limits?: Partial<SeriesLimits>;
  /** Connections live for ever unless these say otherwise. */
  readonly connection?: Partial<ConnectionSettings>;
}

/** Nothing ends by itself, and there may be any number. */
export const FOREVER: ConnectionSettings = {
  maxAgeMs: 0,
  maxAgeJitter: 0,
  maxRequests: 0,
  maxCloseRate: 0,
  idleTimeoutMs: 75_000,
  overload: { high: 0, low: 0, minAgeMs: 0 },
  balance: { tolerance: 1, minAgeMs: 0 },
  limits: { total: 0, perPeer: 0, admin: 0 },
};

export interface TestServer {
  readonly server: HttpServer;
  readonly delivery: FakeDelivery;
  /** The value of one line of /metrics, by its name and labels as they stand there. */
  metric(line: string): Promise<number | undefined>;
}

export function testServer(options: TestServerOptions = {}): TestServer {
  const delivery = new FakeDelivery();
  const metrics = new Metrics();
  const { instruments } = metrics;
  const connections = new Connections({ ...FOREVER, ...options.connection }, instruments);
  metrics.beforeScrape(() => measureConnections(connections, instruments));
  const replica = (): Replica => ({
    id: 'test',
    instance: 'instance',
    hostname: 'test',
    version: '0',
    revision: 'unknown',
    startedAt: new Date(),
    readiness: { word: options.readiness ?? 'ready', detail: options.detail ?? '' },
  });
  const write: WriteRouteParts = {
    pipeline: new WritePipeline({
      format: options.format ?? new JsonFormat(),
      delivery,
      instruments,
      topic: 'metrics',
      maxDecodedBytes: options.maxDecodedBytes ?? MAX_DECODED_BYTES,
      router: options.router,
      destinationOf: destinations({ key: 'none', partitionBy: 'series' }),
      metadataTopic: options.metadataTopic ?? '',
      limits: {
        ...TEST_LIMITS,
        labelsPerSeries: 50,
        samplesPerRequest: 1000,
        textBytesPerRequest: options.maxDecodedBytes ?? MAX_DECODED_BYTES,
        ...options.limits,
      },
      rules: { labelNameBytes: 0, labelValueBytes: 0, futureMs: 0, ...options.rules },
    }),
    admission: new Admission(
      {
        inflightBytes: options.maxInflightBytes ?? 16 * 1024 * 1024,
        queueTimeoutMs: options.queueTimeoutMs ?? 0,
        queueLength: options.queueLength ?? 1000,
      },
      instruments,
    ),
    connections,
    misread: new Misread(instruments, options.logger ?? silent),
    recordHeaders: recordHeadersBy(options.recordHeaders ?? []),
    instruments,
    logger: silent,
    body: {
      maxBytes: options.maxBodyBytes ?? 1024 * 1024,
      minBytesPerSecond: options.minBytesPerSecond ?? 0,
    },
  };
  const operations = { metrics, replica, connections, drainingStatus: () => 503 };
  const lifecycle = {
    connections,
    logger: silent,
    isEnabled: () => options.isLifecycleEnabled ?? false,
    reload: options.reload ?? (() => []),
  };
  const snapshot = () =>
    takeSnapshot({
      replica: replica(),
      connections,
      activity: new Activity(instruments),
      instruments,
      topic: 'metrics',
      fleet: undefined,
      configuration: { problems: [], failedSince: null },
    });
  connections.start();
  const server = new HttpServer({
    options: {
      host: '127.0.0.1',
      port: 0,
      requestTimeoutMs: 60_000,
      headersTimeoutMs: 10_000,
      silenceTimeoutMs: 120_000,
      idleTimeoutMs: options.connection?.idleTimeoutMs ?? FOREVER.idleTimeoutMs,
      door: 'main',
      maxHeaderBytes: 16 * 1024,
      maxHeaders: 100,
      tls: undefined,
      ...options,
    },
    routes: [
      (app) => addWriteRoutes(app, () => write),
      (app) => addProbeRoutes(app, operations),
      (app) => addMetricsRoute(app, operations),
      (app) => addLifecycleRoutes(app, lifecycle),
      (app) => addStatusRoutes(app, { page: readStatusPage(), snapshot }),
    ],
    protection: {
      guard: () => options.guard,
      groups: () => options.protected ?? ['write', 'lifecycle'],
      queueLength: () => options.queueLength ?? 1000,
    },
    unreadBytes: () => options.maxUnreadBytes ?? 64 * 1024 * 1024,
    connections,
    instruments,
    logger: silent,
  });
  const metric = async (line: string): Promise<number | undefined> => {
    const found = (await metrics.text()).split('\n').find((candidate) => candidate.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.slice(line.length + 1));
  };
  return { server, delivery, metric };
}
