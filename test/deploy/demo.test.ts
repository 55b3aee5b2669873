/** The demo as a user runs it: what it shows is what happens, and whatever ends it, nothing is left. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Forwarder } from '../../deploy/demo/forwarder.ts';
import { Screen } from '../../deploy/demo/screen.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { call } from '../support/adapter.ts';
import { findBalancer } from '../support/balancers.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { findPrometheus } from '../support/prometheus.ts';

const script = join(import.meta.dirname, '..', '..', 'deploy', 'demo', 'main.ts');
const storyWithinMs = 180_000;

/** A demo with a folder for temporary files of its own, which must be empty in the end. */
async function startDemo(t: TestContext, environment: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'demo-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  const picture = join(folder, 'picture.svg');
  const demo = startProcess(t, {
    args: [script, '--fast', `--output=${picture}`],
    isGroup: true,
    environment: {
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
      TMPDIR: temporary,
      ...environment,
    },
  });
  return { demo, temporary, picture };
}

/** A machine with Node and a shell and nothing else. */
async function bareMachine(t: TestContext): Promise<NodeJS.ProcessEnv> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-test-path-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['sh', 'sleep', 'rm']) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    await symlink(stdout.trim(), join(folder, name));
  }
  return {
    PATH: folder,
    HAPROXY_BIN: join(folder, 'haproxy'),
    PROMETHEUS_BIN: join(folder, 'prometheus'),
    JAVA_HOME: undefined,
    KAFKA_HOME: undefined,
    // The user's own settings are not for the replicas of the demo.
    KAFKA_BROKERS: 'kafka.example:9092',
    CONNECTION_MAX_AGE: 'nonsense',
  };
}

/** The shares in percent, replica by replica, in the line of the results that begins with `title`. */
function sharesOf(demo: TestProcess, title: string): number[] {
  const line = demo.stdout.split('\n').find((candidate) => candidate.startsWith(`  ${title}`));
  const shares = [...(line ?? '').slice(title.length).matchAll(/(\d+) %/g)].map(([, share]) => Number(share));
  assert.equal(shares.length, 3, `no line "${title}" in:\n${demo.output}`);
  return shares;
}

/** What a story must have shown, whoever took part. */
async function checkStory(demo: TestProcess, picture: string): Promise<void> {
  assert.deepEqual(sharesOf(demo, '1 replica, age off'), [100, 0, 0]);
  assert.ok(sharesOf(demo, '3 replicas, age off')[0]! >= 95, demo.stdout);
  for (const share of sharesOf(demo, '3 replicas, age 2 s')) assert.ok(share >= 20, demo.stdout);
  assert.match(demo.stdout, /new connections, as curl +replica-1 10x, replica-2 10x, replica-3 10x$/m);
  assert.match(demo.stdout, /one connection, kept +replica-\d 30x$/m);
  const svg = await readFile(picture, 'utf8');
  assertWellFormed(svg);
  for (const name of ['replica-1', 'replica-2', 'replica-3']) {
    assert.match(svg, new RegExp(`<path id="${name}" d="M[\\d .LMZ]+Z"`));
  }
  for (const words of ['share of the samples (%)', 'time (seconds)', 'age off', 'age 2 s']) {
    assert.ok(svg.includes(`>${words}<`), words);
  }
}

/** Elements closed in the order they were opened, attributes quoted, nothing left to escape. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z][\w:-]*="[^"<]*")*) ?(\/?)>/y;
  for (let at = 0; at < svg.length; ) {
    const text = svg.slice(at, svg.indexOf('<', at) < 0 ? undefined : svg.indexOf('<', at));
    assert.doesNotMatch(text, />|&(?!(?:amp|lt|gt|quot);)/);
    at += text.length;
    if (at === svg.length) break;
    tag.lastIndex = at;
    const match = tag.exec(svg);
    assert.ok(match, `no tag: ${svg.slice(at, at + 80)}`);
    const [whole, isEnd, name, , isEmpty] = match;
    if (isEnd) assert.equal(open.pop(), name);
    else if (!isEmpty) open.push(name!);
    at += whole.length;
  }
  assert.deepEqual(open, []);
}

/** The processes below one, however deep. */
function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    all.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child!, ...below(child!)]);
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('without an age everything stays on one replica, with one the shares even out', async (t) => {
  if (!findPrometheus(t) || !findBalancer(t, 'haproxy')) return;
  const { demo, temporary, picture } = await startDemo(t);
  assert.deepEqual(await demo.waitForExit(storyWithinMs), { code: 0, signal: null }, demo.output);
  assert.match(
    demo.stdout,
    /sender +Prometheus \d.*\n +balancer +HAProxy \d.*\n.*\n +Kafka +127\.0\.0\.1:\d+/,
  );
  await checkStory(demo, picture);
  assert.deepEqual(await readdir(temporary), []);
});

test('a machine with nothing but Node shows the same, and is told what is missing', async (t) => {
  const { demo, temporary, picture } = await startDemo(t, await bareMachine(t));
  assert.deepEqual(await demo.waitForExit(storyWithinMs), { code: 0, signal: null }, demo.output);
  assert.match(demo.stdout, /NO KAFKA COULD BE STARTED HERE.+Java 17 or newer is needed.+`docker` is not/s);
  assert.match(
    demo.stdout,
    /sender +a generator .+no Prometheus.+balancer +a small TCP forwarder.+no HAProxy/s,
  );
  await checkStory(demo, picture);
  assert.deepEqual(await readdir(temporary), []);
});

/** A demo in its second act with all its processes. */
async function startAndReachSecondAct(t: TestContext) {
  const started = await startDemo(t);
  await started.demo.waitFor(/^2 of 4/m, storyWithinMs);
  const processes = descendants(started.demo.pid);
  // Three replicas, each with its guard, are the least there can be.
  assert.ok(processes.length >= 6, `only ${processes.length} processes`);
  return { ...started, processes };
}

test('Ctrl-C ends everything before the demo itself, and leaves no file and no picture', async (t) => {
  const { demo, temporary, picture, processes } = await startAndReachSecondAct(t);
  demo.signalGroup('SIGINT');
  assert.deepEqual(await demo.waitForExit(), { code: 130, signal: null });
  assert.deepEqual(processes.filter(isAlive), []);
  assert.deepEqual(await readdir(temporary), []);
  assert.ok(!existsSync(picture));
});

test('killed outright, it takes everything with it', async (t) => {
  const { demo, temporary, processes } = await startAndReachSecondAct(t);
  demo.signal('SIGKILL');
  await eventually(() => !processes.some(isAlive), { what: 'all processes are gone' });
  await eventually(async () => (await readdir(temporary)).length === 0, { what: 'no file is left' });
});

test('what it cannot do is said at once', async (t) => {
  const start = (...args: string[]) => startProcess(t, { args: [script, ...args] });
  const unknown = start('--quick');
  assert.equal((await unknown.waitForExit()).code, 2);
  assert.match(unknown.stderr, /--quick.+npm run demo/s);
  const nowhere = start('--output=/nowhere/demo.svg');
  assert.equal((await nowhere.waitForExit()).code, 1);
  assert.match(nowhere.stdout, /cannot go on.+\/nowhere/s);
  const help = start('--help');
  assert.equal((await help.waitForExit()).code, 0);
  assert.match(help.stdout, /--fast.+--output=FILE/s);
});

test('the forwarder gives connections in turn, and passes over a port that nobody listens on', async (t) => {
  const ports = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const server = createServer((_request, response) => response.end(name)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      return (server.address() as AddressInfo).port;
    }),
  );
  const forwarder = await Forwarder.start([ports[0]!, await freePort(), ports[1]!]);
  t.after(() => forwarder.close());
  const answers: string[] = [];
  for (let count = 0; count < 4; count++) {
    answers.push((await call(`http://127.0.0.1:${forwarder.port}`)).text);
  }
  assert.deepEqual(answers, ['a', 'b', 'a', 'b']);
});

test('on a terminal the moment is drawn over, and text that stays goes above it', () => {
  const out = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 40 });
  const screen = new Screen(out, {});
  const moment = (word: string) => ({ block: [`${word} 1`, `${word} 2`], line: 'unused' });
  screen.show(moment('old'));
  screen.show(moment('new'));
  screen.say('text');
  assert.equal(out.read(), 'old 1\nold 2\n\x1b[2A\x1b[Jnew 1\nnew 2\n\x1b[2A\x1b[Jtext\nnew 1\nnew 2\n');
});

for (const [what, isTTY, environment] of [
  ['a pipe', false, {}],
  ['NO_COLOR', true, { NO_COLOR: '1' }],
  ['CI', true, { CI: 'true' }],
] as const) {
  test(`with ${what} a moment is a plain line`, () => {
    const out = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 40 });
    new Screen(out, environment).show({ block: ['unused'], line: 'plain' });
    assert.equal(out.read(), 'plain\n');
  });
}
