/** Loads a configuration for a test: no files but those given, no environment but that given. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { LoadedConfig, RefusedConfig } from '../../src/config/load.ts';
import { loadConfig } from '../../src/config/load.ts';
import { makeCertificate } from '../support/certificate.ts';

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

interface UsableTls {
  /** For a web configuration file. */
  readonly section: string;
  /** What it names. */
  readonly files: Readonly<Record<string, string>>;
}

/** A section `tls_server_config` of which nothing is wrong; undefined where openssl is missing. */
export function usableTls(t: TestContext): UsableTls | undefined {
  const certificate = makeCertificate(t);
  if (!certificate) return undefined;
  const { certFile, keyFile, ca } = certificate;
  const section = `tls_server_config: {cert_file: ${certFile}, key_file: ${keyFile}}`;
  return { section, files: { [certFile]: ca, [keyFile]: readFileSync(keyFile, 'utf8') } };
}

/** The problems with `--dry-run`. */
export function problemsDry(given: Given): readonly string[] {
  return problemsOf({ ...given, argv: ['--dry-run', ...(given.argv ?? [])] });
}
