/** Finds the commands that the demo would rather use than its own substitutes. */

import { spawnSync } from 'node:child_process';

/** A command that answered. */
export interface FoundCommand {
  command: string;
  /** The first line of what it says of its version. */
  version: string;
}

/** The first of `candidates` that runs with `flag`. */
export function findCommand(candidates: readonly string[], flag: string): FoundCommand | undefined {
  for (const command of candidates) {
    const { status, stdout, stderr } = spawnSync(command, [flag], { encoding: 'utf8', timeout: 10_000 });
    if (status === 0) return { command, version: /\d+(\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? '' };
  }
  return undefined;
}
