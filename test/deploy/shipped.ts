/** The files under deploy/ that operators take, as text, and with the addresses of a test in their place. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const deploy = new URL('../../deploy/', import.meta.url);

/** Path of a file below deploy/. */
export function shippedPath(name: string): string {
  return fileURLToPath(new URL(name, deploy));
}

export function shipped(name: string): string {
  return readFileSync(shippedPath(name), 'utf8');
}

/** The text with each of the changes made; a change that finds nothing to change is an error. */
export function changed(text: string, changes: readonly (readonly [RegExp | string, string])[]): string {
  return changes.reduce((before, [from, to]) => {
    const after = before.replaceAll(from, to);
    assert.notEqual(after, before, `there is no ${from} in the text`);
    return after;
  }, text);
}

/** Its three example members, 198.51.100.11:8080 and so on, become these. */
export function withMembers(text: string, members: readonly string[]): string {
  assert.equal(members.length, 3);
  return changed(
    text,
    members.map((member, index) => [`198.51.100.1${index + 1}:8080`, member] as const),
  );
}
