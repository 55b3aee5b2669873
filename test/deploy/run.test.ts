/** The runner in front of every npm script: it installs when needed, and is transparent for status and signals. */

import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startProcess } from '../support/process.ts';

const runner = join(import.meta.dirname, '..', '..', 'deploy', 'run.mjs');
const packages = {
  '': { name: 'some' },
  'node_modules/here': { version: '1.0.0', integrity: 'sha512-x', bin: { tool: 'tool.mjs' } },
  'node_modules/elsewhere': { version: '1.0.0', optional: true },
};

/** A repository with the runner, a lock file, a script, and an `npm` that only says that it was called. */
async function setUp(t: TestContext, present: object | undefined) {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'run-test-')));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'deploy'));
  await mkdir(join(root, 'bin'));
  await mkdir(join(root, 'node_modules', 'here'), { recursive: true });
  await copyFile(runner, join(root, 'deploy', 'run.mjs'));
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages }));
  if (present) {
    await writeFile(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: present }));
  }
  await writeFile(join(root, 'bin', 'npm'), '#!/bin/sh\necho "npm was called: $*"\nexit $NPM_STATUS\n');
  await chmod(join(root, 'bin', 'npm'), 0o755);
  const show = 'console.log("ran " + process.argv.slice(2) + " path=" + process.env.PATH);';
  await writeFile(join(root, 'script.mjs'), `/** Shows. */\n${show}\nprocess.exitCode = 5;\n`);
  await writeFile(join(root, 'node_modules', 'here', 'tool.mjs'), `/** Shows. */\n${show}\n`);
  const start = (args: string[], environment: NodeJS.ProcessEnv = {}) =>
    startProcess(t, {
      args: [join(root, 'deploy', 'run.mjs'), ...args],
      environment: {
        PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter),
        NPM_STATUS: '0',
        npm_execpath: undefined,
        npm_lifecycle_event: undefined,
        ...environment,
      },
    });
  return { root, start };
}

const installed = { 'node_modules/here': packages['node_modules/here'] };
const older = { 'node_modules/here': { version: '0.9.0', integrity: 'sha512-x' } };

test('it runs the script with its arguments and exit status, the commands of the packages first on the PATH', async (t) => {
  const { root, start } = await setUp(t, installed);
  const run = start(['script.mjs', 'a', '--b']);
  assert.deepEqual(await run.waitForExit(), { code: 5, signal: null });
  assert.ok(
    run.stdout.startsWith(`ran a,--b path=${join(root, 'node_modules', '.bin')}${delimiter}`),
    run.output,
  );
});

for (const [state, present] of [
  ['are missing', undefined],
  ['have another version than the lock file', older],
  ['lack one package', {}],
] as const) {
  test(`it installs first when the dependencies ${state}`, async (t) => {
    const { start } = await setUp(t, present);
    const run = start(['script.mjs']);
    assert.equal((await run.waitForExit()).code, 5);
    assert.match(run.output, /Installing the dependencies.*npm was called: ci .*ran /s);
  });
}

test('an install that fails ends it with that status and a line that says so', async (t) => {
  const { start } = await setUp(t, undefined);
  const run = start(['script.mjs'], { NPM_STATUS: '9' });
  assert.equal((await run.waitForExit()).code, 9);
  assert.match(run.stderr, /npm ci ended with exit status 9/);
  assert.doesNotMatch(run.output, /ran /);
});

test('with --bin it runs the command of an installed package', async (t) => {
  const { start } = await setUp(t, installed);
  const run = start(['--bin', 'tool', 'x']);
  assert.equal((await run.waitForExit()).code, 0);
  assert.match(run.stdout, /^ran x /);
});

test('with --bin a command that no package has is refused', async (t) => {
  const { start } = await setUp(t, installed);
  const run = start(['--bin', 'other']);
  assert.equal((await run.waitForExit()).code, 127);
  assert.match(run.stderr, /no installed package has the command "other"/);
});

test('it passes a signal on and outlives the child, whose status it takes', async (t) => {
  const { root, start } = await setUp(t, installed);
  const wait = 'setInterval(() => {}, 1000); process.stdout.write("up\\n");';
  const end = 'process.on("SIGTERM", () => { process.stdout.write("bye\\n", () => process.exit(4)); });';
  await writeFile(join(root, 'wait.mjs'), `/** Waits. */\n${end}\n${wait}\n`);
  const run = start(['wait.mjs']);
  await run.waitFor(/up/);
  assert.deepEqual(await run.stop('SIGTERM'), { code: 4, signal: null });
  assert.match(run.stdout, /bye/);
});

test('a child that a signal ended gives 128 and its number', async (t) => {
  const { root, start } = await setUp(t, installed);
  await writeFile(
    join(root, 'wait.mjs'),
    '/** Waits. */\nsetInterval(() => {}, 1000); process.stdout.write("up\\n");\n',
  );
  const run = start(['wait.mjs']);
  await run.waitFor(/up/);
  assert.deepEqual(await run.stop('SIGINT'), { code: 130, signal: null });
});

test('killed outright, it is noticed by a script that listens for it', async (t) => {
  const { root, start } = await setUp(t, installed);
  const listen = 'process.on("disconnect", () => process.stdout.write("alone\\n", () => process.exit()));';
  await writeFile(join(root, 'listen.mjs'), `/** Listens. */\n${listen}\nprocess.stdout.write("up\\n");\n`);
  const run = start(['listen.mjs']);
  await run.waitFor(/up/);
  run.signal('SIGKILL');
  await run.exited;
  assert.match(run.stdout, /alone/);
});

test('behind a proxy Node is told to use it, but never for this machine', async (t) => {
  const { root, start } = await setUp(t, installed);
  const show = 'console.log(process.env.NODE_USE_ENV_PROXY, process.env.NO_PROXY);';
  await writeFile(join(root, 'proxy.mjs'), `/** Shows. */\n${show}\n`);
  const environment = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'inside.example', no_proxy: undefined };
  const run = start(['proxy.mjs'], environment);
  await run.waitForExit();
  assert.match(run.stdout, /^1 inside\.example,localhost,127\.0\.0\.1,::1$/m);
});
