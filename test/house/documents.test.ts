/** Documents that must follow the source: generated pages are fresh, links inside the project resolve. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { currentPage, pages } from '../../docs/generate.ts';
import { anchorsOf, PAGES, proseOf, root } from './pages.ts';

describe('generated pages are fresh', () => {
  for (const [name, text] of Object.entries(pages())) {
    test(`docs/${name}`, () => assert.equal(currentPage(name), text, `run npm run docs`));
  }
});

function problemOf(file: string, link: string): string | undefined {
  const [target = '', anchor] = link.split('#');
  const path = target === '' ? file : join(dirname(file), target);
  if (!existsSync(join(root, path))) return `${file} links to ${link}`;
  if (anchor === undefined || !path.endsWith('.md')) return undefined;
  return anchorsOf(path).has(anchor) ? undefined : `${file} links to ${link}, where no such heading is`;
}

describe('links inside the project resolve', () => {
  test('in all pages, those of deploy/ included', () => {
    assert.ok(PAGES.length > 20, PAGES.join(' '));
    assert.ok(PAGES.includes('deploy/kubernetes/helm/kafka-adapter/README.md'));
  });

  for (const file of PAGES) {
    test(file, () => {
      const links = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
      const inside = links.filter((link) => !/^[a-z]+:/.test(link));
      assert.deepEqual(inside.map((link) => problemOf(file, link)).filter(Boolean), []);
    });
  }

  test('and one that does not is seen', () => {
    assert.equal(problemOf('docs/README.md', 'tuning.md#memory'), undefined);
    assert.match(problemOf('docs/README.md', 'tuning.md#memories')!, /no such heading/);
    assert.match(problemOf('docs/README.md', 'turning.md')!, /links to/);
  });
});
