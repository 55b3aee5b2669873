/** Routes for operators and probes: metrics, health, readiness, and who answers. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Connections } from '../connection/connections.ts';
import { toOpenMetrics } from '../lib/openmetrics.ts';
import type { Metrics } from '../metrics.ts';
import type { Replica } from '../status/replica.ts';
import { addRoute } from './routes.ts';
import { whoami } from './whoami.ts';

const TEXT = 'text/plain; charset=utf-8';
const METRICS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text';

export interface OperationsParts {
  readonly metrics: Metrics;
  readonly replica: () => Replica;
  readonly connections: Connections;
  /** The status of /-/ready while draining; the option `ready.draining_status`. */
  readonly drainingStatus: () => number;
}

/** What balancers and the doctor ask for. */
export function addProbeRoutes(app: FastifyInstance, parts: OperationsParts): void {
  addRoute(app, '/-/healthy', (_request, reply) => reply.type(TEXT).send('healthy\n'));
  addRoute(app, '/healthz', () => ({ status: 'UP' }));
  addRoute(app, '/-/ready', (_request, reply) => ready(reply, parts));
  addRoute(app, '/-/whoami', (request, reply) => whoami(request, reply, parts));
}

export function addMetricsRoute(app: FastifyInstance, parts: OperationsParts): void {
  addRoute(app, '/metrics', (request, reply) => scrape(request, reply, parts));
}

function ready(reply: FastifyReply, parts: OperationsParts): FastifyReply {
  const { word, detail } = parts.replica().readiness;
  const status = { ready: 200, starting: 503, draining: parts.drainingStatus() }[word];
  reply.code(status).type(TEXT);
  // Balancers look for the word anywhere in the answer, and an error text may well have `already` in it.
  const shown = detail.replace(/ready/gi, 'r-eady');
  return reply.send(shown === '' ? `${word}\n` : `${word}: ${shown}\n`);
}

/** OpenMetrics when the scraper names it, as Prometheus does; the classic text otherwise. */
async function scrape(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: OperationsParts,
): Promise<FastifyReply> {
  const text = await parts.metrics.text();
  if (!request.headers.accept?.includes(OPENMETRICS)) return reply.type(METRICS_TEXT).send(text);
  return reply.type(`${OPENMETRICS}; version=1.0.0; charset=utf-8`).send(toOpenMetrics(text));
}
