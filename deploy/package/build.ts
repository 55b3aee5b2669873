/** The command behind `npm run build`: makes dist/, the program as JavaScript that any Node of `engines` runs. */

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const target = join(root, 'dist');

/** What the compiler has made nothing of: pages, styles, declarations written by hand. */
function isAsset(path: string): boolean {
  return !path.endsWith('.ts') || path.endsWith('.d.ts');
}

function compile(folder: string): boolean {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(root, 'deploy', 'package', 'tsconfig.json');
  const { status, error } = spawnSync(
    process.execPath,
    [compiler, '--project', project, '--outDir', folder],
    { stdio: 'inherit' },
  );
  if (error) throw error;
  return status === 0;
}

/** Beside the old one first, where the maps lead to the same sources: a build that fails leaves what there was. */
function build(): boolean {
  const folder = mkdtempSync(join(root, '.dist-'));
  try {
    if (!compile(folder)) return false;
    cpSync(join(root, 'src'), folder, { recursive: true, filter: isAsset });
    chmodSync(join(folder, 'main.js'), 0o755);
    chmodSync(folder, 0o755);
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = build() ? 0 : 1;
