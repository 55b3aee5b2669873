/** A release goes out only when tag, package.json and CHANGELOG.md say the same version. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { releaseNotes } from '../../deploy/package/release.ts';
import { ran } from '../support/tools.ts';

const root = new URL('../../', import.meta.url);
const changelog = `# Changelog

## Unreleased

## 1.2.3 - 2026-12-01

### Added

- this

## 1.2.30 - 2026-11-01

- that
`;

describe('the notes of a release', () => {
  test('are the section of its version, without the heading', () => {
    assert.equal(releaseNotes({ tag: 'v1.2.3', version: '1.2.3', changelog }), '### Added\n\n- this');
    assert.equal(releaseNotes({ tag: 'v1.2.30', version: '1.2.30', changelog }), '- that');
  });

  for (const [what, tag, version, problem] of [
    ['of another version than package.json', 'v1.2.4', '1.2.3', /tag must be v1\.2\.3/],
    ['without its v', '1.2.3', '1.2.3', /tag must be v1\.2\.3/],
    ['that the changelog does not know', 'v1.2.4', '1.2.4', /no section "## 1\.2\.4 - /],
  ] as const) {
    test(`are refused for a tag ${what}`, () => {
      assert.throws(() => releaseNotes({ tag, version, changelog }), problem);
    });
  }

  test('are refused when there are none', () => {
    const empty = '## 1.0.0 - 2026-12-01\n\n## 0.9.0 - 2026-11-01\n';
    assert.throws(() => releaseNotes({ tag: 'v1.0.0', version: '1.0.0', changelog: empty }), /is empty/);
  });
});

test('the command ends with 1 and one line for a tag that does not fit', () => {
  const command = fileURLToPath(new URL('deploy/package/release.ts', root));
  const { status, output } = ran(process.execPath, [command, 'v999.0.0']);
  assert.equal(status, 1);
  assert.match(output, /^the tag is v999\.0\.0 and package\.json says .*\n$/);
  assert.equal(ran(process.execPath, [command]).status, 2);
});

test('CHANGELOG.md has a place for what is not released yet, newest first', () => {
  const text = readFileSync(new URL('CHANGELOG.md', root), 'utf8');
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);
  assert.equal(headings[0], 'Unreleased');
  for (const heading of headings.slice(1))
    assert.match(heading, /^\d+\.\d+\.\d+(-[\w.]+)? - \d{4}-\d{2}-\d{2}$/);
});
