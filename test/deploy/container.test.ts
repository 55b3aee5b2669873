/** The image: its Dockerfile by rule, and carried out without an engine, as a root of its own with nothing else in it. */

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/local/ports.ts';
import { loadConfig } from '../../src/config/load.ts';
import { call } from '../support/adapter.ts';
import {
  assignments,
  build,
  contextFile,
  execForm,
  last,
  letsThrough,
  readDockerfile,
} from '../support/dockerfile.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { findTool, missing, passes, ran } from '../support/tools.ts';
import { body, HEADERS } from '../support/write-request.ts';
import { shippedPath } from './shipped.ts';

const context = fileURLToPath(new URL('../../', import.meta.url));
const ignore = contextFile(context, '.dockerignore');
const stages = readDockerfile(contextFile(context, 'deploy/container/Dockerfile'));
const image = stages.at(-1)!;

const folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-container-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('deploy/container/Dockerfile', () => {
  test('is what hadolint finds right', (t) => {
    const command = findTool(t, { name: 'hadolint' });
    if (command) passes(command, ['--failure-threshold', 'style', shippedPath('container/Dockerfile')]);
  });

  test('runs as a numbered user without rights, by the exec form, and is asked to stop by SIGTERM', () => {
    assert.match(last(image, 'USER').text, /^[1-9]\d+:[1-9]\d+$/);
    assert.equal(execForm(last(image, 'ENTRYPOINT').text).at(-1), 'dist/main.js');
    assert.equal(last(image, 'STOPSIGNAL').text, 'SIGTERM');
    assert.ok(
      !image.instructions.some(({ word }) => word === 'RUN'),
      'the last stage has no shell to run with',
    );
  });

  test('asks for its health often enough, and waits longer than the check itself does', () => {
    const { flags, text } = last(image, 'HEALTHCHECK');
    assert.equal(execForm(text.replace(/^CMD /, '')).at(-1), 'healthcheck');
    assert.ok(Number.parseInt(flags['timeout']!, 10) > 3);
    assert.ok(Number.parseInt(flags['interval']!, 10) <= 10);
  });

  test('says what it is, and exposes the port that the adapter listens on', () => {
    const labels = assignments(image, 'LABEL');
    for (const name of ['title', 'description', 'licenses', 'revision'])
      assert.ok(labels[`org.opencontainers.image.${name}`], name);
    const loaded = loadConfig({ argv: ['--dry-run'], env: {}, readFile: () => '' });
    assert.ok('config' in loaded);
    assert.equal(last(image, 'EXPOSE').text, String(loaded.config['http.listen_address'].port));
  });

  test('leaves the heap to Node and to src/heap.ts', () => {
    const text = contextFile(context, 'deploy/container/Dockerfile');
    assert.doesNotMatch(text, /--max-(old|semi)-space-size|NODE_OPTIONS/);
  });

  test('is built with the line of Node that the repository pins', () => {
    const { devDependencies } = JSON.parse(contextFile(context, 'package.json')) as {
      devDependencies: { node: string };
    };
    const [line] = devDependencies.node.split('.');
    for (const { image: from } of stages) assert.match(from, new RegExp(`(node:|nodejs)${line}\\b`));
  });
});

test('.dockerignore lets through what is copied, and nothing that could be a secret or of the workshop', () => {
  for (const path of [
    'src/main.ts',
    'src/status/page/index.html',
    'proto/prometheus/remote_write_v1.proto',
    'LICENSE',
  ])
    assert.ok(letsThrough(ignore, path), path);
  for (const path of [
    '.git/config',
    'node_modules/yaml/package.json',
    '.env',
    'test/run.ts',
    'dist/main.js',
    'docs/README.md',
  ])
    assert.ok(!letsThrough(ignore, path), path);
});

/** Libraries of the packages libc6, libgcc-s1 and libstdc++6: what the image has beside Node. */
const LIBRARIES = /\/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|util|gcc_s|stdc\+\+))\.so\.\d+$/;

/** The last stage as it would be on top of its image: Node, those libraries, and what the Dockerfile copies. */
function assemble(): string {
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const environment = { ...process.env, PATH: path };
  const root = build(stages, { context, folder, ignore, environment }).get('')!;
  const node = join(root, 'nodejs', 'bin', 'node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  const linked = ran('ldd', [process.execPath]).output.match(/\/\S+\.so\S*/g) ?? [];
  const beside = linked.find((file) => file.includes('libc.so'))!;
  for (const file of new Set([...linked, join(dirname(beside), 'librt.so.1')])) {
    assert.match(file, LIBRARIES);
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(file, join(root, file));
  }
  return root;
}

describe('carried out', () => {
  let root: string | undefined;

  /** Undefined, and the test skipped or failed, where the image cannot be entered. */
  function entered(t: TestContext): string | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      return missing(t, 'only root on Linux can enter the root of an image');
    root ??= assemble();
    return root;
  }

  /** A command inside, with the user, the folder and the variables that the Dockerfile says. */
  function inside(
    t: TestContext,
    command: readonly string[],
    variables: NodeJS.ProcessEnv = {},
  ): TestProcess {
    const [user, group] = last(image, 'USER').text.split(':');
    const place = [`--root=${root}`, `--wd=${last(image, 'WORKDIR').text}`];
    const set = Object.entries({ ...assignments(image, 'ENV'), ...variables }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const rights = [`--setuid=${user}`, `--setgid=${group}`];
    return startProcess(t, {
      command: 'env',
      args: [
        '--ignore-environment',
        `PATH=${process.env['PATH']}`,
        ...set,
        'unshare',
        ...place,
        ...rights,
        '--',
        ...command,
      ],
    });
  }

  test('it holds the program and what that needs, all of it out of its own reach', (t) => {
    const top = entered(t);
    if (top === undefined) return;
    const app = join(top, 'app');
    assert.deepEqual(readdirSync(app).sort(), ['LICENSE', 'dist', 'node_modules', 'package.json', 'proto']);
    for (const name of ['typescript', '@biomejs', 'node', '@types'])
      assert.ok(!existsSync(join(app, 'node_modules', name)), name);
    const writable = readdirSync(app, { recursive: true, encoding: 'utf8' }).filter((path) => {
      const { mode, uid } = statSync(join(app, path));
      return uid !== 0 || (mode & 0o022) !== 0;
    });
    assert.deepEqual(writable, []);
  });

  test('it serves a write with nothing else around, its health check finds it well, and it ends with 0', async (t) => {
    if (entered(t) === undefined) return;
    const port = await freePort();
    const variables = { HTTP_LISTEN_ADDRESS: `127.0.0.1:${port}`, SHUTDOWN_DRAIN_DELAY: '0s' };
    const check = execForm(last(image, 'HEALTHCHECK').text.replace(/^CMD /, ''));
    const early = inside(t, check, variables);
    assert.equal((await early.waitForExit()).code, 1, early.output);
    const adapter = inside(t, [...execForm(last(image, 'ENTRYPOINT').text), '--dry-run'], variables);
    await adapter.waitFor(/"revision":"unknown","msg":"listening"/);
    const payload = body([{ labels: [['__name__', 'up']], samples: [[1, 1795341600123]] }]);
    const url = `http://127.0.0.1:${port}`;
    const written = await call(`${url}/api/v1/write`, { method: 'POST', headers: HEADERS, body: payload });
    assert.equal(written.status, 204);
    assert.equal((await call(`${url}/`)).status, 200);
    await eventually(async () => (await inside(t, check, variables).waitForExit()).code === 0, {
      what: 'the health check finds it well',
    });
    assert.deepEqual(await adapter.stop(), { code: 0, signal: null }, adapter.output);
    assert.match(adapter.stdout, /"name":"up"/);
  });

  test('it tells the version of package.json', async (t) => {
    if (entered(t) === undefined) return;
    const { version } = JSON.parse(contextFile(context, 'package.json')) as { version: string };
    const told = inside(t, [...execForm(last(image, 'ENTRYPOINT').text), '--version']);
    assert.equal((await told.waitForExit()).code, 0, told.output);
    assert.equal(told.stdout, `kafka-adapter ${version}\n`);
  });
});
