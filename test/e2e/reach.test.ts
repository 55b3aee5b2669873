/** The tables of docs/security.md on what is reachable with which credentials: each cell is asked of a running adapter. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import {
  type Attempt,
  type Certificate,
  type Credentials,
  expectedStatus,
  PATHS,
  SETUPS,
  type Setup,
} from '../../docs/reach.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { startAdapter } from '../support/adapter.ts';
import { Authority, hasOpenssl, type IssuedCertificate } from '../support/authority.ts';
import { HEADERS } from '../support/write-request.ts';

const EMPTY = Buffer.from([0]);
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

/** The last of each is the one that is asked everywhere, the others on a few paths. */
const HEADERS_OF: Readonly<Record<Credentials, readonly (string | undefined)[]>> = {
  no: [undefined],
  wrong: [basic('single:wrong'), basic('nobody:right'), 'Bearer wrong', basic('hashed:wrong')],
  right: [basic('single:right'), 'Bearer right', basic('hashed:right')],
};

let folder: string;
let authority: Authority;
let stranger: Authority;
let server: IssuedCertificate;
let clients: Readonly<Record<'wrong' | 'right', IssuedCertificate>>;

before(() => {
  if (!hasOpenssl()) return;
  folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-reach-'));
  authority = new Authority();
  stranger = new Authority('another authority');
  server = authority.issue({ name: 'localhost', alternatives: 'IP:127.0.0.1' });
  clients = { wrong: stranger.issue({ name: 'client' }), right: authority.issue({ name: 'client' }) };
});
after(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
  authority?.remove();
  stranger?.remove();
});

interface Running {
  readonly setup: Setup;
  readonly isLifecycleOn: boolean;
  readonly ports: Readonly<Record<Attempt['address'], number>>;
}

async function start(t: TestContext, setup: Setup, isLifecycleOn: boolean): Promise<Running> {
  const web: Record<string, unknown> = {};
  if (setup.hasUsers) web['basic_auth_users'] = { hashed: hashSync('right', 4) };
  if (setup.clientAuth)
    web['tls_server_config'] = {
      cert_file: server.certFile,
      key_file: server.keyFile,
      client_auth_type: setup.clientAuth,
      client_ca_file: authority.caFile,
    };
  const name = join(folder, setup.name);
  writeFileSync(`${name}.yml`, JSON.stringify(web));
  writeFileSync(`${name}.tokens`, 'right\n');
  const flags = ['--dry-run', `--web.config-file=${name}.yml`];
  if (setup.hasUsers) flags.push(`--http.bearer-tokens-file=${name}.tokens`);
  if (setup.protected) flags.push(`--http.protected=${setup.protected.join()}`);
  if (setup.hasAdminAddress) flags.push('--http.admin-listen-address=127.0.0.1:0');
  if (isLifecycleOn) flags.push('--http.enable-lifecycle');
  const environment = setup.hasUsers
    ? { HTTP_BASIC_AUTH_USERNAME: 'single', HTTP_BASIC_AUTH_PASSWORD: 'right' }
    : {};
  const adapter = await startAdapter(t, { brokers: '', topic: 'metrics', flags, environment });
  const operators = setup.hasAdminAddress ? await adminPort(adapter.process) : adapter.port;
  return { setup, isLifecycleOn, ports: { senders: adapter.port, operators } };
}

async function adminPort(process: { waitFor(pattern: RegExp): Promise<RegExpExecArray> }): Promise<number> {
  const [line] = await process.waitFor(/^\{.*"msg":"listening for operators".*\}$/m);
  return (JSON.parse(line) as { port: number }).port;
}

/** The status; undefined when the connection ends without an answer. */
function ask(
  running: Running,
  attempt: Attempt,
  authorization: string | undefined,
): Promise<number | undefined> {
  const { method } = ROUTES[attempt.path];
  const isWrite = method === 'POST' && !('isLifecycle' in ROUTES[attempt.path]);
  const options = {
    host: '127.0.0.1',
    port: running.ports[attempt.address],
    path: attempt.path,
    method,
    agent: false,
    headers: {
      ...(isWrite ? { ...HEADERS, 'content-length': EMPTY.length } : {}),
      ...(authorization === undefined ? {} : { authorization }),
    },
  };
  return new Promise((resolve) => {
    const sent = running.setup.clientAuth
      ? requestTls({ ...options, ca: readFileSync(authority.caFile), ...shown(attempt.certificate) })
      : requestPlain(options);
    sent.on('error', () => resolve(undefined));
    sent.on('response', (response) => resolve(response.resume().statusCode));
    sent.end(isWrite ? EMPTY : undefined);
  });
}

function shown(certificate: Certificate): { cert?: Buffer; key?: Buffer } {
  if (certificate === 'no') return {};
  const { certFile, keyFile } = clients[certificate];
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

function* attempts({ setup, isLifecycleOn }: Running): Generator<Attempt> {
  const certificates = setup.clientAuth ? (['no', 'wrong', 'right'] as const) : (['no'] as const);
  const addresses = setup.hasAdminAddress ? (['senders', 'operators'] as const) : (['senders'] as const);
  for (const path of PATHS)
    for (const certificate of certificates)
      for (const address of addresses)
        for (const credentials of ['no', 'wrong', 'right'] as const)
          yield { path, isLifecycleOn, certificate, address, credentials };
}

describe('what is reachable', { concurrency: 2, skip: !hasOpenssl() }, () => {
  for (const setup of SETUPS) {
    for (const isLifecycleOn of [false, true]) {
      const lifecycle = isLifecycleOn ? 'on' : 'off';
      test(`with ${setup.name} (${setup.words}) and lifecycle ${lifecycle} is what the tables say`, async (t) => {
        const running = await start(t, setup, isLifecycleOn);
        const wrong: string[] = [];
        let asked = 0;
        for (const attempt of attempts(running)) {
          const expected = expectedStatus(setup, attempt);
          // Each kind of credential on the paths of two groups, one kind on all.
          const isLong = ['/receive', '/metrics'].includes(attempt.path) && attempt.certificate !== 'wrong';
          for (const header of HEADERS_OF[attempt.credentials].slice(isLong ? 0 : -1)) {
            const status = await ask(running, attempt, header);
            asked++;
            if (status !== expected)
              wrong.push(`${JSON.stringify(attempt)} ${header}: ${status}, not ${expected}`);
          }
        }
        assert.deepEqual(wrong, []);
        t.diagnostic(`${asked} requests`);
      });
    }
  }
});
