/** The command that a release begins with: holds the tag against package.json, prints the notes of CHANGELOG.md. */

import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/** What follows `## `: the version and its day. */
const HEADING = /^(\S+) - \d{4}-\d{2}-\d{2}\n/;

export interface Release {
  /** `v1.2.3`. */
  readonly tag: string;
  /** Of package.json. */
  readonly version: string;
  /** The text of CHANGELOG.md. */
  readonly changelog: string;
}

/** What the changelog says of the version; throws when the three do not fit together. */
export function releaseNotes({ tag, version, changelog }: Release): string {
  if (tag !== `v${version}`)
    throw new Error(`the tag is ${tag} and package.json says ${version}: the tag must be v${version}`);
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => HEADING.exec(text)?.[1] === version);
  if (section === undefined)
    throw new Error(`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD": name what was unreleased so`);
  const notes = section.replace(HEADING, '').trim();
  if (notes === '') throw new Error(`the section ${version} of CHANGELOG.md is empty`);
  return notes;
}

function main([tag, ...others]: readonly string[]): number {
  if (tag === undefined || others.length > 0) {
    process.stderr.write('usage: release.ts TAG\n');
    return 2;
  }
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
  const changelog = readFileSync(new URL('CHANGELOG.md', root), 'utf8');
  try {
    process.stdout.write(`${releaseNotes({ tag, version, changelog })}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
