/** Certificates and users of a soak, which are exchanged while it runs. */

import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { Authority, type IssuedCertificate } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestHooks } from '../../support/process.ts';
import { replace } from './faults.ts';
import { secureCall } from './secure-call.ts';

/** For requests that began with the user of before. */
const OVERLAP_MS = 2000;

export class Keys {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-soak-'));
  readonly #authority = new Authority('soak');
  readonly #issued: Readonly<Record<'first' | 'second', IssuedCertificate>>;
  readonly webFile = join(this.#folder, 'web.yml');
  readonly configFile = join(this.#folder, 'config.yml');
  /** The certificate to trust, as PEM: that of the authority of both. */
  readonly ca: string;
  port = 0;
  #user = 0;

  constructor(test: TestHooks) {
    test.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    test.after(() => this.#authority.remove());
    const issue = (name: string): IssuedCertificate =>
      this.#authority.issue({ name, alternatives: 'DNS:localhost,IP:127.0.0.1' });
    this.#issued = { first: issue('first'), second: issue('second') };
    this.ca = readFileSync(this.#authority.caFile, 'utf8');
    this.useCertificate('first');
    this.#writeUsers([0]);
    replace(this.configFile, 'connection: {max_age: 5s}\n');
  }

  /** What the header Authorization has to be now. */
  get authorization(): string {
    return authorizationOf(this.#user);
  }

  /** Certificate and key one after the other: between the two steps the old ones stay in force. */
  useCertificate(which: 'first' | 'second'): void {
    const { certFile, keyFile } = this.#issued[which];
    replace(join(this.#folder, 'cert.pem'), readFileSync(certFile, 'utf8'));
    replace(join(this.#folder, 'key.pem'), readFileSync(keyFile, 'utf8'));
  }

  async exchangeUsers(): Promise<void> {
    const next = this.#user + 1;
    this.#writeUsers([this.#user, next]);
    const { ca, port } = this;
    const isIn = async (): Promise<boolean> => {
      const { status } = await secureCall(
        { ca, port, authorization: authorizationOf(next) },
        { path: '/receive', body: Buffer.from([0]) },
      );
      // An empty request: there is nothing to be written.
      return status === 204;
    };
    await eventually(isIn, { what: 'the next user is known', withinMs: 60_000 });
    this.#user = next;
    await pause(OVERLAP_MS);
    this.#writeUsers([next]);
  }

  #writeUsers(users: readonly number[]): void {
    const section = { cert_file: 'cert.pem', key_file: 'key.pem' };
    const known = Object.fromEntries(users.map((user) => [`user-${user}`, hashSync(`right-${user}`, 6)]));
    replace(this.webFile, JSON.stringify({ tls_server_config: section, basic_auth_users: known }));
  }
}

function authorizationOf(user: number): string {
  return `Basic ${Buffer.from(`user-${user}:right-${user}`).toString('base64')}`;
}
