/** Which routes ask who is there, by the option `http.protected`. */

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { plainAddress } from '../lib/address.ts';
import { tooManyWait } from './admission.ts';
import type { Guard } from './auth.ts';
import { discardBody } from './body.ts';

/** Asked at each request, since a reload may change it. */
export interface Protection {
  guard(): Guard | undefined;
  /** Names of groups; the option `http.protected`. */
  groups(): readonly string[];
  /** How many requests may wait for a password to be checked; the option `http.queue_length`. */
  queueLength(): number;
}

export function protect(app: FastifyInstance, { guard, groups, queueLength }: Protection): void {
  let waiting = 0;
  const check = async ({ headers, socket }: IncomingMessage): Promise<void> => {
    const checked = guard()?.(headers.authorization, plainAddress(socket.remoteAddress));
    if (checked === undefined) return;
    if (waiting >= queueLength()) {
      checked.catch(() => {});
      throw tooManyWait(queueLength());
    }
    waiting++;
    await checked.finally(() => waiting--);
  };
  app.addHook('onRequest', async (request, reply) => {
    const { group } = request.routeOptions.config;
    if (group === undefined || !groups().includes(group)) return;
    try {
      await check(request.raw);
    } catch (error) {
      // An answer sent while the sender still writes would be lost with the reset that follows.
      if (!(await discardBody(request.raw))) reply.header('connection', 'close');
      throw error;
    }
  });
}
