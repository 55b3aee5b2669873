/** The files that `tls_server_config` names: read and tried, so that what cannot be served is told before it is. */

import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Parsed } from '../lib/parsed.ts';
import { NO_CERTIFICATE, parseCertificate, parseKey, readPem } from '../lib/pem.ts';
import type { Report } from './web-section.ts';
import type { TlsConfig } from './web-tls.ts';

const CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;
const LOCKED = 'is encrypted, expected a key without a password';

/** Reports what keeps a server from using them; each problem names key and file. */
export function checkTlsFiles(tls: TlsConfig, readFile: (path: string) => string, report: Report): void {
  /** What `parse` makes of the file; undefined, and reported, when nothing can be made of it. */
  const read = <Value>(
    key: string,
    file: string,
    parse: (text: string) => Parsed<Value>,
  ): Value | undefined => {
    const text = readPem(file, readFile);
    const parsed = 'error' in text ? text : parse(text.value);
    if ('value' in parsed) return parsed.value;
    report(`tls_server_config.${key} ${file} ${parsed.error}`);
    return undefined;
  };
  const cert = read('cert_file', tls.certFile, parseCertificates);
  const key = read('key_file', tls.keyFile, (pem) => parseKey({ pem, locked: LOCKED }));
  if (tls.clientCaFile !== undefined) read('client_ca_file', tls.clientCaFile, parseCertificates);
  if (cert === undefined || key === undefined) return;
  const problem = cert.first.checkPrivateKey(key)
    ? contextProblem(tls, cert.text, key)
    : `key_file ${tls.keyFile} is not the key of cert_file ${tls.certFile}`;
  if (problem !== undefined) report(`tls_server_config.${problem}`);
}

function parseCertificates(text: string): Parsed<{ readonly first: X509Certificate; readonly text: string }> {
  let first: X509Certificate | undefined;
  for (const [block] of text.matchAll(CERTIFICATE)) {
    const parsed = parseCertificate(block);
    if ('error' in parsed) return parsed;
    first ??= parsed.value;
  }
  // Node passes over what is no certificate without a word.
  return first === undefined ? NO_CERTIFICATE : { value: { first, text } };
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
