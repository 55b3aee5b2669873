/** The commit that a checkout of git is at, read from its files: no git has to be there, and nothing is started. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const COMMIT = /^[0-9a-f]{40,64}$/;

/** The full hash; undefined when `folder` is not the root of a checkout, or in a form that is not known here. */
export function gitRevision(folder: string): string | undefined {
  const places = gitFolders(folder);
  const head = readFrom(places, 'HEAD');
  const [, ref] = /^ref: (refs\/\S+)$/.exec(head ?? '') ?? [];
  const commit = ref === undefined ? head : (readFrom(places, ref) ?? packed(places, ref));
  return commit !== undefined && COMMIT.test(commit) ? commit : undefined;
}

/** Where its own files are, and those that it shares: two of them for a worktree, whose `.git` is a file. */
function gitFolders(folder: string): string[] {
  const link = read(join(folder, '.git'));
  if (link === undefined) return [join(folder, '.git')];
  const own = resolve(folder, link.replace(/^gitdir: /, ''));
  return [own, resolve(own, read(join(own, 'commondir')) ?? '.')];
}

function packed(places: readonly string[], ref: string): string | undefined {
  const lines = readFrom(places, 'packed-refs')?.split('\n') ?? [];
  return lines.find((line) => line.endsWith(` ${ref}`))?.split(' ', 1)[0];
}

function readFrom(places: readonly string[], name: string): string | undefined {
  return places.map((place) => read(join(place, name))).find((text) => text !== undefined);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
