/** Certificates and keys as PEM text: what is in them, or what keeps them from use, in words that follow the file's name. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Parsed } from './parsed.ts';

export const NO_CERTIFICATE = { error: 'is no certificate in PEM form' } as const;

export function readPem(file: string, readFile: (path: string) => string): Parsed<string> {
  try {
    return { value: readFile(file) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { error: `cannot be read (${code ?? message})` };
  }
}

/** The first certificate in the text. */
export function parseCertificate(pem: string): Parsed<X509Certificate> {
  try {
    return { value: new X509Certificate(pem) };
  } catch {
    return NO_CERTIFICATE;
  }
}

interface KeyParts {
  readonly pem: string;
  readonly passphrase?: string;
  /** What is said of an encrypted key that the passphrase, or none, does not open. */
  readonly locked: string;
}

export function parseKey({ pem, passphrase, locked }: KeyParts): Parsed<KeyObject> {
  try {
    return { value: createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase }) };
  } catch {
    return { error: pem.includes('ENCRYPTED') ? locked : 'is no private key in PEM form' };
  }
}
