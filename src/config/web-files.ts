/** The files that `tls_server_config` names: read and tried, so that what cannot be served is told before it is. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Parsed } from '../lib/parsed.ts';
import type { Report } from './web-section.ts';
import type { TlsConfig } from './web-tls.ts';

const CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;

/** Reports what keeps a server from using them; each problem names key and file. */
export function checkTlsFiles(tls: TlsConfig, readFile: (path: string) => string, report: Report): void {
  /** What `parse` makes of the file; undefined, and reported, when nothing can be made of it. */
  const read = <Value>(
    key: string,
    file: string,
    parse: (text: string) => Parsed<Value>,
  ): Value | undefined => {
    const text = textOf(readFile, file);
    const parsed = 'error' in text ? text : parse(text.value);
    if ('value' in parsed) return parsed.value;
    report(`tls_server_config.${key} ${file} ${parsed.error}`);
    return undefined;
  };
  const cert = read('cert_file', tls.certFile, parseCertificates);
  const key = read('key_file', tls.keyFile, parseKey);
  if (tls.clientCaFile !== undefined) read('client_ca_file', tls.clientCaFile, parseCertificates);
  if (cert === undefined || key === undefined) return;
  const problem = cert.first.checkPrivateKey(key)
    ? contextProblem(tls, cert.text, key)
    : `key_file ${tls.keyFile} is not the key of cert_file ${tls.certFile}`;
  if (problem !== undefined) report(`tls_server_config.${problem}`);
}

function textOf(readFile: (path: string) => string, file: string): Parsed<string> {
  try {
    return { value: readFile(file) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { error: `cannot be read (${code ?? message})` };
  }
}

function parseCertificates(text: string): Parsed<{ readonly first: X509Certificate; readonly text: string }> {
  try {
    const [first] = (text.match(CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
    // Node passes over what is no certificate without a word.
    if (first !== undefined) return { value: { first, text } };
  } catch {
    // The same as a file without any.
  }
  return { error: 'is no certificate in PEM form' };
}

function parseKey(text: string): Parsed<KeyObject> {
  try {
    return { value: createPrivateKey(text) };
  } catch {
    const isEncrypted = text.includes('ENCRYPTED');
    return {
      error: isEncrypted
        ? 'is encrypted, expected a key without a password'
        : 'is no private key in PEM form',
    };
  }
}

/** A key that is too short for this OpenSSL, or suites that it lacks. */
function contextProblem(
  { certFile, minVersion, ciphers }: TlsConfig,
  cert: string,
  key: KeyObject,
): string | undefined {
  try {
    const pem = key.export({ type: 'pkcs8', format: 'pem' });
    createSecureContext({ cert, key: pem, minVersion, ...(ciphers === undefined ? {} : { ciphers }) });
    return undefined;
  } catch (error) {
    return `cert_file ${certFile} cannot be served: ${(error as Error).message}`;
  }
}
