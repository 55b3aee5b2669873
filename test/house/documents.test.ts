/** Documents that must follow the source: generated pages are fresh, links inside the project resolve. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { currentPage, pages } from '../../docs/generate.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('generated pages are fresh', () => {
  for (const [name, text] of Object.entries(pages())) {
    test(`docs/${name}`, () => assert.equal(currentPage(name), text, `run npm run docs`));
  }
});

describe('links inside the project resolve', () => {
  const markdown = ['', 'docs'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  for (const file of markdown) {
    test(file, () => {
      const text = readFileSync(join(root, file), 'utf8');
      for (const [, target] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue;
        assert.ok(existsSync(join(root, dirname(file), target!)), `${file} links to ${target}`);
      }
    });
  }
});
