/** What to do with a client that sends thousands of requests ahead of their answers: nothing more. */

import type { Server } from 'node:http';
import type { Connections } from '../connection/connections.ts';
import type { ParsedSocket } from './parsed-socket.ts';

/** What Node's parser is told for a request after which the bytes are no HTTP any more (`parserOnIncoming`). */
const UPGRADED = 2;

/**
 * Node parses what it has read of a connection to its end, 64 KiB, and makes objects of all the requests in it, even when
 * the first of them has ended the connection: 30 ms in which nobody else is served. Only an upgrade stops it, so a
 * request too many is told to be one. Where Node has no such parser any more, all is as without this.
 */
export function stopFloods(
  server: Server,
  { connections, isTls }: { connections: Connections; isTls: boolean },
): void {
  server.on(isTls ? 'secureConnection' : 'connection', (socket: ParsedSocket) => {
    const { parser } = socket;
    const take = parser?.onIncoming;
    if (!parser || !take) return;
    parser.onIncoming = (request, isKeptAlive) => {
      const verdict = take(request, isKeptAlive);
      return connections.of(socket)?.ending === 'pipelined' ? UPGRADED : verdict;
    };
  });
}
