/** The web configuration files of the documentation: taken or refused as it says, by this adapter and by promtool. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { REFUSED_EXAMPLES, WEB_EXAMPLES } from '../../docs/web-examples.ts';
import { readTls } from '../../src/app/settings.ts';
import { readWebConfig } from '../../src/config/web-config.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { findPromtool } from '../support/prometheus.ts';

const docs = new URL('../../docs/', import.meta.url);
const SECTIONS = /^(tls_server_config|basic_auth_users|http_server_config):/m;

/** Every block of YAML in docs/ that is a web configuration file. */
function blocksOfDocs(): string[] {
  const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
  return pages
    .flatMap((name) => [...readFileSync(new URL(name, docs), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)])
    .map(([, text]) => text!)
    .filter((text) => SECTIONS.test(text));
}

/** A folder in which the files are that the examples name. */
function folderFor(t: TestContext, { certFile, keyFile }: Certificate): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-adapter-examples-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, source] of Object.entries({
    'server.pem': certFile,
    'server.key': keyFile,
    'clients-ca.pem': certFile,
  }))
    writeFileSync(join(folder, name), readFileSync(source));
  return folder;
}

interface Checked {
  readonly problems: readonly string[];
  readonly promtool: { readonly isTaken: boolean; readonly output: string };
}

/** What both say of it; undefined when one of them is missing here. */
function check(t: TestContext, text: string): Checked | undefined {
  const command = findPromtool(t);
  const certificate = command && makeCertificate(t);
  if (!command || !certificate) return undefined;
  const file = join(folderFor(t, certificate), 'web.yml');
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(command, ['check', 'web-config', file], { encoding: 'utf8' });
  const { web, problems } = readWebConfig(file, text);
  // Not only read, but such that a server could use it.
  if (problems.length === 0) readTls(web);
  return { problems, promtool: { isTaken: status === 0, output: `${stdout}${stderr}` } };
}

describe('a web configuration file of the documentation', () => {
  test('is one of those below, wherever in docs/ it stands', () => {
    const known = [...WEB_EXAMPLES, ...REFUSED_EXAMPLES].map(({ text }) => text);
    const found = blocksOfDocs().filter((text) => WEB_EXAMPLES.some((example) => example.text === text));
    assert.equal(found.length, WEB_EXAMPLES.length, 'all are shown');
    for (const text of blocksOfDocs()) assert.ok(known.includes(text), text);
  });

  for (const { title, text } of WEB_EXAMPLES) {
    test(`is taken by this adapter and by promtool: ${title}`, (t) => {
      const checked = check(t, text);
      if (!checked) return;
      assert.deepEqual(checked.problems, []);
      assert.ok(checked.promtool.isTaken, checked.promtool.output);
    });
  }

  for (const { title, text, problem, isTakenByPromtool } of REFUSED_EXAMPLES) {
    test(`is refused with its reason, ${isTakenByPromtool ? 'though not' : 'as'} by promtool: ${title}`, (t) => {
      const checked = check(t, text);
      if (!checked) return;
      assert.equal(checked.problems.length, 1);
      assert.equal(checked.problems[0]!.replace(/^web\.config_file \S+: /, ''), problem);
      assert.equal(checked.promtool.isTaken, isTakenByPromtool, checked.promtool.output);
    });
  }
});
