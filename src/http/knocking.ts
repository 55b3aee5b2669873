/** The connections that the kernel has accepted and Node has not: closing the port would reset them. */

import type { Server } from 'node:net';

/** Takes them in, for `mostMs` at the longest. */
export async function untilNobodyKnocks(server: Server, mostMs: number): Promise<void> {
  const giveUpMs = performance.now() + mostMs;
  let knocked = true;
  const onConnection = (): void => {
    knocked = true;
  };
  server.on('connection', onConnection);
  // One connection is accepted a turn of the event loop.
  while (knocked && performance.now() < giveUpMs) {
    knocked = false;
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.off('connection', onConnection);
}
