/** Finds TCP ports that nobody listens on. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** The port listened on for a moment (0 asks for any), or undefined when it is taken. */
async function tryPort(port: number, host: string | undefined): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host });
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const found = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return found;
}

/** A free port of 127.0.0.1: the preferred one when it is free, else any. */
export async function freePort(preferred = 0): Promise<number> {
  const port = (await tryPort(preferred, '127.0.0.1')) ?? (await tryPort(0, '127.0.0.1'));
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
}

/** The first port from `first` on that is free on every address of this machine. */
export async function nextFreePort(first: number): Promise<number> {
  for (let port = first; port < first + 100; port += 1) {
    if ((await tryPort(port, undefined)) !== undefined) return port;
  }
  throw new Error(`no free port from ${first} to ${first + 99}`);
}
