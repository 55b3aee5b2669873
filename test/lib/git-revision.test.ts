/** The commit of a checkout, in every form in which git keeps it. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gitRevision } from '../../src/lib/git-revision.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const OTHER = 'f'.repeat(40);

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'revision-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe('the revision', () => {
  const forms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'of a branch': { '.git/HEAD': 'ref: refs/heads/a/b\n', '.git/refs/heads/a/b': `${COMMIT}\n` },
    'of a branch that is packed': {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': `# pack-refs with: peeled\n${OTHER} refs/heads/not/main\n${COMMIT} refs/heads/main\n`,
    },
    'of a branch that has gone on since it was packed': {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/refs/heads/main': COMMIT,
      '.git/packed-refs': `${OTHER} refs/heads/main\n`,
    },
    'without a branch': { '.git/HEAD': `${COMMIT}\n` },
    'of a worktree': {
      '.git': 'gitdir: shared/worktrees/w\n',
      'shared/worktrees/w/HEAD': 'ref: refs/heads/main\n',
      'shared/worktrees/w/commondir': '../..\n',
      'shared/refs/heads/main': `${COMMIT}\n`,
    },
  };
  for (const [what, files] of Object.entries(forms))
    test(`${what} is read`, (t) => assert.equal(gitRevision(folderWith(t, files)), COMMIT));

  const none: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'where there is no checkout': {},
    'before the first commit': { '.git/HEAD': 'ref: refs/heads/main\n' },
    'where something else stands': { '.git/HEAD': 'hello\n' },
    'where the name of a branch leads elsewhere': { '.git/HEAD': 'ref: ../../secret\n' },
  };
  for (const [what, files] of Object.entries(none))
    test(`is not known ${what}`, (t) => assert.equal(gitRevision(folderWith(t, files)), undefined));
});
