/** The Terraform files are formatted as `terraform fmt` would format them. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../support/balancers.ts';
import { findTool, passes, ran } from '../support/tools.ts';
import { shipped, shippedPath } from './shipped.ts';

const FOLDER = 'balancers';
/** Syntax, and whether formatting would change anything. */
const CHECKS = ['-check', '-require-no-change'];
const files = readdirSync(shippedPath(FOLDER)).filter((name) => name.endsWith('.tf'));

/** The formatter that terraform has inside (hclwrite), without the rest of it. */
function findHclfmt(test: TestContext): string | undefined {
  return findTool(test, { name: 'hclfmt', variable: 'HCLFMT_BIN', probe: ['-version'] });
}

describe('the Terraform files of deploy/balancers', () => {
  test('are there', () => assert.deepEqual(files, ['aws-nlb.tf', 'bigip.tf']));

  for (const name of files) {
    test(`${name} is well-formed and formatted`, (t) => {
      const command = findHclfmt(t);
      if (!command) return;
      passes(command, [...CHECKS, shippedPath(`${FOLDER}/${name}`)]);
    });

    // What terraform fmt does on top of its formatter.
    test(`${name} has no expression that is only quoted, and no type in quotes`, () => {
      assert.doesNotMatch(shipped(`${FOLDER}/${name}`), /"\$\{[^}"]*\}"|^ *type *= *"(string|list|map)"/m);
    });
  }

  for (const [what, from, to] of [
    ['of other columns', /^ {2}port +=/m, '  port ='],
    ['that is cut off', /\}\s*$/, ''],
  ] as const) {
    test(`one ${what} is seen`, async (t) => {
      const command = findHclfmt(t);
      if (!command) return;
      const file = join(await temporaryDirectory(t, 'terraform'), 'main.tf');
      await writeFile(file, shipped('balancers/bigip.tf').replace(from, to));
      assert.notEqual(ran(command, [...CHECKS, file]).status, 0);
    });
  }
});
