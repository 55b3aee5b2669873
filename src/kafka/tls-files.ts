/** Certificates and keys for connections to brokers, read again when their files have changed. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from '../lib/logger.ts';
import type { TlsSettings } from './client-options.ts';

type Files = Pick<TlsSettings, 'caFile' | 'certFile' | 'keyFile' | 'keyPassword'>;

/** A file that cannot be used; the message names its option and what is wrong. */
export class TlsFileError extends Error {}

export class TlsFiles {
  readonly #files: Files;
  readonly #logger: Logger;
  #context: SecureContext | undefined;
  /** Of the files as they were when last read. */
  #stamp = '';

  constructor(files: Files, logger: Logger) {
    this.#files = files;
    this.#logger = logger;
  }

  /**
   * For the next connection. Throws TlsFileError while there has never been a good set of files; later a bad one
   * leaves the last good one in use, since files are replaced one after the other.
   */
  get context(): SecureContext {
    const { caFile, certFile, keyFile } = this.#files;
    // Before the reading: what changes meanwhile is read again the next time.
    const stamp = [caFile, certFile, keyFile].map(stampOf).join();
    if (this.#context && stamp === this.#stamp) return this.#context;
    try {
      const isFirst = this.#context === undefined;
      this.#context = loadFiles(this.#files);
      if (!isFirst) this.#logger.info({}, 'the TLS files for Kafka have changed and were read again');
    } catch (error) {
      if (!this.#context) throw error;
      const { message } = error as Error;
      this.#logger.warn(
        { problem: message },
        'the TLS files for Kafka have changed and cannot be used, the old ones stay in use',
      );
    }
    this.#stamp = stamp;
    return this.#context;
  }
}

function stampOf(file: string): string {
  const stats = file === '' ? undefined : statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : '';
}

function loadFiles(files: Files): SecureContext {
  const ca = readAuthorities('kafka.tls.ca_file', files.caFile);
  const cert = readPem('kafka.tls.cert_file', files.certFile);
  const key = readPem('kafka.tls.key_file', files.keyFile);
  const passphrase = files.keyPassword === '' ? undefined : files.keyPassword;
  if (cert !== undefined && key !== undefined) checkPair(files, cert, key);
  return createSecureContext({ ca, cert, key, passphrase });
}

/** PEM text of authorities, each of which can be read; undefined without a file. */
export function readAuthorities(option: string, file: string): string | undefined {
  const text = readPem(option, file);
  if (text === undefined) return undefined;
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  // Node passes over what is no certificate without a word.
  if (blocks.length === 0) throw new TlsFileError(`${option} ${file} has no certificate in PEM form`);
  for (const block of blocks) parseCertificate(`${option} ${file}`, block);
  return text;
}

function readPem(option: string, file: string): string | undefined {
  if (file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TlsFileError(`${option} ${file} cannot be read (${code})`);
  }
}

function parseCertificate(place: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new TlsFileError(`${place} is no certificate in PEM form`);
  }
}

function checkPair({ certFile, keyFile, keyPassword }: Files, cert: string, key: string): void {
  const certificate = parseCertificate(`kafka.tls.cert_file ${certFile}`, cert);
  const place = `kafka.tls.key_file ${keyFile}`;
  let parsed: ReturnType<typeof createPrivateKey>;
  try {
    parsed = createPrivateKey({ key, passphrase: keyPassword });
  } catch {
    const isEncrypted = key.includes('ENCRYPTED');
    if (!isEncrypted) throw new TlsFileError(`${place} is no private key in PEM form`);
    const problem = keyPassword === '' ? 'is encrypted, and there is no' : 'cannot be decrypted with the';
    throw new TlsFileError(`${place} ${problem} kafka.tls.key_password`);
  }
  if (!certificate.checkPrivateKey(parsed))
    throw new TlsFileError(`${place} is not the key of kafka.tls.cert_file ${certFile}`);
}

/** As brokers name the owner of a certificate: `CN=adapter,O=Example`; '' when it cannot be read. */
export function subjectOf(certFile: string): string {
  try {
    const { subject } = new X509Certificate(readFileSync(certFile));
    return subject.split('\n').reverse().join(',');
  } catch {
    return '';
  }
}
