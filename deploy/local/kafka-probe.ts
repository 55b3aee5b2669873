/** Asks a Kafka broker which brokers it knows, in the fewest bytes of its protocol: the surest sign that it serves. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const clientId = 'probe';
const answerTimeoutMs = 2000;

/** Metadata request, version 1, for no topic: https://kafka.apache.org/protocol#The_Messages_Metadata */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(4 + 8 + 2 + clientId.length + 4);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(3, 4);
  request.writeInt16BE(1, 6);
  request.writeInt32BE(1, 8);
  request.writeInt16BE(clientId.length, 12);
  request.write(clientId, 14, 'latin1');
  request.writeInt32BE(0, 14 + clientId.length);
  return request;
}

/** The ports of the brokers in a whole Metadata response of version 1. */
function readPorts(response: Buffer): number[] {
  const ports: number[] = [];
  let at = 12;
  for (let left = response.readInt32BE(8); left > 0; left -= 1) {
    const portAt = at + 6 + response.readInt16BE(at + 4);
    ports.push(response.readInt32BE(portAt));
    const rackLength = response.readInt16BE(portAt + 4);
    at = portAt + 6 + Math.max(rackLength, 0);
  }
  return ports;
}

/** The ports of the brokers that the broker at 127.0.0.1 and this port counts as alive. */
export async function askBrokerPorts(port: number): Promise<number[]> {
  const signal = AbortSignal.timeout(answerTimeoutMs);
  const socket = connect({ host: '127.0.0.1', port, signal });
  try {
    await once(socket, 'connect', { signal });
    socket.write(metadataRequest());
    let response = Buffer.alloc(0);
    for await (const chunk of socket) {
      response = Buffer.concat([response, chunk]);
      if (response.length >= 4 && response.length >= 4 + response.readInt32BE(0)) return readPorts(response);
    }
    throw new Error('the connection was closed without an answer');
  } finally {
    socket.destroy();
  }
}

/** Resolves when the broker at `port` counts all of `expected` as alive; ends without a result when aborted. */
export async function waitForBrokers(port: number, expected: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const ports = await askBrokerPorts(port).catch((): number[] => []);
    if (expected.every((wanted) => ports.includes(wanted))) return;
    // Kafka gives no event to wait for that all its versions share.
    await delay(50, undefined, { signal }).catch(() => {});
  }
}
