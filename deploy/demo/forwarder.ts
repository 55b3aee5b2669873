/** A layer-4 balancer in few lines, for machines without HAProxy: each connection goes to the next replica in turn. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Forwarder {
  readonly #server: Server;
  readonly #ports: readonly number[];
  readonly #open = new Set<Socket>();
  #next = 0;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer((client) => void this.#accept(client));
  }

  /** Listens on a free port of 127.0.0.1. A port of `ports` that refuses a connection is passed over. */
  static async start(ports: readonly number[]): Promise<Forwarder> {
    const forwarder = new Forwarder(ports);
    forwarder.#server.listen(0, '127.0.0.1');
    await once(forwarder.#server, 'listening');
    return forwarder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #accept(client: Socket): Promise<void> {
    this.#keep(client);
    const replica = await this.#connectNext();
    if (!replica) {
      client.destroy();
      return;
    }
    this.#keep(replica);
    // What came from one side passes to the other before its end does.
    client.pipe(replica).pipe(client);
    client.on('close', () => replica.destroy());
    replica.on('close', () => client.destroySoon());
    if (client.destroyed) replica.destroy();
  }

  async #connectNext(): Promise<Socket | undefined> {
    for (let tries = 0; tries < this.#ports.length; tries += 1) {
      const port = this.#ports[this.#next % this.#ports.length]!;
      this.#next += 1;
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const isConnected = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      if (isConnected) return socket;
    }
    return undefined;
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#open.delete(socket));
  }

  /** Ends every connection too. */
  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }
}
