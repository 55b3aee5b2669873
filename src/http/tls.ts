/** TLS of the server: what it shows, and what it asks of clients. */

import type { SecureContextOptions, TLSSocket } from 'node:tls';

/** PEM texts, and settings of node:tls. */
export interface TlsMaterial extends Pick<SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'> {
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates. */
  readonly ca: string | undefined;
  readonly clientCertificate: 'none' | 'asked' | 'required';
  /** Whether a client certificate that is given has to be of `ca`. */
  readonly isClientVerified: boolean;
}

/** Undefined keys would mean something else to node:tls than left out. */
export function contextOptions(material: TlsMaterial): SecureContextOptions {
  const { cert, key, ca, minVersion, maxVersion, ciphers } = material;
  return {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

export function isCertificateAsked({ clientCertificate }: TlsMaterial): boolean {
  return clientCertificate !== 'none';
}

/**
 * What is wrong with the certificate of a client, undefined when nothing is. Judged here and not by node:tls, which
 * knows only "verified or refused".
 */
export function certificateProblem(socket: TLSSocket, material: TlsMaterial): string | undefined {
  const { clientCertificate, isClientVerified } = material;
  if (clientCertificate === 'none') return undefined;
  const isGiven = Object.keys(socket.getPeerCertificate()).length > 0;
  if (!isGiven) return clientCertificate === 'required' ? 'no client certificate' : undefined;
  return isClientVerified && !socket.authorized ? String(socket.authorizationError) : undefined;
}
