/** Certificates and keys for connections to brokers, read again when their files have changed. */

import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from '../lib/logger.ts';
import type { Parsed } from '../lib/parsed.ts';
import { parseCertificate, parseKey, readPem } from '../lib/pem.ts';
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
  const cert = pemOf('kafka.tls.cert_file', files.certFile);
  const key = pemOf('kafka.tls.key_file', files.keyFile);
  const passphrase = files.keyPassword === '' ? undefined : files.keyPassword;
  if (cert !== undefined && key !== undefined) checkPair(files, cert, key);
  return createSecureContext({ ca, cert, key, passphrase });
}

/** PEM text of authorities, each of which can be read; undefined without a file. */
export function readAuthorities(option: string, file: string): string | undefined {
  const text = pemOf(option, file);
  if (text === undefined) return undefined;
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  // Node passes over what is no certificate without a word.
  if (blocks.length === 0) throw new TlsFileError(`${option} ${file} has no certificate in PEM form`);
  for (const block of blocks) usable(`${option} ${file}`, parseCertificate(block));
  return text;
}

function pemOf(option: string, file: string): string | undefined {
  return file === '' ? undefined : usable(`${option} ${file}`, readPem(file, readText));
}

function readText(file: string): string {
  return readFileSync(file, 'utf8');
}

/** What was made of the file at `place`; throws TlsFileError when that is nothing. */
function usable<Value>(place: string, parsed: Parsed<Value>): Value {
  if ('error' in parsed) throw new TlsFileError(`${place} ${parsed.error}`);
  return parsed.value;
}

function checkPair({ certFile, keyFile, keyPassword }: Files, cert: string, pem: string): void {
  const certificate = usable(`kafka.tls.cert_file ${certFile}`, parseCertificate(cert));
  const place = `kafka.tls.key_file ${keyFile}`;
  const problem = keyPassword === '' ? 'is encrypted, and there is no' : 'cannot be decrypted with the';
  const locked = `${problem} kafka.tls.key_password`;
  const key = usable(place, parseKey({ pem, passphrase: keyPassword, locked }));
  if (!certificate.checkPrivateKey(key))
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
