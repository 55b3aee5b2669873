/** The units: what systemd finds right and tight, what the files say of the options, a restart that waits for readiness. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/local/ports.ts';
import { knownVariables } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseDuration } from '../../src/lib/units.ts';
import { temporaryDirectory } from '../support/balancers.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/process.ts';
import { findTool, ran } from '../support/tools.ts';
import { changed, shipped, shippedPath } from './shipped.ts';

const UNITS = ['kafka-adapter.service', 'kafka-adapter@.service'];
const PROGRAM = '/opt/kafka-adapter/bin/kafka-adapter';
/** The most that `systemd-analyze security` may say, of 10. */
const MOST_EXPOSED = 2;

const unit = (name: string): string => shipped(`systemd/${name}`);

/** All values of a key, in their order. */
function valuesOf(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!);
}

function settings(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** The units with a program that there is, and the secrets as a drop-in of each. */
async function installed(t: TestContext): Promise<readonly string[]> {
  const directory = await temporaryDirectory(t, 'systemd');
  for (const name of UNITS) {
    await writeFile(join(directory, name), changed(unit(name), [[PROGRAM, process.execPath]]));
    await mkdir(join(directory, `${name}.d`));
    await writeFile(join(directory, `${name}.d`, 'secrets.conf'), unit('secrets.conf'));
  }
  return UNITS.map((name) => join(directory, name.replace('@', '@8081')));
}

/** An instance of a template is asked for by the file of the template. */
const fileOf = (path: string): string => path.replace('@8081', '@');

describe('deploy/systemd: systemd-analyze', () => {
  test('finds the units and the drop-in right', async (t) => {
    const command = findTool(t, { name: 'systemd-analyze' });
    if (command === undefined) return;
    for (const path of await installed(t)) {
      const { status, output } = ran(command, ['verify', '--man=no', fileOf(path)]);
      // The machine may have units of its own, about which there is something to say.
      const ours = output.split('\n').filter((line) => line.includes('kafka-adapter'));
      assert.deepEqual([status, ours], [0, []], output);
    }
  });

  test('would find a key that there is not', async (t) => {
    const command = findTool(t, { name: 'systemd-analyze' });
    if (command === undefined) return;
    const [path] = await installed(t);
    for (const file of [path!, `${path}.d/secrets.conf`]) {
      await writeFile(file, `${readFileSync(file, 'utf8')}\n[Service]\nProtectEverything=yes\n`);
      const { output } = ran(command, ['verify', '--man=no', path!]);
      const found = output
        .split('\n')
        .some((line) => line.includes(file) && line.includes("'ProtectEverything'"));
      assert.ok(found, output);
    }
  });

  test(`finds that they expose less than ${MOST_EXPOSED} of 10`, async (t) => {
    const command = findTool(t, { name: 'systemd-analyze' });
    if (command === undefined) return;
    for (const path of await installed(t)) {
      const limit = `--threshold=${MOST_EXPOSED * 10}`;
      const { status, output } = ran(command, ['security', '--offline=true', limit, fileOf(path)]);
      assert.equal(status, 0, output);
      t.diagnostic(output.trim().split('\n').at(-1)!);
    }
  });
});

describe('deploy/systemd: the units', () => {
  for (const name of UNITS) {
    test(`${name} leaves time to drain, reloads what was checked, and never forbids V8 to compile`, () => {
      const loaded = loadConfig({ argv: ['--dry-run'], env: {}, readFile: () => '' });
      assert.ok('config' in loaded);
      const { config } = loaded;
      const drainMs = config['shutdown.drain_delay'] + config['shutdown.timeout'];
      assert.ok(parseDuration(`${valuesOf(unit(name), 'TimeoutStopSec')[0]}s`)! > drainMs);
      const [check, signal] = valuesOf(unit(name), 'ExecReload');
      const [start] = valuesOf(unit(name), 'ExecStart');
      assert.equal(check!.replace(' --check-config', ''), start);
      assert.equal(signal, '/bin/kill -HUP $MAINPID');
      assert.deepEqual(valuesOf(unit(name), 'MemoryDenyWriteExecute'), []);
      assert.deepEqual(valuesOf(unit(name), 'RestartPreventExitStatus'), ['2']);
    });
  }

  test('differ in nothing but the instance', () => {
    const [one, template] = UNITS.map((name) => settings(unit(name)));
    const plain = template!
      .filter((line) => line !== 'EnvironmentFile=-/etc/kafka-adapter/%i.env')
      .map((line) => line.replace(' --http.listen-address=:%i', '').replace(' on port %i', ''));
    assert.deepEqual(plain, one);
  });

  test('start the program with flags that it takes', () => {
    for (const start of UNITS.flatMap((name) => valuesOf(unit(name), 'ExecStart'))) {
      const [program, ...argv] = start.replace('%i', '8081').split(' ');
      assert.equal(program, PROGRAM);
      assert.ok('config' in loadConfig({ argv: ['--dry-run', ...argv], env: {}, readFile: () => '' }), start);
    }
  });
});

/** NAME=value lines, those in comments as well when they are asked for. */
function variables(text: string, inComments = false): Record<string, string> {
  const pattern = inComments ? /^#?([A-Z][A-Z_]+)=(.*)$/gm : /^([A-Z][A-Z_]+)=(.*)$/gm;
  return Object.fromEntries([...text.matchAll(pattern)].map(([, name, value]) => [name!, value!]));
}

describe('deploy/systemd/kafka-adapter.env', () => {
  test('is a configuration without a problem and without a warning', () => {
    const loaded = loadConfig({ argv: [], env: variables(unit('kafka-adapter.env')), readFile: () => '' });
    assert.ok('config' in loaded, JSON.stringify(loaded));
    assert.deepEqual(loaded.warnings, []);
  });

  test('stays one with all that is in comments and with the secrets', () => {
    const secrets = valuesOf(unit('secrets.conf'), '#?Environment')
      .join('\n')
      .replaceAll('%d', '/run/credentials/x');
    const env = { ...variables(unit('kafka-adapter.env'), true), ...variables(secrets) };
    for (const name of Object.keys(env)) assert.ok(knownVariables().includes(name), name);
    const files: Record<string, string> = {
      '/etc/kafka-adapter/config.yml': '',
      '/etc/kafka-adapter/web.yml': '',
      '/run/credentials/x/kafka-sasl-password': 'secret\n',
      '/run/credentials/x/tokens': 'token\n',
    };
    const { KAFKA_TLS_KEY_FILE: _withCertificateOnly, ...rest } = env;
    const loaded = loadConfig({
      argv: [],
      env: rest,
      readFile: (path) => {
        const text = files[path];
        if (text === undefined) throw new Error(`nobody said that there is ${path}`);
        return text;
      },
    });
    assert.ok('config' in loaded, JSON.stringify(loaded));
    assert.equal(loaded.config['kafka.sasl.password'], 'secret');
    assert.deepEqual(loaded.web.tokens, ['token']);
  });
});

test('deploy/systemd/secrets.conf names each secret by the credential that it loads', () => {
  const text = unit('secrets.conf');
  const loaded = valuesOf(text, '#?LoadCredential').map((value) => value.split(':')[0]);
  const named = valuesOf(text, '#?Environment').map((value) => value.split('=%d/')[1]);
  assert.ok(loaded.length >= 3);
  assert.deepEqual(named, loaded);
});

test('deploy/systemd/README.md tells of each file that is there, and of none that is not', () => {
  const named = [...shipped('systemd/README.md').matchAll(/^\| `([\w@.-]+)` \|/gm)].map(([, name]) => name!);
  assert.ok(named.length >= 5);
  for (const name of named) assert.ok(existsSync(shippedPath(`systemd/${name}`)), name);
  for (const name of [...UNITS, 'kafka-adapter.env', 'secrets.conf', 'rolling-restart.sh'])
    assert.ok(named.includes(name), name);
});

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Host {
  /** What systemctl was called with, a line each. */
  readonly calls: () => string[];
  readonly restart: (ports: readonly number[]) => ReturnType<typeof startProcess>;
}

/** A host whose systemctl only notes what it is asked for: the test starts the instances. */
async function makeHost(t: TestContext): Promise<Host> {
  const directory = await temporaryDirectory(t, 'rolling-restart');
  const notes = join(directory, 'calls');
  await writeFile(notes, '');
  await writeFile(join(directory, 'kafka-adapter.env'), '# comment\nKAFKA_TOPIC="metrics"\nDRY_RUN=true\n');
  await writeFile(join(directory, 'systemctl'), `#!/bin/sh\necho "$*" >>'${notes}'\n`);
  await writeFile(join(directory, 'adapter'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  for (const name of ['systemctl', 'adapter']) await chmod(join(directory, name), 0o755);
  const restart = (ports: readonly number[]) =>
    startProcess(t, {
      command: shippedPath('systemd/rolling-restart.sh'),
      args: ports.map(String),
      environment: {
        PATH: [directory, process.env['PATH']].join(delimiter),
        KAFKA_ADAPTER: join(directory, 'adapter'),
        KAFKA_ADAPTER_SETTINGS: directory,
      },
    });
  return { calls: () => readFileSync(notes, 'utf8').split('\n').slice(0, -1), restart };
}

describe('deploy/systemd/rolling-restart.sh', () => {
  test('goes on to the next instance when the one before is ready', async (t) => {
    const { calls, restart } = await makeHost(t);
    const ports = [await freePort(), await freePort()];
    const running = restart(ports);
    for (const [index, port] of ports.entries()) {
      await eventually(() => calls().length === index + 1, { what: `instance ${index} is restarted` });
      assert.deepEqual(calls().at(-1), `restart kafka-adapter@${port}`);
      const instance = startProcess(t, { args: [main, '--dry-run', `--http.listen-address=:${port}`] });
      await instance.waitFor(/"msg":"listening"/);
      await running.waitFor(new RegExp(`^ready: 127\\.0\\.0\\.1:${port}$`, 'm'));
    }
    assert.deepEqual(await running.waitForExit(), { code: 0, signal: null });
  });

  test('without a port says how it is used', async (t) => {
    const { calls, restart } = await makeHost(t);
    const running = restart([]);
    assert.equal((await running.waitForExit()).code, 2);
    assert.match(running.stderr, /^usage: /);
    assert.deepEqual(calls(), []);
  });
});
