/** The table of attacks in docs/security.md: each row names tests that are there. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ATTACKS } from '../../docs/attacks.ts';

describe('each attack of docs/security.md', () => {
  for (const { attack, heldBy } of ATTACKS) {
    test(`is held by the tests it names: ${attack}`, () => {
      for (const [file, name] of heldBy) {
        const source = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
        assert.ok(source.includes(name), `${file} has no test "${name}"`);
      }
    });
  }
});
