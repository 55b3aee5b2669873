/** Documents that must follow the source: generated pages are fresh, links inside the project resolve. */

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
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

/** Without what stands in fences, where a `#` is a comment and brackets are none of ours. */
function proseOf(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/^( *)(`{3,}|~{3,})[\s\S]*?^\1\2 *$/gm, '');
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(file: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...proseOf(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const words = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

function problemOf(file: string, link: string): string | undefined {
  const [target = '', anchor] = link.split('#');
  const path = target === '' ? file : join(dirname(file), target);
  if (!existsSync(join(root, path))) return `${file} links to ${link}`;
  if (anchor === undefined || !path.endsWith('.md')) return undefined;
  return anchorsOf(path).has(anchor) ? undefined : `${file} links to ${link}, where no such heading is`;
}

describe('links inside the project resolve', () => {
  const markdown = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md'], { cwd: root }).sort();

  test('in all pages, those of deploy/ included', () => {
    assert.ok(markdown.length > 20, markdown.join(' '));
    assert.ok(markdown.includes('deploy/kubernetes/helm/kafka-adapter/README.md'));
  });

  for (const file of markdown) {
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
