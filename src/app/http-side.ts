/** The HTTP side of an app: the address of senders, maybe one for operators, and what a reload exchanges. */

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance } from 'fastify';
import type { ListenAddress } from '../config/addresses.ts';
import type { Config } from '../config/options.ts';
import { readUsableWeb, type WebConfig } from '../config/web-config.ts';
import type { Connections } from '../connection/connections.ts';
import type { Door } from '../connection/limit.ts';
import { Admission, type AdmissionLimits } from '../http/admission.ts';
import { type Credentials, type Guard, guardOf } from '../http/auth.ts';
import { addLifecycleRoutes } from '../http/lifecycle-routes.ts';
import { Misread } from '../http/misread.ts';
import { addMetricsRoute, addProbeRoutes, type OperationsParts } from '../http/operations-routes.ts';
import { recordHeadersBy } from '../http/record-headers.ts';
import { HttpServer, type ServerParts, type Timeouts } from '../http/server.ts';
import { addStatusRoutes } from '../http/status-routes.ts';
import { addWriteRoutes, type WriteRouteParts } from '../http/write-route.ts';
import type { Logger } from '../lib/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { WritePipeline } from '../pipeline.ts';
import { readStatusPage } from '../status/page.ts';
import type { Replica } from '../status/replica.ts';
import type { Status } from '../status/status.ts';
import { noteMemory } from './memory-note.ts';
import { readTls } from './settings.ts';

export interface HttpSideParts {
  readonly config: Config;
  readonly web: WebConfig;
  readonly connections: Connections;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly replica: () => Replica;
  readonly createPipeline: (config: Config) => WritePipeline;
  readonly snapshot: () => Promise<Status>;
  /** Reads the configuration again; gives the problems for which the old one stays. */
  readonly reload: () => readonly string[];
}

/** What is made of the configuration and exchanged as a whole. */
interface InForce {
  readonly config: Config;
  readonly web: WebConfig;
  readonly write: WriteRouteParts;
  readonly guard: Guard | undefined;
}

type Routes = ServerParts['routes'];

export class HttpSide {
  readonly #parts: HttpSideParts;
  readonly #admission: Admission;
  readonly #misread: Misread;
  #credentials: Credentials | undefined;
  #guard: Guard | undefined;
  #now: InForce;
  /** Where senders and balancers come; everybody, when there is no second one. */
  readonly main: HttpServer;
  readonly admin: HttpServer | undefined;

  constructor(parts: HttpSideParts) {
    this.#parts = parts;
    const { config, web, metrics, logger } = parts;
    this.#admission = new Admission(admissionLimits(config), metrics.instruments);
    this.#misread = new Misread(metrics.instruments, logger);
    this.#now = this.#make(config, web);
    noteMemory(config, web, parts);
    const admin = config['http.admin_listen_address'];
    const write = (app: FastifyInstance): void => addWriteRoutes(app, () => this.#now.write);
    const probes = (app: FastifyInstance): void => addProbeRoutes(app, this.#operations());
    const operators = this.#operatorRoutes();
    this.main = this.#serverAt('main', config['http.listen_address'], [
      write,
      probes,
      ...(admin ? [] : operators),
    ]);
    this.admin = admin && this.#serverAt('admin', admin, [probes, ...operators]);
  }

  /** Files whose change asks for `renew`. */
  get files(): readonly string[] {
    const { config, web } = this.#now;
    const { certFile = '', keyFile = '', clientCaFile = '' } = web.tls ?? {};
    return [config['web.config_file'], config['http.bearer_tokens_file'], certFile, keyFile, clientCaFile];
  }

  /** Reads these files again, whatever has become of the configuration; gives the problems for which the old ones stay. */
  renew(): readonly string[] {
    const { config } = this.#now;
    const { web, problems } = readUsableWeb(config, (path) => readFileSync(path, 'utf8'));
    return problems.length > 0 ? problems : this.tryAdopt(config, web);
  }

  /** Puts another configuration in force; gives the problems for which nothing has changed. */
  tryAdopt(config: Config, web: WebConfig): readonly string[] {
    try {
      this.#adopt(config, web);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  }

  #adopt(config: Config, web: WebConfig): void {
    if (!web.tls !== !this.#now.web.tls)
      throw new Error('TLS cannot be switched on or off without a restart');
    const tls = readTls(web);
    const next = this.#make(config, web);
    for (const server of this.#servers()) {
      if (tls) server.useTls(tls);
      server.useTimeouts(timeouts(config));
    }
    this.#now = next;
    noteMemory(config, web, this.#parts);
    this.#admission.useLimits(admissionLimits(config));
  }

  startDraining(): void {
    this.main.startDraining();
  }

  /** As `HttpServer.close`, the address of operators last, within the same time. */
  async close(timeoutMs: number): Promise<boolean> {
    const endMs = performance.now() + timeoutMs;
    const answered = await this.main.close(timeoutMs);
    await this.admin?.close(Math.max(0, endMs - performance.now()));
    return answered;
  }

  #servers(): readonly HttpServer[] {
    return this.admin ? [this.main, this.admin] : [this.main];
  }

  #make(config: Config, web: WebConfig): InForce {
    const { connections, metrics, logger, createPipeline } = this.#parts;
    return {
      config,
      web,
      write: {
        pipeline: createPipeline(config),
        admission: this.#admission,
        connections,
        misread: this.#misread,
        recordHeaders: recordHeadersBy(config['record.headers']),
        instruments: metrics.instruments,
        logger,
        body: { maxBytes: config['http.max_body_size'], minBytesPerSecond: config['http.min_body_rate'] },
      },
      guard: this.#guardOf(credentialsOf(config, web)),
    };
  }

  /** The one in force when it is for the same: it knows who was found good. */
  #guardOf(credentials: Credentials): Guard | undefined {
    if (!isDeepStrictEqual(credentials, this.#credentials)) {
      this.#credentials = credentials;
      this.#guard = guardOf(credentials);
    }
    return this.#guard;
  }

  #serverAt(door: Door, { host, port }: ListenAddress, routes: Routes): HttpServer {
    const { config, web, connections, metrics, logger } = this.#parts;
    const now = (): Config => this.#now.config;
    return new HttpServer({
      options: {
        host,
        port,
        door,
        maxHeaderBytes: config['http.max_header_size'],
        maxHeaders: config['http.max_headers'],
        ...timeouts(config),
        tls: readTls(web),
      },
      routes,
      protection: {
        guard: () => this.#now.guard,
        groups: () => now()['http.protected'],
        queueLength: () => now()['http.queue_length'],
      },
      unreadBytes: () => now()['http.max_unread_size'],
      connections,
      instruments: metrics.instruments,
      logger,
    });
  }

  #operatorRoutes(): Routes {
    const { connections, logger, snapshot, reload } = this.#parts;
    const isEnabled = (): boolean => this.#now.config['http.enable_lifecycle'];
    return [
      (app) => addMetricsRoute(app, this.#operations()),
      (app) => addStatusRoutes(app, { page: readStatusPage(), snapshot }),
      (app) => addLifecycleRoutes(app, { connections, logger, isEnabled, reload }),
    ];
  }

  #operations(): OperationsParts {
    const { metrics, replica, connections } = this.#parts;
    const drainingStatus = (): number => this.#now.config['ready.draining_status'];
    return { metrics, replica, connections, drainingStatus };
  }
}

function credentialsOf(config: Config, { users, tokens }: WebConfig): Credentials {
  const username = config['http.basic_auth.username'];
  return { users, tokens, username, password: config['http.basic_auth.password'] };
}

function admissionLimits(config: Config): AdmissionLimits {
  return {
    inflightBytes: config['http.max_inflight_size'],
    queueTimeoutMs: config['http.queue_timeout'],
    queueLength: config['http.queue_length'],
  };
}

/** A refused body is read on for some seconds; topics may have to be learned first. */
const SILENCE_MARGIN_MS = 10_000;

function timeouts(config: Config): Timeouts {
  const requestTimeoutMs = config['http.request_timeout'];
  const answerMs = config['http.queue_timeout'] + config['kafka.produce_timeout'];
  return {
    requestTimeoutMs,
    silenceTimeoutMs: requestTimeoutMs + answerMs + SILENCE_MARGIN_MS,
    headersTimeoutMs: config['http.headers_timeout'],
    idleTimeoutMs: config['connection.idle_timeout'],
  };
}
