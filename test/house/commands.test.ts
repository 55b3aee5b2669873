/** Every command that the documentation shows is run by a test, run right here, or says why nothing runs it. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { startProcess } from '../support/process.ts';
import { findTool } from '../support/tools.ts';
import { blocksOf, type Command, commandsOf, PAGES, root, textOf } from './pages.ts';

interface RunElsewhere {
  readonly command: RegExp;
  /** Path below test/ without its ending, or a file of the project. */
  readonly by: string;
  /** What that file has in it because it runs the command. */
  readonly names: string;
}

/** `npm run` and the name of a script are taken apart: what the script starts is what the test has to name. */
const RUN_ELSEWHERE: readonly RunElsewhere[] = [
  {
    command: /^(KAFKA_TOPIC=\S+ SERIALIZATION_FORMAT=\S+ )?npm start$/,
    by: 'deploy/launcher',
    names: 'launch-fake',
  },
  {
    command:
      /^(KAFKA_BROKERS=\S+ KAFKA_TOPIC=\S+ npm start|npm start -- --kafka\.brokers=\S+ --http\.listen-address=\S+)$/,
    by: 'deploy/launcher',
    names: 'with brokers given',
  },
  { command: /^npm test$/, by: '.ci/run', names: 'npm test' },
  {
    command: /^npm (run (check|unit)|test -- .+)$/,
    by: 'test/run.ts',
    names: '--only=check|unit|integration|e2e',
  },
  { command: /^npm run demo$/, by: 'deploy/demo', names: "'deploy', 'demo', 'main.ts'" },
  { command: /^npm run build$/, by: 'deploy/package', names: "'pack'" },
  { command: /^npm run docs$/, by: 'house/documents', names: 'pages()' },
  { command: /^npm run bench -- sizes$/, by: 'bench/sizes', names: 'measureSizes' },
  { command: /^npm run bench -- soak --minutes=30$/, by: 'e2e/soak', names: 'soak' },
  { command: /^npm run bench -- fleet$/, by: 'fleet/simulation', names: 'bench/fleet/summary' },
  { command: /^npm run bench$/, by: 'bench/fuzz', names: 'npm run bench fuzz' },
  {
    command:
      /^(npm run|kafka-adapter) tail( -- --(record\.format|kafka\.brokers)=\S+( --record\.match=\S+)?)?$/,
    by: 'e2e/tail',
    names: "program, 'tail'",
  },
  {
    command: /^(kafka-adapter|npm run) doctor( --| --quick --expect=3)?( \S+)?$/,
    by: 'e2e/doctor',
    names: "program, 'doctor'",
  },
  {
    command: /^(kafka-adapter|npm run) check-kafka/,
    by: 'kafka/security-permissions',
    names: "'check-kafka'",
  },
  { command: /^kafka-adapter healthcheck( ready)?$/, by: 'main/healthcheck', names: "'healthcheck'" },
  { command: /^npm pack$/, by: 'deploy/package', names: "'pack'" },
  {
    command: /^npm install( --global --prefix \/opt\/kafka-adapter)? \.\/kafka-adapter-[\d.]+\.tgz$/,
    by: 'deploy/package',
    names: "'--global'",
  },
  { command: /^npx kafka-adapter --version$/, by: 'deploy/package', names: "'npx'" },
  { command: /^systemd-analyze security$/, by: 'deploy/systemd', names: "'security'" },
  { command: /^kafka-adapter --check-config$/, by: 'main/main', names: "'--check-config'" },
  { command: /^kcat -b kafka:9092 -t metrics -C \| jq \.$/, by: 'kafka/read-back', names: "command: 'kcat'" },
  {
    command: /^(kafka-adapter|npm run) fleet( --)?( --kafka\.brokers=\S+)?$/,
    by: 'e2e/fleet',
    names: "'fleet'",
  },
  {
    command: /^kafka-adapter fleet --kafka\.brokers=\S+ --json( \| jq -r '.+')?$/,
    by: 'e2e/fleet',
    names: "'--json'",
  },
  { command: /^promtool check web-config/, by: 'config/web-examples', names: "'web-config'" },
  { command: /^node --permission /, by: 'e2e/posture', names: '--permission' },
  { command: /^helm install$/, by: 'deploy/chart', names: "'install'" },
];

/** Cheap, and the same on every machine: run as they stand, in the root of the project. */
const RUN_HERE: readonly { readonly command: RegExp; readonly tool?: 'helm' | 'kubectl' }[] = [
  { command: /^npm run bench -- --help$/ },
  { command: /^helm template /, tool: 'helm' },
  { command: /^kubectl kustomize /, tool: 'kubectl' },
];

/** That are no scripts of package.json. */
const COMMANDS_OF_NPM = ['pack', 'install', 'version'];

const commands = PAGES.flatMap((page) => commandsOf(page));
const elsewhere = (text: string): RunElsewhere | undefined =>
  RUN_ELSEWHERE.find(({ command }) => command.test(text));
const here = (text: string) => RUN_HERE.find(({ command }) => command.test(text));

const isRun = (text: string): boolean => elsewhere(text) !== undefined || here(text) !== undefined;

function problemOf({ text, notRun }: Command): string | undefined {
  if (isRun(text)) return undefined;
  if (notRun === undefined) return `nothing runs: ${text}`;
  return notRun.split(' ').length >= 3 ? undefined : `"${notRun}" does not say why nothing runs: ${text}`;
}

describe('each command of the documentation is run, or is marked as not run', () => {
  for (const page of PAGES) {
    const own = commands.filter(({ place }) => place.startsWith(`${page}:`));
    if (own.length === 0) continue;
    test(`${page}: ${own.length}`, () => {
      const problems = own.map((command) => [command.place, problemOf(command)] as const);
      assert.deepEqual(
        problems.filter(([, problem]) => problem !== undefined),
        [],
        'add it to a table of this file, or put <!-- not run: why --> before it',
      );
    });
  }

  test('in fences and in sentences, and one that is neither is seen', () => {
    const page = [
      'Call `kafka-adapter --frobnicate now`, not `curl`.',
      '<!-- not run: needs a BIG-IP -->',
      'First `show ltm pool`.',
      '',
      '```console',
      '$ make dinner \\',
      '    --quick # at once',
      'dinner is ready',
      '```',
    ].join('\n');
    assert.deepEqual(commandsOf('page.md', page), [
      { place: 'page.md:1', text: 'kafka-adapter --frobnicate now', notRun: undefined },
      { place: 'page.md:3', text: 'show ltm pool', notRun: 'needs a BIG-IP' },
      { place: 'page.md:6', text: 'make dinner --quick', notRun: undefined },
    ]);
    const given = { place: '', notRun: undefined };
    assert.match(problemOf({ ...given, text: 'make dinner' })!, /nothing runs/);
    assert.match(problemOf({ ...given, text: 'make dinner', notRun: 'no' })!, /does not say why/);
  });

  test('and no mark is left where there is nothing to mark', () => {
    for (const page of PAGES) {
      const marked = blocksOf(textOf(page)).filter(({ notRun }) => notRun !== undefined);
      for (const { line, notRun } of marked) {
        const own = commands.filter(({ place }) => place === `${page}:${line}`);
        assert.ok(
          own.some(({ text }) => !isRun(text)),
          `${page}:${line} is all run: ${notRun}`,
        );
      }
    }
  });

  test('and none hides in an indented block', () => {
    for (const page of PAGES)
      assert.doesNotMatch(
        textOf(page),
        /^ {4,}(npm|npx|kafka-adapter|helm|kubectl|kcat|curl|docker) /m,
        page,
      );
  });
});

describe('the tests that run commands', () => {
  for (const { command, by, names } of RUN_ELSEWHERE) {
    test(`${by} has ${names}, for ${command.source}`, () => {
      const file = by.includes('.') ? by : `test/${by}.test.ts`;
      assert.ok(existsSync(`${root}${file}`), file);
      assert.ok(readFileSync(`${root}${file}`, 'utf8').includes(names), `${file} has no ${names}`);
      assert.ok(
        commands.some(({ text }) => command.test(text)),
        'no page has it any more',
      );
    });
  }

  test('know every script of package.json that a page names', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    for (const { text, place } of commands) {
      const [, script = ''] = /\bnpm (?:run )?([a-z][a-z:-]*)/.exec(text) ?? [];
      if (script !== '' && !COMMANDS_OF_NPM.includes(script))
        assert.ok(script in scripts, `${place}: ${text}`);
    }
  });
});

/** The folder of the program in front on the PATH, so that the command finds it by its name. */
async function runHere(t: TestContext, command: string, tool: 'helm' | 'kubectl' | undefined): Promise<void> {
  const probe = tool === 'kubectl' ? ['version', '--client'] : ['version', '--short'];
  const found = tool && findTool(t, { name: tool, variable: `${tool.toUpperCase()}_BIN`, probe });
  if (tool && !found) return;
  const folders = found?.includes('/') ? [dirname(found)] : [];
  const run = startProcess(t, {
    command: 'sh',
    args: ['-c', `cd "$PROJECT" && ${command}`],
    environment: { PROJECT: root, PATH: [...folders, process.env['PATH']].join(delimiter) },
  });
  assert.deepEqual(await run.waitForExit(), { code: 0, signal: null }, run.output);
  assert.notEqual(run.stdout, '');
}

describe('as the page has it, runs', () => {
  for (const { command, tool } of RUN_HERE) {
    const found = [...new Set(commands.map(({ text }) => text).filter((text) => command.test(text)))];
    test(`a command like ${command.source} is on some page`, () => assert.notEqual(found.length, 0));
    for (const text of found) test(text, (t) => runHere(t, text, tool));
  }
});
