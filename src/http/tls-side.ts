/** The TLS side of a server: handshakes that fail, clients without the right certificate, other material later. */

import type { Socket } from 'node:net';
import type { TLSSocket, TlsOptions, Server as TlsServer } from 'node:tls';
import type { Connections } from '../connection/connections.ts';
import type { Logger } from '../lib/logger.ts';
import { certificateProblem, contextOptions, isCertificateAsked, type TlsMaterial } from './tls.ts';

export interface TlsSideParts {
  readonly connections: Connections;
  readonly logger: Logger;
}

export class TlsSide {
  readonly #server: TlsServer;
  readonly #parts: TlsSideParts;
  #material: TlsMaterial;
  /** Below TLS: the server itself forgets those whose handshake is not done. */
  readonly #sockets = new Set<Socket>();

  constructor(server: TlsServer, material: TlsMaterial, parts: TlsSideParts) {
    this.#server = server;
    this.#material = material;
    this.#parts = parts;
    server.on('secureConnection', (socket: TLSSocket) => this.#checkCertificate(socket));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      // Not those who are gone in the middle, as monitors are that only connect.
      if (error.code !== 'ECONNRESET') parts.connections.refuse(socket, 'tls_handshake');
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  #checkCertificate(socket: TLSSocket): void {
    const problem = certificateProblem(socket, this.#material);
    if (problem === undefined) return;
    this.#parts.logger.debug({ peer: socket.remoteAddress, problem }, 'client certificate refused');
    this.#parts.connections.refuse(socket, 'client_certificate');
  }

  /** New connections see other certificates from now on; those that are open live on. */
  use(material: TlsMaterial): void {
    const server = this.#server as TlsServer & TlsOptions;
    server.setSecureContext(contextOptions(material));
    // The context does not hold this one; the server reads it at each handshake.
    server.requestCert = isCertificateAsked(material);
    this.#material = material;
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** HTTP/2 is not offered: it would put all shards of a sender on one connection. */
export function tlsOptions(material: TlsMaterial): TlsOptions {
  const requestCert = isCertificateAsked(material);
  return { ...contextOptions(material), requestCert, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
}
