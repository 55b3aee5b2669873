/** Ends the program with one line on a Node that is too old; main.ts imports it before all else, for what cannot be loaded there. */

import { readFileSync } from 'node:fs';

/** What is wrong with running on that version; `engines` is the text of package.json, `>=22.18`. */
export function versionProblem(running: string, engines: string): string | undefined {
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = engines.replace('>=', '').split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined;
  return `kafka-adapter needs Node ${leastMajor}.${leastMinor} or newer, and this is Node ${running} (${process.execPath})`;
}

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  engines: { node: string };
};
const problem = versionProblem(process.versions.node, manifest.engines.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
