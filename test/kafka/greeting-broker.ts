/** A broker that greets and acknowledges what is produced; what else is asked it hangs at, or ends the connection. */

import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestHooks } from '../support/process.ts';

const PRODUCE = 0;
const METADATA = 3;
const API_VERSIONS = 18;
/** error_code INT16, then an array: of keys with their oldest and newest version; at last throttle_time_ms INT32. */
const VERSIONS = apiVersions([PRODUCE, 3, 7], [METADATA, 0, 6], [API_VERSIONS, 0, 2]);
/** No topics, no throttling. */
const PRODUCED = Buffer.alloc(8);

export interface GreetingBroker {
  readonly address: string;
  /** What happens at all other requests. */
  otherwise: 'hangs' | 'ends the connection';
}

export async function startGreetingBroker(hooks: Pick<TestHooks, 'after'>): Promise<GreetingBroker> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', (request: Buffer) => answer(socket, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  hooks.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  const broker: GreetingBroker = { address: `127.0.0.1:${port}`, otherwise: 'hangs' };
  /** Small requests that wait for each other come in one piece each. */
  const answer = (socket: Socket, request: Buffer): void => {
    const key = request.readInt16BE(4);
    const body = key === API_VERSIONS ? VERSIONS : key === PRODUCE ? PRODUCED : undefined;
    if (body) socket.write(Buffer.concat([int32(4 + body.length), request.subarray(8, 12), body]));
    else if (broker.otherwise === 'ends the connection') socket.end();
  };
  return broker;
}

function apiVersions(...keys: readonly (readonly [number, number, number])[]): Buffer {
  return Buffer.concat([int16(0), int32(keys.length), ...keys.flat().map(int16), int32(0)]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
