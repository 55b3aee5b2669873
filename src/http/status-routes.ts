/** The status page and the JSON that it shows. */

import type { FastifyInstance } from 'fastify';
import type { StatusPage } from '../status/page.ts';
import type { Status } from '../status/status.ts';
import { addRoute } from './routes.ts';

export interface StatusParts {
  readonly page: StatusPage;
  readonly snapshot: () => Promise<Status>;
}

export function addStatusRoutes(app: FastifyInstance, { page, snapshot }: StatusParts): void {
  addRoute(app, '/', (_request, reply) =>
    reply
      .headers({
        'content-security-policy': page.contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      })
      .type('text/html; charset=utf-8')
      .send(page.html),
  );
  addRoute(app, '/api/v1/status', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(await snapshot()),
  );
}
