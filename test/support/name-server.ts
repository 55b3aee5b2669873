/** A name server for tests, as container platforms have one: the addresses of a name, which may change. */

import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TestHooks } from './process.ts';

const HEADER_BYTES = 12;
const TYPE_A = 1;
/** An answer, recursion available; the code is in the low bits. */
const ANSWER_FLAGS = 0x8180;
const NO_SUCH_NAME = 3;
const TTL_SECONDS = 1;

export interface NameServer {
  readonly port: number;
  /** IPv4 addresses by name; nothing else is known. */
  readonly names: Map<string, readonly string[]>;
}

/** Listens on 127.0.0.1; it ends with the test. */
export async function startNameServer(test: TestHooks): Promise<NameServer> {
  const names = new Map<string, readonly string[]>();
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => socket.send(answer(query, names), peer.port, peer.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  test.after(() => socket.close());
  return { port: socket.address().port, names };
}

/** RFC 1035, section 4; queries have one question. */
function answer(query: Buffer, names: ReadonlyMap<string, readonly string[]>): Buffer {
  const labels: string[] = [];
  let position = HEADER_BYTES;
  for (let length = query[position]!; length > 0; length = query[position]!) {
    labels.push(query.toString('latin1', position + 1, position + 1 + length));
    position += 1 + length;
  }
  const isForAddress = query.readUInt16BE(position + 1) === TYPE_A;
  const known = names.get(labels.join('.').toLowerCase());
  const addresses = isForAddress ? (known ?? []) : [];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(known === undefined ? ANSWER_FLAGS | NO_SUCH_NAME : ANSWER_FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, position + 5), ...addresses.map(addressRecord)]);
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  // The name of the question.
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}
