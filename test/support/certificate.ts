/** A certificate for 127.0.0.1 and localhost, made with openssl for the time of a test. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { missing } from './tools.ts';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** A file for `web.config_file` that names both. */
  readonly webConfigFile: string;
  /** The certificate as PEM, for those who are to trust it. */
  readonly ca: string;
}

/** Without openssl the test fails in CI and is skipped, with a loud line, elsewhere: then the result is undefined. */
export function makeCertificate(test: TestContext): Certificate | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-adapter-certificate-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  const webConfigFile = join(directory, 'web.yaml');
  writeFileSync(
    webConfigFile,
    JSON.stringify({ tls_server_config: { cert_file: certFile, key_file: keyFile } }),
  );
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', keyFile, '-out', certFile, '-days', '2'];
  const args = ['req', '-x509', ...curve, ...names, ...files];
  const { status, error, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status === 0) return { certFile, keyFile, webConfigFile, ca: readFileSync(certFile, 'utf8') };
  return missing(test, `openssl makes no certificate: ${error ? error.message : stderr}`);
}
