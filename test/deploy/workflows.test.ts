/** The workflows and the shell scripts: checked by the tools of their kind, pinned, and with no right to spare. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { findTool, passes, ran } from '../support/tools.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, '.github', 'workflows');
const names = readdirSync(folder);
const paths = names.map((name) => join(folder, name));

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows = new Map(
  names.map((name) => [name, parse(readFileSync(join(folder, name), 'utf8')) as Workflow]),
);
const jobs = [...workflows].flatMap(([name, workflow]) =>
  Object.entries(workflow.jobs).map(([job, content]) => ({ name: `${name}: ${job}`, ...content })),
);

describe('the workflows', () => {
  test('are what actionlint and, in their scripts, shellcheck find right', (t) => {
    const command = findTool(t, { name: 'actionlint' });
    const shellcheck = findTool(t, { name: 'shellcheck' });
    if (command && shellcheck) passes(command, ['-shellcheck', shellcheck, ...paths]);
  });

  test('fit their schema, and so does what renews their pins', (t) => {
    const command = findTool(t, { name: 'check-jsonschema' });
    if (command === undefined) return;
    passes(command, ['--builtin-schema', 'vendor.github-workflows', ...paths]);
    passes(command, ['--builtin-schema', 'vendor.dependabot', join(root, '.github', 'dependabot.yml')]);
    const wrong = ran(command, ['--builtin-schema', 'vendor.github-workflows', join(root, 'package.json')]);
    assert.equal(wrong.status, 1, wrong.output);
  });

  test('pin each action to a commit and say its version', () => {
    for (const [name, path] of names.map((name, index) => [name, paths[index]!] as const)) {
      for (const [line, target] of readFileSync(path, 'utf8').matchAll(/^.*\buses: (\S+).*$/gm)) {
        if (target!.startsWith('./')) assert.ok(existsSync(join(root, target!)), `${name}: ${target}`);
        else assert.match(line, /uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
      }
    }
  });

  test('may read, and each job writes what it has to alone', () => {
    for (const [name, { permissions }] of workflows)
      assert.deepEqual(permissions, { contents: 'read' }, name);
    const writes = jobs.flatMap(({ name, permissions = {} }) =>
      Object.keys(permissions)
        .filter((right) => permissions[right] === 'write')
        .map((right) => `${name} ${right}`),
    );
    assert.deepEqual(writes.sort(), [
      'image.yml: publish attestations',
      'image.yml: publish id-token',
      'image.yml: publish packages',
      'release.yml: image attestations',
      'release.yml: image id-token',
      'release.yml: image packages',
      'release.yml: notes contents',
      'release.yml: npm id-token',
      'release.yml: package attestations',
      'release.yml: package id-token',
    ]);
  });

  test('end by themselves, and leave no token in the checkout', () => {
    for (const { name, uses, steps = [], 'timeout-minutes': minutes } of jobs) {
      assert.ok(
        uses !== undefined || (minutes !== undefined && minutes <= 60),
        `${name}: ${minutes} minutes`,
      );
      for (const step of steps.filter(({ uses: action }) => action?.startsWith('actions/checkout@')))
        assert.equal(step.with?.['persist-credentials'], false, name);
    }
  });

  test('run scripts and commands that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    for (const { name, steps = [] } of jobs) {
      const commands = steps.map(({ run = '' }) => run).join('\n');
      for (const [path] of commands.matchAll(/(?:deploy|\.ci)\/[\w./-]+/g))
        assert.ok(existsSync(join(root, path)), `${name}: ${path}`);
      for (const [, script] of commands.matchAll(/npm run (\S+)/g))
        assert.ok(script! in scripts, `${name}: ${script}`);
    }
  });
});

/** Shell scripts by name or first line, of everything but what was installed or built. */
function shellScripts(below = ''): string[] {
  const passed = new Set(['node_modules', 'dist', '.git']);
  return readdirSync(join(root, below), { withFileTypes: true })
    .filter(({ name }) => !passed.has(name))
    .flatMap((entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return shellScripts(path);
      const isShell = entry.isFile() && (path.endsWith('.sh') || /^#!.*\b(?:ba)?sh\b/.test(firstLine(path)));
      return isShell ? [path] : [];
    });
}

function firstLine(path: string): string {
  return readFileSync(join(root, path), 'latin1').split('\n', 1)[0]!;
}

describe('the shell scripts', () => {
  const scripts = shellScripts();

  test('are what shellcheck finds right', (t) => {
    assert.ok(scripts.includes('.ci/run'), scripts.join());
    const command = findTool(t, { name: 'shellcheck' });
    if (command)
      passes(
        command,
        scripts.map((path) => join(root, path)),
      );
  });

  test('stop at the first command that fails, and can be run as they are', () => {
    for (const path of scripts) {
      assert.match(readFileSync(join(root, path), 'utf8'), /^set -euo pipefail$/m, path);
      assert.ok(statSync(join(root, path)).mode & 0o100, `${path} is not executable`);
    }
  });
});

/** What YAML of ours is not held to: the length of lines, which the text has its own mind about. */
const YAML_RULES = `{extends: default, rules: {line-length: disable, document-start: disable, truthy: {check-keys: false},
  comments: {min-spaces-from-content: 1}, comments-indentation: disable, braces: {max-spaces-inside: 1}}}`;

test('the YAML files have no key twice and nothing else that yamllint knows of', (t) => {
  const command = findTool(t, { name: 'yamllint' });
  if (command === undefined) return;
  const files = ['.github', 'deploy'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.ya?ml$/.test(path) && !/(^|\/)templates\//.test(path))
      .map((path) => join(root, top, path)),
  );
  passes(command, ['--strict', '--config-data', YAML_RULES, ...files]);
});
