/** Routes that change what a running replica does; only with `http.enable_lifecycle`. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Connections } from '../connection/connections.ts';
import { AdapterError } from '../errors.ts';
import type { Logger } from '../lib/logger.ts';
import { formatDuration, parseDuration } from '../lib/units.ts';
import { addRoute } from './routes.ts';

const DEFAULT_SPREAD = '30s';
const MAX_SPREAD_MS = 3_600_000;

export interface LifecycleParts {
  readonly connections: Connections;
  readonly logger: Logger;
  /** The option `http.enable_lifecycle`. */
  readonly isEnabled: () => boolean;
  /** Reads the configuration again; gives the problems that kept the old one in place. */
  readonly reload: () => readonly string[];
}

export function addLifecycleRoutes(app: FastifyInstance, parts: LifecycleParts): void {
  addRoute(app, '/-/rebalance', (request, reply) => rebalance(request, reply, parts));
  addRoute(app, '/-/reload', (_request, reply) => reload(reply, parts));
}

function checkEnabled({ isEnabled }: LifecycleParts): void {
  if (!isEnabled())
    throw new AdapterError('lifecycle_disabled', 'not allowed: http.enable_lifecycle is false');
}

function reload(reply: FastifyReply, parts: LifecycleParts): FastifyReply {
  checkEnabled(parts);
  const problems = parts.reload();
  if (problems.length > 0)
    throw new AdapterError('config_invalid', `the old one stays: ${problems.join('; ')}`);
  return reply.code(204).send();
}

/** For the pipeline that scales out: each connection of now is asked once to close, evenly over `spread`. */
function rebalance(request: FastifyRequest, reply: FastifyReply, parts: LifecycleParts): FastifyReply {
  checkEnabled(parts);
  const spread = String((request.query as { spread?: unknown }).spread ?? DEFAULT_SPREAD);
  const spreadMs = parseDuration(spread);
  if (spreadMs === undefined || spreadMs > MAX_SPREAD_MS)
    throw new AdapterError(
      'parameter_invalid',
      `spread=${JSON.stringify(spread.slice(0, 50))} is not a duration up to ${formatDuration(MAX_SPREAD_MS)}, expected a form such as 30s`,
    );
  const connections = parts.connections.rebalance(spreadMs);
  parts.logger.info({ connections, spread }, 'rebalance: every connection is asked to close once');
  return reply.code(202).send({ connections, spreadSeconds: spreadMs / 1000 });
}
