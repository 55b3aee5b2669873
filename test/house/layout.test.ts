/** The rules of the house: which way imports point, who sees which package, how large a file may be. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const MAX_LINES = { src: 250, deploy: 250, docs: 250, test: 400 };

interface SourceFile {
  /** Path from the root of the project. */
  readonly path: string;
  readonly text: string;
  /** Relative imports as paths from the root, and packages by name. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

function filesUnder(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') || name.endsWith('.mjs'))
    .map((name) => readSource(join(folder, name)));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const specifiers = [
    ...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm),
  ]
    .map((match) => match[1] ?? match[2] ?? match[3]!)
    .filter((specifier) => !specifier.startsWith('node:'));
  const isRelative = (specifier: string): boolean => specifier.startsWith('.');
  return {
    path,
    text,
    files: specifiers
      .filter(isRelative)
      .map((specifier) => relative(root, join(root, dirname(path), specifier))),
    packages: specifiers
      .filter((specifier) => !isRelative(specifier))
      .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')),
  };
}

const source = filesUnder('src');

/** The part of the house a file belongs to: a folder of src, or a file right under it. */
function partOf(path: string): string {
  return path.split('/')[1]!.replace(/\.ts$/, '');
}

/** What each part may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['app', 'config', 'doctor', 'healthcheck', 'heap', 'kafka', 'lib', 'node-version'],
  index: ['app', 'config', 'lib'],
  doctor: ['lib'],
  healthcheck: ['config'],
  heap: [],
  'node-version': [],
  app: [
    'config',
    'connection',
    'contracts',
    'fleet',
    'http',
    'kafka',
    'lib',
    'metrics',
    'pipeline',
    'record',
    'status',
  ],
  config: ['lib'],
  http: ['connection', 'pipeline', 'status', 'wire', 'errors', 'metrics', 'lib'],
  status: ['connection', 'fleet', 'metrics', 'lib'],
  fleet: ['contracts', 'metrics', 'lib'],
  connection: ['errors', 'metrics', 'lib'],
  pipeline: ['wire', 'record', 'contracts', 'errors', 'metrics', 'lib'],
  wire: ['contracts', 'errors', 'metrics', 'lib'],
  record: ['contracts', 'errors', 'metrics', 'lib'],
  kafka: ['contracts', 'errors', 'metrics', 'lib'],
  contracts: ['errors', 'lib'],
  metrics: ['errors', 'lib'],
  errors: ['lib'],
  lib: [],
};

/** Packages that only some parts may see. */
const SEEN_BY: Readonly<Record<string, readonly string[]>> = {
  fastify: ['http', 'app'],
  kafkajs: ['kafka'],
  protobufjs: ['lib'],
  avsc: ['record'],
  bcryptjs: ['http'],
  snappyjs: ['wire', 'record', 'kafka'],
  '@node-rs/crc32': ['kafka'],
  'lz4-napi': ['kafka'],
  'prom-client': ['metrics'],
  re2js: ['lib'],
  yaml: ['config'],
  pino: ['lib'],
  'pino-pretty': ['lib'],
};

describe('in src', () => {
  test('imports point one way and stages do not import each other', () => {
    for (const { path, files } of source) {
      const part = partOf(path);
      for (const target of files.map(partOf)) {
        const allowed = target === part || MAY_IMPORT[part]?.includes(target);
        assert.ok(allowed, `${path} imports ${target}`);
      }
    }
  });

  test('there is no import cycle, types included', () => {
    const imports = new Map(source.map(({ path, files }) => [path, files]));
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(path), `cycle: ${[...trail, path].join(' -> ')}`);
      if (done.has(path)) return;
      for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const { path } of source) visit(path, []);
  });

  test('each package is seen by the parts it belongs to only', () => {
    for (const { path, packages } of source) {
      for (const name of packages)
        assert.ok(SEEN_BY[name]?.includes(partOf(path)), `${path} imports ${name}`);
    }
  });

  test('the inner files of kafkajs are imported in one place', () => {
    const deep = source.filter(
      ({ path, text }) => !path.endsWith('.d.ts') && /from 'kafkajs\/src/.test(text),
    );
    assert.deepEqual(
      deep.map(({ path }) => path),
      ['src/kafka/transport.ts'],
    );
  });

  test('each package that is a dependency is used, and nothing else is', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
    const used = new Set(source.flatMap(({ packages }) => packages));
    assert.deepEqual([...used].sort(), Object.keys(manifest.dependencies).sort());
  });

  test('process.env is read in main.ts only', () => {
    const readers = source.filter(({ text }) => text.includes('process.env')).map(({ path }) => path);
    assert.deepEqual(readers, ['src/main.ts']);
  });
});

describe('every file', () => {
  for (const [folder, lines] of Object.entries(MAX_LINES)) {
    test(`of ${folder} says on its first line what it is, and has at most ${lines} lines`, () => {
      for (const { path, text } of filesUnder(folder)) {
        if (path.includes('kafka-jars')) continue;
        const first = text.startsWith('#!') ? text.split('\n')[1]! : text.split('\n')[0]!;
        assert.match(first, /^\/\*\* .+\.( \*\/)?$|^\/\*\* .+[.:!?] \*\/$/, `${path} begins with: ${first}`);
        const count = text.split('\n').length - 1;
        assert.ok(count <= lines, `${path} has ${count} lines`);
      }
    });
  }
});

describe('the packages', () => {
  test('are pinned exactly, and none but node has an install script', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.match(String(version), /^\d+\.\d+\.\d+$/);
    }
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const withScript = Object.entries(lock.packages as Record<string, { hasInstallScript?: boolean }>)
      .filter(([, entry]) => entry.hasInstallScript)
      .map(([path]) => path);
    assert.deepEqual(withScript, ['node_modules/node']);
    assert.deepEqual(manifest.allowScripts, { node: true });
  });
});
