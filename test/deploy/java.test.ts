/** Which Java counts as new enough. */

import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findJava, parseJavaVersion } from '../../deploy/local/java.ts';

const outputs = [
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['java version "1.8.0_392"', 8],
  ['Picked up JAVA_TOOL_OPTIONS: -Dsome=thing\nopenjdk version "11.0.2" 2019-01-15', 11],
  ['Unable to locate a Java Runtime.', undefined],
  ['', undefined],
] as const;

for (const [output, major] of outputs) {
  test(`"${output.split('\n').at(-1)}" is read as Java ${major}`, () => {
    assert.equal(parseJavaVersion(output), major);
  });
}

/** A folder that looks like an installed Java of that version. */
async function fakeJava(base: string, version: string): Promise<string> {
  const home = join(base, version);
  await mkdir(join(home, 'bin'), { recursive: true });
  const command = join(home, 'bin', 'java');
  await writeFile(command, `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
  await chmod(command, 0o755);
  return home;
}

test('the Java of JAVA_HOME is taken when it is new enough', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'java-test-'));
  t.after(() => rm(base, { recursive: true }));
  const home = await fakeJava(base, '21.0.1');
  assert.deepEqual(await findJava({ JAVA_HOME: home }, 17), {
    command: join(home, 'bin', 'java'),
    major: 21,
  });
});

test('no Java that is new enough is refused with what was found', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'java-test-'));
  t.after(() => rm(base, { recursive: true }));
  const home = await fakeJava(base, '11.0.2');
  await assert.rejects(
    findJava({ JAVA_HOME: home }, 99),
    /Java 99 or newer is needed: .*bin\/java is Java 11/,
  );
});
