/** What the pages of docs/ tell to put into a file is taken by whom it is for. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { temporaryDirectory } from '../support/balancers.ts';
import { findPromtool } from '../support/prometheus.ts';

const PAGES = ['getting-started', 'delivery', 'tuning', 'migration', 'capacity'];

/** The blocks of YAML of a page, without the indentation of the list that they stand in. */
function blocksOf(page: string): string[] {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8');
  return [...text.matchAll(/^( *)```yaml\n(.*?)^ *```$/gms)].map(([, indent, block]) =>
    block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

const blocks = PAGES.flatMap((page) => blocksOf(page).map((text, i) => ({ name: `${page} ${i + 1}`, text })));
const isOfPrometheus = (text: string): boolean => text.startsWith('remote_write:');

test('there are blocks of both kinds', () => {
  assert.ok(blocks.some(({ text }) => isOfPrometheus(text)));
  assert.ok(blocks.some(({ text }) => !isOfPrometheus(text)));
});

describe('promtool takes what is for prometheus.yml', () => {
  for (const { name, text } of blocks.filter((block) => isOfPrometheus(block.text)))
    test(name, async (t) => {
      const command = findPromtool(t);
      if (command === undefined) return;
      const file = join(await temporaryDirectory(t, 'documents'), 'prometheus.yml');
      // A word of Prometheus 3; the promtool of Debian is one of Prometheus 2.
      await writeFile(file, text.replace(/^ *protobuf_message: io\.prometheus\.write\.v2\.Request.*\n/m, ''));
      const { status, stdout, stderr } = spawnSync(command, ['check', 'config', file], { encoding: 'utf8' });
      assert.equal(status, 0, `${stdout}${stderr}`);
    });
});

describe('the adapter takes what is for its own file', () => {
  for (const { name, text } of blocks.filter((block) => !isOfPrometheus(block.text)))
    test(name, () => {
      const loaded = loadConfig({ argv: ['--config.file=adapter.yml'], env: {}, readFile: () => text });
      assert.ok('config' in loaded, JSON.stringify(loaded));
      assert.deepEqual(loaded.warnings, []);
    });
});
