/** The one table of routes: path, what it counts as, who may be asked for credentials, on which address it is. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Handler } from '../metrics/table.ts';

/** Names of `http.protected`. Probes have none: a balancer has no password, and all they tell is that it lives. */
export type Group = 'write' | 'operations' | 'status' | 'lifecycle';

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly handler: Handler;
  readonly group?: Group;
  /** With `http.admin_listen_address`: that of senders, that of operators, or either. Without it there is one. */
  readonly address: 'senders' | 'operators' | 'both';
  /** Answered 403 unless `http.enable_lifecycle` is on. */
  readonly isLifecycle?: true;
}

export const ROUTES = {
  '/api/v1/write': { method: 'POST', handler: 'write', group: 'write', address: 'senders' },
  // The path of Telefonica's adapter.
  '/receive': { method: 'POST', handler: 'write', group: 'write', address: 'senders' },
  '/-/healthy': { method: 'GET', handler: 'healthy', address: 'both' },
  '/healthz': { method: 'GET', handler: 'healthy', address: 'both' },
  '/-/ready': { method: 'GET', handler: 'ready', address: 'both' },
  '/-/whoami': { method: 'GET', handler: 'whoami', group: 'operations', address: 'both' },
  '/metrics': { method: 'GET', handler: 'metrics', group: 'operations', address: 'operators' },
  '/': { method: 'GET', handler: 'status', group: 'status', address: 'operators' },
  '/api/v1/status': { method: 'GET', handler: 'status', group: 'status', address: 'operators' },
  '/-/reload': {
    method: 'POST',
    handler: 'reload',
    group: 'lifecycle',
    address: 'operators',
    isLifecycle: true,
  },
  '/-/rebalance': {
    method: 'POST',
    handler: 'rebalance',
    group: 'lifecycle',
    address: 'operators',
    isLifecycle: true,
  },
} as const satisfies Record<string, Route>;

export type Path = keyof typeof ROUTES;

/** False for names that every object inherits, such as `constructor`. */
function isPath(path: string): path is Path {
  return Object.hasOwn(ROUTES, path);
}

/** A refused method on a write path counts as a write. */
export function isWritePath(path: string): boolean {
  return isPath(path) && ROUTES[path].handler === 'write';
}

function groupOf(path: Path): Group | undefined {
  const route: Route = ROUTES[path];
  return route.group;
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Serves a path of the table; `app` answers HEAD like GET without the body. */
export function addRoute(app: FastifyInstance, path: Path, answer: Answer): void {
  const { method, handler } = ROUTES[path];
  app.route({ method, url: path, config: { handlerName: handler, group: groupOf(path) }, handler: answer });
}
