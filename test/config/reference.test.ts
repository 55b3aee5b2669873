/** The reference page has every option, and its example is a file that loads. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../src/config/commands.ts';
import { flagOf, variablesOf } from '../../src/config/names.ts';
import { OPTION_NAMES, optionOf } from '../../src/config/options.ts';
import { configurationReference, EXAMPLE_FILE, EXAMPLE_RULES } from '../../src/config/reference.ts';
import { RULES } from '../../src/config/rules.ts';
import { loaded, loadedDry } from './loading.ts';

const page = configurationReference();

describe('the reference page', () => {
  it('has a row for every option with all of its names', () => {
    for (const name of OPTION_NAMES) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` | \`${flagOf(name)}\` |`));
      assert.ok(row?.includes(optionOf(name).doc), name);
      for (const variable of variablesOf(name)) assert.ok(page.includes(`\`${variable}\``), variable);
    }
  });

  it('has every command with its exit statuses', () => {
    for (const [name, { doc, exits }] of Object.entries(COMMANDS)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}`));
      assert.ok(row?.includes(doc), name);
      for (const meaning of Object.values(exits)) assert.ok(row?.includes(meaning), meaning);
    }
  });

  it('has every rule', () => {
    for (const { name, doc } of RULES)
      assert.ok(page.includes(`| \`${name}\` |`) && page.includes(doc), name);
  });

  it('has tables whose rows all have the cells of their head', () => {
    let columns = 0;
    for (const line of page.split('\n')) {
      const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0;
      if (columns > 0 && cells > 0) assert.equal(cells, columns, line);
      columns = cells;
    }
  });

  it('has an example that loads without a warning, given its password', () => {
    assert.ok(page.includes(EXAMPLE_FILE));
    const env = { KAFKA_SASL_PASSWORD_FILE: '/run/secrets/kafka-password' };
    const files = { 'config.yml': EXAMPLE_FILE, '/run/secrets/kafka-password': 'x\n' };
    const { config, warnings } = loaded({ env, files });
    assert.deepEqual(warnings, []);
    assert.equal(config['kafka.brokers'].length, 3);
  });

  it('has an example of rules that loads without a warning', () => {
    assert.ok(page.includes(EXAMPLE_RULES));
    const { config, warnings } = loadedDry({ files: { 'config.yml': EXAMPLE_RULES } });
    assert.deepEqual(warnings, []);
    assert.equal(config['record.write_relabel_configs'].length, 2);
  });

  it('ends with one line break and has no trailing spaces', () => {
    assert.match(page, /[^\n]\n$/);
    assert.doesNotMatch(page, / \n/);
  });
});
