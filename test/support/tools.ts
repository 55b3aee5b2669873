/** Programs of others that tests ask, checkers and such: found on this machine, or their lack said loudly. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Where .ci/run puts what it installs, so that a test run by hand finds it too. */
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kafka-adapter');
const FOLDERS = [
  '',
  join(CACHE, 'python-tools', 'bin'),
  join(CACHE, 'go-tools'),
  join(CACHE, 'kubernetes-tools'),
];

export interface Tool {
  readonly name: string;
  /** The variable that may name the command. */
  readonly variable?: string;
  /** What makes it end with 0 and do nothing; `--version` when left out. */
  readonly probe?: readonly string[];
  /** Path below the cache of .ci/run, where it is none of the usual. */
  readonly cached?: string;
}

/**
 * The command: of the variable, of the PATH, or from where .ci/run puts it. Without one the test fails in CI and is
 * skipped, with a loud line, elsewhere: then the result is undefined.
 */
export function findTool(test: TestContext, tool: Tool): string | undefined {
  const { name, variable, probe = ['--version'], cached } = tool;
  const named = variable && process.env[variable];
  const usual = FOLDERS.map((folder) => join(folder, name));
  const commands = named ? [named] : cached ? [join(CACHE, cached)] : usual;
  for (const command of commands) {
    const { status, stdout, stderr } = spawnSync(command, probe, { encoding: 'utf8' });
    if (status !== 0) continue;
    test.diagnostic(`${name}: ${`${stdout}${stderr}`.trim().split('\n', 1)[0]} (${command})`);
    return command;
  }
  const place = variable ? `set ${variable}, or install it` : 'install it';
  return missing(test, `${name} is missing: ${place}; .ci/run does`);
}

/** Fails in CI; elsewhere skips the test, with a loud line. */
export function missing(test: TestContext, problem: string): undefined {
  if (process.env['CI'] === 'true') throw new Error(`${problem} (required since CI=true)`);
  process.stderr.write(`\n!!! SKIPPED, NOT TESTED: ${test.name}\n!!! ${problem}\n\n`);
  test.skip(problem);
  return undefined;
}

export interface Ran {
  readonly status: number | null;
  /** Both outputs. */
  readonly output: string;
}

export function ran(command: string, args: readonly string[], options: { cwd?: string } = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (error) throw error;
  return { status, output: `${stdout}${stderr}` };
}

/** Fails, with what it wrote, when the command does not end with 0. */
export function passes(command: string, args: readonly string[]): void {
  const { status, output } = ran(command, args);
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${output}`);
}
