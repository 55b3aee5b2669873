/** What is known of each open connection, kept on its socket from the moment it is accepted. */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const STATE = Symbol('connection state');

interface ConnectionState {
  /** `performance.now()` at accept. */
  readonly bornMs: number;
  requests: number;
}

interface TrackedSocket extends Socket {
  [STATE]?: ConnectionState;
}

export class ConnectionTracker {
  /** Gives every socket that `server` accepts its state. */
  watch(server: Server): void {
    server.on('connection', (socket: TrackedSocket) => {
      socket[STATE] = { bornMs: performance.now(), requests: 0 };
    });
  }

  /** Counts one more request on its connection. A request that was injected has no real socket. */
  countRequest(socket: TrackedSocket): void {
    const state = socket[STATE];
    if (state) state.requests++;
  }

  /** Age in seconds and requests so far, for /-/whoami. */
  describe(socket: TrackedSocket): { ageSeconds: number; requests: number } {
    const state = socket[STATE];
    if (!state) return { ageSeconds: 0, requests: 1 };
    const ageSeconds = Math.round(performance.now() - state.bornMs) / 1000;
    return { ageSeconds, requests: state.requests };
  }
}
