/** A Node that is too old is told so in one line, not by what it cannot load. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { versionProblem } from '../../src/node-version.ts';

describe('the version of Node', () => {
  for (const running of ['22.18.0', '22.19.3', '24.0.0', '100.1.0'])
    test(`${running} will do`, () => assert.equal(versionProblem(running, '>=22.18'), undefined));

  for (const running of ['20.20.2', '22.17.9', '9.99.0'])
    test(`${running} is too old, and the line says which would do`, () => {
      assert.match(
        versionProblem(running, '>=22.18')!,
        new RegExp(`^kafka-adapter needs Node 22\\.18 or newer, and this is Node ${running} \\(.+\\)$`),
      );
    });

  test('is looked at before anything else is loaded', () => {
    const main = readFileSync(new URL('../../src/main.ts', import.meta.url), 'utf8');
    assert.equal(/^import .*$/m.exec(main)?.[0], `import './node-version.ts';`);
  });
});
