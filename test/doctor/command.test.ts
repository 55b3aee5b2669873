/** The sub-command as a whole: exit status, where the words go, and what is no replica. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { freePort } from '../../deploy/local/ports.ts';
import { doctor } from '../../src/doctor/command.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startFakeReplica } from './fake-replica.ts';

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...argv: string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write: (chunk, _encoding, done) => {
        written[name] += chunk;
        done();
      },
    });
  const status = await doctor(argv, { stdout: sink('stdout'), stderr: sink('stderr') });
  return { status, ...written };
}

describe('the exit status', () => {
  test('is 0 and the report on standard output when all is well', async (t) => {
    const { url } = await startFakeReplica(t, { maxAgeSeconds: 60 });
    const { status, stdout, stderr } = await run(url, '--quick');
    assert.match(stdout, /Nothing stands in front[\s\S]*\nhealthy\n$/);
    assert.deepEqual([status, stderr], [0, '']);
  });

  test('is 1 when a problem is found', async (t) => {
    const { url } = await startFakeReplica(t, { maxAgeSeconds: 0 });
    const { status, stdout } = await run(url, '--quick');
    assert.equal(status, 1);
    assert.match(stdout, /1 problem: age_off\n$/);
  });

  test('is 2, with the usage, when the arguments are wrong', async () => {
    const { status, stdout, stderr } = await run('--nonsense', 'vip');
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /--nonsense[\s\S]*Usage: kafka-adapter doctor/);
  });

  test('is 0 for help', async () => {
    const { status, stdout } = await run('--help');
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: kafka-adapter doctor[\s\S]*--expect[\s\S]*Exit status/);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
  });
});

describe('what is no replica', () => {
  test('is nobody who listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { status, stderr } = await run(url);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^${url}: .*ECONNREFUSED\n$`));
  });

  test('is a name that does not resolve', async () => {
    const { status, stderr } = await run('http://no-such-host.invalid');
    assert.equal(status, 1);
    assert.match(stderr, /no-such-host\.invalid/);
  });

  test('is a server without /-/whoami', async (t) => {
    const replica = await startFakeReplica(t);
    replica.instead = () => ({ status: 404, text: 'not found' });
    const { status, stdout, stderr } = await run(replica.url);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /status 404, so it is no kafka-adapter/);
  });

  test('is TLS where none was asked for, and the other way round', async (t) => {
    const { port } = await startFakeReplica(t);
    const { status, stderr } = await run(`https://127.0.0.1:${port}`);
    assert.equal(status, 1);
    assert.match(stderr, /http where https is spoken/);
  });
});

test('says how long it takes before it waits, and nothing of the password in the URL', async (t) => {
  const { port } = await startFakeReplica(t, { maxAgeSeconds: 60 });
  const { stdout, stderr } = await run(`http://me:secret@127.0.0.1:${port}`, '--hold=1s');
  assert.match(stderr, /^this takes about 1 s; --quick leaves out/);
  assert.doesNotMatch(stdout + stderr, /secret/);
  assert.match(stdout, /Waited 1 s of the 80 s/);
});

test('--json writes nothing but JSON to standard output', async (t) => {
  const { url } = await startFakeReplica(t, { maxAgeSeconds: 60 });
  const { stdout } = await run(url, '--quick', '--json', '--expect=1');
  const report = JSON.parse(stdout);
  assert.deepEqual([report.healthy, report.expect, report.url], [true, 1, url]);
});

test('--json writes JSON also when nothing answers, with the reason in it', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { status, stdout, stderr } = await run(url, '--json', '--expect=3');
  assert.equal(status, 1);
  const { problem, ...report } = JSON.parse(stdout);
  assert.deepEqual(report, { url, expect: 3, healthy: false, findings: [] });
  assert.match(problem, /ECONNREFUSED/);
  assert.equal(stderr, `${url}: ${problem}\n`);
});

describe('over TLS', () => {
  async function offering(test: TestContext, ALPNProtocols: string[]) {
    const made = makeCertificate(test);
    if (made === undefined) return undefined;
    const tls = { cert: made.ca, key: readFileSync(made.keyFile, 'utf8'), ALPNProtocols };
    const { url } = await startFakeReplica(test, { maxAgeSeconds: 60, tls });
    return { url, caFile: made.certFile };
  }

  test('an authority that is not known is refused, and --ca-file or --insecure let it through', async (t) => {
    const server = await offering(t, ['http/1.1']);
    if (server === undefined) return;
    const refused = await run(server.url, '--quick');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /SELF_SIGNED.*--ca-file or --insecure/);
    const trusted = await run(server.url, '--quick', `--ca-file=${server.caFile}`, '--json');
    assert.equal(trusted.status, 0, trusted.stderr);
    assert.ok(trusted.stdout.includes('"http2_off"'));
    assert.equal((await run(server.url, '--quick', '--insecure')).status, 0);
  });

  test('HTTP/2 that is offered is a problem', async (t) => {
    const server = await offering(t, ['h2', 'http/1.1']);
    if (server === undefined) return;
    const { status, stdout } = await run(server.url, '--quick', '--insecure');
    assert.equal(status, 1, stdout);
    assert.match(stdout, /1 problem: http2_offered\n$/);
  });

  test('a file of authorities that is not there is said', async () => {
    const { status, stderr } = await run('https://127.0.0.1', '--ca-file=/no/such/file');
    assert.equal(status, 1);
    assert.match(stderr, /\/no\/such\/file/);
  });
});
