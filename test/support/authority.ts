/** A certificate authority in a temporary folder, made with openssl for the time of a test file. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface IssuedCertificate {
  readonly certFile: string;
  /** PKCS #8, encrypted when a password was asked for. */
  readonly keyFile: string;
  /** Key and certificate in one, as brokers take them. */
  readonly pemFile: string;
}

interface Request {
  /** The common name. */
  readonly name: string;
  /** As in `DNS:localhost,IP:127.0.0.1`. */
  readonly alternatives?: string;
  readonly isExpired?: boolean;
  readonly keyPassword?: string;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
const EXPIRED = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'];
const VALID = ['-days', '2'];

/** False without openssl; then tests fail in CI and are skipped elsewhere. */
export function hasOpenssl(): boolean {
  const found = spawnSync('openssl', ['version']).status === 0;
  if (!found && process.env['CI'] === 'true') throw new Error('there is no openssl (required since CI=true)');
  return found;
}

export class Authority {
  readonly directory = mkdtempSync(join(tmpdir(), 'kafka-adapter-authority-'));
  readonly caFile = join(this.directory, 'ca.pem');
  readonly #keyFile = join(this.directory, 'ca-key.pem');
  readonly #config = join(this.directory, 'ca.cnf');
  #issued = 0;

  constructor(name = 'test authority') {
    const files = ['-keyout', this.#keyFile, '-out', this.caFile];
    this.#openssl('req', '-x509', ...CURVE, '-noenc', '-subj', `/CN=${name}`, ...VALID, ...files);
    writeFileSync(join(this.directory, 'index.txt'), '');
    const settings = [
      `database = ${join(this.directory, 'index.txt')}`,
      `new_certs_dir = ${this.directory}`,
      'default_md = sha256',
      'policy = names',
      'copy_extensions = copy',
      'unique_subject = no',
      'rand_serial = yes',
    ];
    writeFileSync(
      this.#config,
      `[ca]\ndefault_ca = settings\n[settings]\n${settings.join('\n')}\n[names]\ncommonName = supplied\n`,
    );
  }

  issue({ name, alternatives, isExpired = false, keyPassword }: Request): IssuedCertificate {
    const path = (ending: string): string => join(this.directory, `${this.#issued}-${ending}`);
    this.#issued++;
    const [certFile, keyFile, pemFile, request] = ['cert.pem', 'key.pem', 'both.pem', 'request.pem'].map(
      path,
    );
    const extension = alternatives === undefined ? [] : ['-addext', `subjectAltName=${alternatives}`];
    const secrecy = keyPassword === undefined ? ['-noenc'] : ['-passout', `pass:${keyPassword}`];
    const subject = ['-subj', `/CN=${name}`];
    this.#openssl(
      'req',
      '-new',
      ...CURVE,
      ...secrecy,
      ...subject,
      ...extension,
      '-keyout',
      keyFile!,
      '-out',
      request!,
    );
    const signer = ['-cert', this.caFile, '-keyfile', this.#keyFile, '-config', this.#config];
    const dates = isExpired ? EXPIRED : VALID;
    this.#openssl('ca', '-batch', '-notext', ...signer, ...dates, '-in', request!, '-out', certFile!);
    writeFileSync(pemFile!, readFileSync(keyFile!, 'utf8') + readFileSync(certFile!, 'utf8'));
    return { certFile: certFile!, keyFile: keyFile!, pemFile: pemFile! };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #openssl(...args: string[]): void {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  }
}
