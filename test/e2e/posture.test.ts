/** The posture that the documentation asks containers for: no write permission, no root, no capability, read-only files. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { RunningAdapter } from '../support/adapter.ts';
import { countRecords, createTopic, type TestKafka, testKafka } from '../support/kafka.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { HEADERS } from '../support/write-request.ts';
import { uniqueRequest } from './load.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const NOBODY = 65_532;
const USER = `Basic ${Buffer.from('sender:right').toString('base64')}`;

let kafka: TestKafka;
let folder: string;
let flags: string[];
before(async () => {
  kafka = await testKafka();
  folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-posture-'));
  const file = join(folder, 'web.yml');
  writeFileSync(file, JSON.stringify({ basic_auth_users: { sender: hashSync('right', 4) } }), {
    mode: 0o644,
  });
  flags = [
    '--http.listen-address=127.0.0.1:0',
    '--shutdown.drain-delay=0s',
    '--log.format=json',
    // What needs a thread, and what needs an add-on.
    `--web.config-file=${file}`,
    '--kafka.compression=lz4',
  ];
  spawnSync('chmod', ['755', folder]);
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await kafka.stop();
});

/** Writes, is looked at, reads its configuration again and ends. */
async function assertServes(started: TestProcess, topic: string): Promise<void> {
  const [line] = await started.waitFor(/^\{.*"msg":"listening".*\}$/m);
  const adapter = new RunningAdapter(started, (JSON.parse(line) as { port: number }).port);
  await adapter.waitReady();
  const { payload, samples } = uniqueRequest(0, Date.now());
  const headers = { ...HEADERS, authorization: USER };
  const { status, text } = await adapter.write(payload, { headers });
  assert.equal(status, 204, text);
  assert.equal(await countRecords(kafka.brokers, topic), samples.length);
  for (const path of ['/', '/api/v1/status', '/metrics']) assert.equal((await adapter.get(path)).status, 200);
  started.signal('SIGHUP');
  await started.waitFor(/configuration reloaded/);
  assert.deepEqual(adapter.logged('error'), []);
  assert.deepEqual(await started.stop(), { code: 0, signal: null });
}

describe('the adapter', () => {
  test('writes no file: it does all its work though Node lets it write nowhere', async (t) => {
    const topic = await createTopic(kafka.brokers);
    const permissions = ['--permission', '--allow-fs-read=*', '--allow-addons', '--allow-worker'];
    const started = startProcess(t, {
      args: [...permissions, join(root, 'src/main.ts'), ...flags],
      environment: { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC: topic },
    });
    await assertServes(started, topic);
    assert.doesNotMatch(started.output, /ERR_ACCESS_DENIED/);
  });

  test('needs no root, no capability and nothing that can be written to', async (t) => {
    if (!hasNamespaces(t)) return;
    const topic = await createTopic(kafka.brokers);
    const started = startProcess(t, {
      command: 'unshare',
      args: ['--mount', 'sh', '-c', CONFINED, 'sh', root, insideNode(), ...flags],
      environment: { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC: topic },
    });
    await started.waitFor(/"msg":"listening"/);
    const status = readFileSync(`/proc/${started.pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}\\t`, 'm'));
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    await assertServes(started, topic);
  });
});

/**
 * Every mount read-only, the project where nobody needs a way through the folders of others, no right left; ends with
 * 3 should anything be writable after all.
 */
const CONFINED = `
mount --make-rprivate / && mount --bind "$1" /mnt && cd /mnt || exit 4
for place in $(awk '{ print $2 }' /proc/mounts | sort -ru); do mount -o remount,bind,ro "$place" 2>/dev/null; done
for place in /mnt /tmp /var/tmp /dev/shm "$HOME" /run; do
  if touch "$place/kafka-adapter-writable" 2>/dev/null; then echo "$place is writable"; exit 3; fi
done
node=$2; shift 2
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \\
  "$node" src/main.ts "$@"
`;

/** This Node as it is reached once the project is at /mnt. */
function insideNode(): string {
  const inside = relative(root, process.execPath);
  return inside.startsWith('..') ? process.execPath : join('/mnt', inside);
}

/**
 * Without the tools the test fails in CI and is skipped, with a loud line, elsewhere; where mount namespaces are not
 * allowed, as in most containers, it is skipped.
 */
function hasNamespaces(t: TestContext): boolean {
  const tried = ['unshare --mount true', 'setpriv --clear-groups true'].map((command) => {
    const [name, ...args] = command.split(' ');
    const { status, error } = spawnSync(name!, args);
    return { command, isMissing: error !== undefined, isAllowed: status === 0 };
  });
  const failed = tried.filter(({ isAllowed }) => !isAllowed);
  if (failed.length === 0) return true;
  const problem = `not possible here: ${failed.map(({ command }) => command).join(', ')}`;
  if (process.env['CI'] === 'true' && failed.some(({ isMissing }) => isMissing))
    throw new Error(`${problem} (required since CI=true)`);
  process.stderr.write(`\n!!! SKIPPED, NOT TESTED: ${t.name}\n!!! ${problem}\n\n`);
  t.skip(problem);
  return false;
}
