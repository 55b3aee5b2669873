/** The page docs/licences.md: the packages that run with the adapter and their licences, from the lock file. */

import { readFileSync } from 'node:fs';

export interface LockedPackage {
  /** Where it is installed, from the root of the project. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly integrity: string | undefined;
  /** Of the tools of development: not part of what runs. */
  readonly isTool: boolean;
  /** Installed only where it fits the platform. */
  readonly isOptional: boolean;
}

interface LockEntry {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** Licences that ask for no more than that their text and the names of the authors are kept. */
export const ALLOWED: readonly string[] = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
];

/** All packages of package-lock.json. */
export function lockedPackages(): LockedPackage[] {
  const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, LockEntry> };
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { version, license = 'none', integrity, dev = false, optional = false }]) => ({
      path,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      license,
      integrity,
      isTool: dev,
      isOptional: optional,
    }));
}

export function licencesPage(): string {
  const running = lockedPackages().filter(({ isTool }) => !isTool);
  const byName = new Map(running.filter(({ isOptional }) => !isOptional).map((one) => [keyOf(one), one]));
  const builds = Map.groupBy(
    running.filter(({ isOptional }) => isOptional),
    ({ name, version, license }) => `${familyOf(name)} ${version} ${license}`,
  );
  const rows = [
    ...[...byName.values()].map(({ name, version, license }) => [`\`${name}\``, version, license]),
    ...[...builds.values()].map((family) => {
      const { name, version, license } = family[0]!;
      return [`\`${familyOf(name)}-*\`, builds for ${family.length} platforms`, version, license];
    }),
  ].sort(([a], [b]) => (a! < b! ? -1 : 1));
  const counts = [...Map.groupBy(rows, ([, , license]) => license!)]
    .map(([license, of]) => `${license} ${of.length}`)
    .sort();
  return `# Licences

kafka-adapter itself is under the [Apache License 2.0](../LICENSE). With it run the packages below, and nothing else
that was written elsewhere. All of their licences (${ALLOWED.join(', ')} are allowed, a test refuses others) ask for no
more than that their text is kept; npm installs it with each package. ${counts.join(', ')}.

| package | version | licence |
| --- | --- | --- |
${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

Node itself comes with [licences of its own](https://github.com/nodejs/node/blob/main/LICENSE). Tools of development are
not part of what runs.
`;
}

const keyOf = ({ name, version }: LockedPackage): string => `${name}@${version}`;

/** `@node-rs/crc32-linux-x64-gnu` is a build of `@node-rs/crc32`. */
function familyOf(name: string): string {
  return name.replace(/-(android|darwin|freebsd|linux|openharmony|win32)-.*$/, '');
}
