/** The package as `npm pack` makes it: what is in it, and that it runs where nothing else of the project is. */

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { call } from '../support/adapter.ts';
import { startProcess, type TestHooks, type TestProcess } from '../support/process.ts';
import { findTool, ran } from '../support/tools.ts';
import { body, HEADERS } from '../support/write-request.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  engines: { node: string };
};
const oldest = `${manifest.engines.node.replace('>=', '')}.0`;
const tarball = `kafka-adapter-${manifest.version}.tgz`;

const folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-package-'));
const program = join(folder, 'node_modules', '.bin', 'kafka-adapter');
const installed = join(folder, 'node_modules', 'kafka-adapter');
after(() => rmSync(folder, { recursive: true, force: true }));

/** Node by the name of its line: the oldest that `engines` allows, and the one that this repository pins. */
const NODES: Readonly<Record<string, (t: TestContext) => string | undefined>> = {
  'the oldest Node': (t) => {
    const cached = `node-${oldest}/node_modules/node/bin/node`;
    return findTool(t, { name: `Node ${oldest}`, variable: 'NODE22_BIN', cached });
  },
  'the pinned Node': () => process.execPath,
};

function npm(args: string[], cwd: string): void {
  const { status, output } = ran('npm', args, { cwd });
  assert.equal(status, 0, `npm ${args.join(' ')}\n${output}`);
}

before(() => {
  npm(['pack', '--pack-destination', folder], root);
  // Without scripts and without what only the repository needs, as a careful operator would.
  npm(['install', '--ignore-scripts', '--omit=dev', '--prefer-offline', `./${tarball}`], folder);
});

interface Start {
  readonly node: string;
  readonly args: readonly string[];
}

/** The command of the package, as a shell would start it: its first line asks the PATH for Node. */
function start(t: TestHooks, { node, args }: Start): TestProcess {
  const directory = mkdtempSync(join(folder, 'path-'));
  symlinkSync(node, join(directory, 'node'));
  return startProcess(t, {
    command: program,
    args: [...args],
    directory: folder,
    environment: {
      PATH: [directory, process.env['PATH']].join(delimiter),
      KAFKA_BROKERS: undefined,
      NODE_OPTIONS: undefined,
    },
  });
}

const SERVE = ['--dry-run', '--http.listen-address=127.0.0.1:0', '--shutdown.drain-delay=0'];

for (const [name, nodeOf] of Object.entries(NODES)) {
  describe(`installed into an empty folder, on ${name}`, () => {
    test('--version says the version of package.json', async (t) => {
      const node = nodeOf(t);
      if (node === undefined) return;
      const started = start(t, { node, args: ['--version'] });
      assert.equal((await started.waitForExit()).code, 0, started.output);
      assert.equal(started.stdout, `kafka-adapter ${manifest.version}\n`);
    });

    test('--check-config tells a sound configuration from another', async (t) => {
      const node = nodeOf(t);
      if (node === undefined) return;
      const sound = start(t, { node, args: ['--check-config', '--kafka.brokers=a:9092'] });
      assert.equal((await sound.waitForExit()).code, 0, sound.output);
      assert.equal(sound.output, 'configuration is valid\n');
      const other = start(t, { node, args: ['--check-config', '--kafka.topik=x'] });
      assert.equal((await other.waitForExit()).code, 2);
    });

    test('it serves a write, in a format that is read from a file of the package', async (t) => {
      const node = nodeOf(t);
      if (node === undefined) return;
      const adapter = start(t, { node, args: [...SERVE, '--record.format=avro'] });
      const [, port] = await adapter.waitFor(/"port":(\d+)/);
      const payload = body([{ labels: [['__name__', 'up']], samples: [[1, 1795341600123]] }]);
      const what = { method: 'POST', headers: HEADERS, body: payload };
      assert.equal((await call(`http://127.0.0.1:${port}/api/v1/write`, what)).status, 204);
      assert.deepEqual(await adapter.stop(), { code: 0, signal: null }, adapter.output);
      assert.match(adapter.stdout, /up/);
    });

    test('it has the status page, and the thread that holds passwords against their hashes', async (t) => {
      const node = nodeOf(t);
      if (node === undefined) return;
      const users = join(mkdtempSync(join(folder, 'web-')), 'web.yml');
      writeFileSync(users, JSON.stringify({ basic_auth_users: { me: hashSync('secret', 4) } }));
      const adapter = start(t, { node, args: [...SERVE, `--web.config-file=${users}`] });
      const [, port] = await adapter.waitFor(/"port":(\d+)/);
      const page = await call(`http://127.0.0.1:${port}/`);
      assert.equal(page.status, 200);
      assert.match(page.text, /<style>[^<]+<\/style>[\s\S]*<script type="module">/);
      for (const [password, status] of [
        ['secret', 204],
        ['guessed', 401],
      ] as const) {
        const authorization = `Basic ${btoa(`me:${password}`)}`;
        const what = { method: 'POST', headers: { ...HEADERS, authorization }, body: body([]) };
        assert.equal((await call(`http://127.0.0.1:${port}/api/v1/write`, what)).status, status, password);
      }
    });
  });
}

describe('the package', () => {
  test('needs no newer Node than it says, nor do the packages it brings', (t) => {
    const node = NODES['the oldest Node']!(t);
    if (node === undefined) return;
    assert.equal(ran(node, ['--version']).output.trim(), `v${oldest}`);
    const clean = mkdtempSync(join(folder, 'strict-'));
    const args = ['install', '--engine-strict', '--dry-run', '--prefer-offline', join(folder, tarball)];
    const path = [dirname(node), process.env['PATH']].join(delimiter);
    const { status, output } = ran('env', [`PATH=${path}`, 'npm', ...args], { cwd: clean });
    assert.equal(status, 0, output);
    assert.doesNotMatch(output, /EBADENGINE/);
  });

  test('holds what runs and what operators take, and nothing of the workshop', () => {
    for (const path of [
      'dist/main.js',
      'dist/index.d.ts',
      'proto/prometheus/remote_write_v2.proto',
      'docs/record.schema.json',
      'deploy/grafana/dashboard.json',
      'deploy/prometheus/rules.yml',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
    ])
      assert.ok(existsSync(join(installed, path)), path);
    for (const path of [
      'src',
      'test',
      'deploy/local',
      'deploy/demo',
      'deploy/prometheus/rules.test.yml',
      '.ci',
    ])
      assert.ok(!existsSync(join(installed, path)), path);
  });

  test('is found by npx, which asks no registry for it', () => {
    const { status, output } = ran('npx', ['--no', '--', 'kafka-adapter', '--version'], { cwd: folder });
    assert.deepEqual([status, output], [0, `kafka-adapter ${manifest.version}\n`]);
  });

  test('puts the program where the units of systemd start it, and the units beside it', () => {
    const prefix = join(folder, 'opt', 'kafka-adapter');
    npm(
      [
        'install',
        '--global',
        '--prefix',
        prefix,
        '--ignore-scripts',
        '--prefer-offline',
        join(folder, tarball),
      ],
      folder,
    );
    const units = join(prefix, 'lib', 'node_modules', 'kafka-adapter', 'deploy', 'systemd');
    const unit = readFileSync(join(units, 'kafka-adapter.service'), 'utf8');
    const [, start] = /^ExecStart=\/(\S+)$/m.exec(unit) ?? [];
    assert.equal(ran(join(folder, start!), ['--version']).status, 0);
    assert.ok(statSync(join(units, 'rolling-restart.sh')).mode & 0o100);
  });

  test('has maps that lead a trace to the line of the source', () => {
    for (const file of ['dist/main.js', 'dist/config/load.js']) {
      const { sources } = JSON.parse(readFileSync(join(installed, `${file}.map`), 'utf8')) as {
        sources: string[];
      };
      const expected = file.replace('dist', 'src').replace('.js', '.ts');
      assert.deepEqual(
        sources.map((source) => relative(installed, resolve(installed, dirname(file), source))),
        [expected],
      );
    }
  });

  test('can be imported, with types that its own declarations bear out', async (t) => {
    const directory = join(folder, 'embedding');
    mkdirSync(directory);
    writeFileSync(join(directory, 'embed.ts'), EMBEDDING);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node'];
    const options = ['--ignoreConfig', '--strict', '--module', 'nodenext', '--target', 'es2024', ...types];
    const compiled = ran(process.execPath, [compiler, ...options, join(directory, 'embed.ts')]);
    assert.equal(compiled.status, 0, compiled.output);
    const embedding = startProcess(t, { args: [join(directory, 'embed.js')], directory });
    const [, port] = await embedding.waitFor(/serving on (\d+)/);
    assert.equal((await call(`http://127.0.0.1:${port}/-/ready`)).status, 200);
    assert.deepEqual(await embedding.stop(), { code: 0, signal: null }, embedding.output);
  });
});

const EMBEDDING = `
import { App, createLogger, loadConfig } from 'kafka-adapter';
const loadAgain = () =>
  loadConfig({
    argv: ['--dry-run', '--http.listen-address=127.0.0.1:0', '--shutdown.drain-delay=0'],
    env: {},
    readFile: () => '',
  });
const loaded = loadAgain();
if ('problems' in loaded) throw new Error(loaded.problems.join());
const logger = createLogger({ level: 'info', format: 'json' });
const build = { version: '1', revision: 'x' };
const app: App = new App({ loaded, loadAgain, build, logger, output: process.stdout });
const { port } = await app.start();
process.once('SIGTERM', async () => process.exit((await app.stop()) ? 0 : 1));
console.log(\`serving on \${port}\`);
`;
