/** Loads a configuration for a test: no files but those given, no environment but that given. */

import assert from 'node:assert/strict';
import type { LoadedConfig, RefusedConfig } from '../../src/config/load.ts';
import { loadConfig } from '../../src/config/load.ts';

interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Content of files by path; `config.yml` is passed as `--config.file` when it is among them. */
  readonly files?: Readonly<Record<string, string>>;
}

export function load({ argv = [], env = {}, files = {} }: Given): LoadedConfig | RefusedConfig {
  const fileFlag = 'config.yml' in files ? ['--config.file=config.yml'] : [];
  return loadConfig({
    argv: [...fileFlag, ...argv],
    env,
    readFile(path) {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
      return content;
    },
  });
}

export function loaded(given: Given): LoadedConfig {
  const result = load(given);
  assert.ok('config' in result, `expected a config, got ${JSON.stringify(result)}`);
  return result;
}

/** Loads with `--dry-run`, so that missing brokers are no problem of the test. */
export function loadedDry(given: Given): LoadedConfig {
  return loaded({ ...given, argv: ['--dry-run', ...(given.argv ?? [])] });
}

export function problemsOf(given: Given): readonly string[] {
  const result = load(given);
  assert.ok('problems' in result, 'expected problems, got a config');
  return result.problems;
}

/** The problems with `--dry-run`. */
export function problemsDry(given: Given): readonly string[] {
  return problemsOf({ ...given, argv: ['--dry-run', ...(given.argv ?? [])] });
}
