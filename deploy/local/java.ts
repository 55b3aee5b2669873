/** Finds the Java of this machine and its version. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** A Java that answered. */
export interface Java {
  command: string;
  major: number;
}

/** The major version in the output of `java -version`: 8 for "1.8.0_392", 17 for "17.0.15", 22 for "22-ea". */
export function parseJavaVersion(output: string): number | undefined {
  const version = /version "(\d+)(?:\.(\d+))?/.exec(output);
  if (!version) return undefined;
  const major = Number(version[1]);
  return major === 1 && version[2] ? Number(version[2]) : major;
}

function askVersion(command: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile(command, ['-version'], { timeout: 10_000 }, (error, stdout, stderr) => {
      resolve(error ? undefined : parseJavaVersion(stderr + stdout));
    });
  });
}

/** The first Java that is new enough, looking into JAVA_HOME and then on the PATH; rejects saying what was found. */
export async function findJava(environment: NodeJS.ProcessEnv, oldestMajor: number): Promise<Java> {
  const commands = ['java'];
  if (environment['JAVA_HOME']) commands.unshift(join(environment['JAVA_HOME'], 'bin', 'java'));
  const found: string[] = [];
  for (const command of commands) {
    const major = await askVersion(command);
    if (major !== undefined && major >= oldestMajor) return { command, major };
    if (major !== undefined) found.push(`${command} is Java ${major}`);
  }
  const seen = found.length > 0 ? found.join(', ') : 'none in JAVA_HOME or on the PATH';
  throw new Error(`Java ${oldestMajor} or newer is needed: ${seen}`);
}
