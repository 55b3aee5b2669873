/** The tables of docs/protocol.md: each rule names tests that are there. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/protocol.md', root), 'utf8');

interface Row {
  readonly rule: string;
  /** File under test/ without its ending, and the names of tests in it. */
  readonly references: readonly { readonly file: string; readonly names: readonly string[] }[];
}

/** The rows of the tables whose last column is `held by`. */
function rowsOf(markdown: string): Row[] {
  return markdown.split(/^## /m).flatMap((section) => {
    const rows = section.split('\n').filter((line) => line.startsWith('| '));
    if (!rows[0]?.endsWith('| held by |')) return [];
    return rows.slice(2).map((row) => {
      const cells = row.slice(2, -2).split(' | ');
      return { rule: cells[0]!, references: referencesOf(cells.at(-1)!) };
    });
  });
}

/** `` `http/file` "a name", "another"; `http/other` "a third" `` */
function referencesOf(cell: string): Row['references'] {
  return cell.split('; `').map((part) => {
    const [, file = '', names = ''] = /^`?([a-z0-9/-]+)` (".+")$/.exec(part) ?? [];
    return { file, names: names.slice(1, -1).split('", "') };
  });
}

/** The source of the test file, '' when there is none. */
function sourceOf(file: string): string {
  const url = new URL(`test/${file}.test.ts`, root);
  return existsSync(url) ? readFileSync(url, 'utf8') : '';
}

describe('each rule of docs/protocol.md', () => {
  const rows = rowsOf(page);

  test('is in a table that could be read', () => {
    assert.ok(rows.length > 50, `${rows.length} rows`);
  });

  for (const { rule, references } of rows) {
    test(`is held by the tests it names: ${rule}`, () => {
      for (const { file, names } of references) {
        const source = sourceOf(file);
        assert.ok(source !== '', `no test/${file}.test.ts`);
        for (const name of names) assert.ok(source.includes(`'${name}'`), `${file} has no test '${name}'`);
      }
    });
  }
});

describe('each file of conformance tests', () => {
  const named = new Set(rowsOf(page).flatMap(({ references }) => references.map(({ file }) => file)));
  for (const name of readdirSync(new URL('test/http/', root))) {
    const [file] = /^conformance-[a-z-]+/.exec(name) ?? [];
    if (file) test(`is named: ${file}`, () => assert.ok(named.has(`http/${file}`)));
  }
});
