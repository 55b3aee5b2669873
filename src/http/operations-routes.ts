/** Routes for operators and probes: metrics, health, readiness, and who answers. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toOpenMetrics } from '../lib/openmetrics.ts';
import type { Metrics } from '../metrics.ts';

const TEXT = 'text/plain; charset=utf-8';
const METRICS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text';

/** What readiness depends on, asked at each probe. */
export interface Readiness {
  /** `ready` and `starting` are the replica's own word; `draining` is what balancers match. */
  readonly word: 'ready' | 'starting' | 'draining';
  readonly detail: string;
}

/** Which replica this is and how it sees the connection of the request. */
export interface Identity {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly connectionAgeSeconds: number;
  readonly connectionRequests: number;
}

export interface OperationsParts {
  readonly metrics: Metrics;
  readonly readiness: () => Readiness;
  readonly identify: (request: FastifyRequest) => Identity;
  /** The status of /-/ready while draining; the option `ready.draining_status`. */
  readonly drainingStatus: number;
}

export function addOperationsRoutes(app: FastifyInstance, parts: OperationsParts): void {
  const healthy = { config: { handlerName: 'healthy' as const } };
  app.get('/-/healthy', healthy, (_request, reply) => reply.type(TEXT).send('healthy\n'));
  app.get('/healthz', healthy, () => ({ status: 'UP' }));
  app.get('/-/ready', { config: { handlerName: 'ready' } }, (_request, reply) => ready(reply, parts));
  app.get('/metrics', { config: { handlerName: 'metrics' } }, (request, reply) =>
    scrape(request, reply, parts),
  );
  app.get('/-/whoami', { config: { handlerName: 'whoami' } }, (request, reply) =>
    whoami(request, reply, parts),
  );
}

function ready(reply: FastifyReply, parts: OperationsParts): FastifyReply {
  const { word, detail } = parts.readiness();
  const status = { ready: 200, starting: 503, draining: parts.drainingStatus }[word];
  reply.code(status).type(TEXT);
  return reply.send(detail === '' ? `${word}\n` : `${word}: ${detail}\n`);
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

/** JSON when asked for, one plain line for curl. */
function whoami(request: FastifyRequest, reply: FastifyReply, parts: OperationsParts): FastifyReply {
  const identity = parts.identify(request);
  if (request.headers.accept?.includes('application/json')) return reply.send(identity);
  const { id, localAddress, localPort, peerAddress, peerPort } = identity;
  return reply
    .type(TEXT)
    .send(
      `${id} version ${identity.version} at ${localAddress}:${localPort} answers ${peerAddress}:${peerPort}, request ${identity.connectionRequests} of a connection ${identity.connectionAgeSeconds} s old\n`,
    );
}
