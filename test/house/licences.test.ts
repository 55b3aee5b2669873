/** What is installed: of known content, under licences that may be passed on, and as the documentation lists it. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ALLOWED, licencesPage, lockedPackages } from '../../docs/licences-page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = lockedPackages();
const running = packages.filter(({ isTool }) => !isTool);
const installed = running.filter(({ path }) => existsSync(join(root, path)));

const hasText = (folder: string): boolean =>
  readdirSync(folder).some((name) => /licen[cs]e|copying/i.test(name));

describe('every package of the lock file', () => {
  test('has a content that is known, so that no other can be installed in its place', () => {
    assert.ok(packages.length > 80, String(packages.length));
    for (const { path, integrity = '' } of packages) assert.match(integrity, /^sha512-[\w+/]{86}==$/, path);
  });

  test('that runs is under a licence that is allowed', () => {
    for (const { path, license } of running) assert.ok(ALLOWED.includes(license), `${path}: ${license}`);
  });

  test('says the same of its licence and version where it is installed', () => {
    assert.ok(installed.length > 50, String(installed.length));
    for (const { path, license, version } of installed) {
      const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as {
        license?: string;
        version: string;
      };
      assert.deepEqual([manifest.version, manifest.license ?? license], [version, license], path);
    }
  });

  test('that runs brings the text of its licence with it', () => {
    const without = installed
      .filter(({ isOptional, path }) => !isOptional && !hasText(join(root, path)))
      .map(({ name }) => name);
    // This one names it in its manifest alone. Builds for a platform have theirs in the package they belong to.
    assert.deepEqual(without, ['abstract-logging']);
  });

  test('that runs is on the page', () => {
    const page = licencesPage();
    for (const { name, isOptional } of running)
      if (!isOptional) assert.ok(page.includes(`| \`${name}\` |`), name);
  });
});
