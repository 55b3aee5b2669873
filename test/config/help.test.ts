/** The help shows every option in full and fits a terminal. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandHelp } from '../../src/config/command-help.ts';
import { COMMANDS, type CommandName, commandOf, splitArguments } from '../../src/config/commands.ts';
import { helpText } from '../../src/config/help.ts';
import { flagOf, variablesOf } from '../../src/config/names.ts';
import { OPTION_NAMES, optionOf, SECTIONS } from '../../src/config/options.ts';

const help = helpText();
/** The text with its line breaks undone. */
const flowing = help.replace(/\s+/g, ' ');

describe('the help', () => {
  it('begins with the usage and ends with a line break', () =>
    assert.match(help, /^Usage: kafka-adapter .*\n$/s));

  it('has every section, and every option with flag, type, default, variables and doc', () => {
    for (const title of Object.values(SECTIONS)) assert.ok(help.includes(`\n${title}:\n`), title);
    for (const name of OPTION_NAMES) {
      const { kind, doc, default: preset } = optionOf(name);
      assert.ok(
        help.includes(`\n  ${flagOf(name)}${kind.form === 'switch' ? ', --no-' : `=<${kind.type}>`}`),
        name,
      );
      assert.ok(flowing.includes(doc.replaceAll('`', '')), name);
      const facts = `default ${preset || 'empty'}; variable ${variablesOf(name).join(' or ')})`;
      assert.ok(flowing.includes(facts), facts);
    }
  });

  it('has the flags that are no options', () => {
    for (const flag of [
      '--config.file=PATH',
      '-h, --help',
      '--version',
      '--check-config',
      '--print-config',
    ]) {
      assert.ok(help.includes(`\n  ${flag}\n`), flag);
    }
  });

  it('has bounds', () =>
    assert.ok(flowing.includes('(5s to 1h; default 75s; variable CONNECTION_IDLE_TIMEOUT)')));

  it('has no line over 100 columns and none that ends in a space', () => {
    for (const line of help.split('\n')) {
      assert.ok(line.length <= 100, line);
      assert.equal(line, line.trimEnd());
    }
    assert.ok(
      help.split('\n').some((line) => line.length > 90),
      'lines are filled',
    );
  });
});

describe('the help of a command', () => {
  for (const name of Object.keys(COMMANDS) as CommandName[]) {
    const text = commandHelp(name);
    const { options, flags = {}, exits, example } = commandOf(name);

    it(`${name} has its options in full, how it ends, and an example`, () => {
      for (const option of options) assert.ok(text.includes(`\n  ${flagOf(option)}`), option);
      for (const flag of Object.keys(flags)) assert.ok(text.includes(`\n  ${flag}\n`), flag);
      for (const [status, meaning] of Object.entries(exits))
        assert.ok(text.includes(`\n  ${status}  ${meaning}\n`), status);
      assert.ok(text.endsWith(`\nExample:\n  ${example}\n`));
      assert.ok(example.startsWith(`kafka-adapter ${name}`));
      assert.ok(help.includes(`kafka-adapter ${name}`), 'in the list of all commands');
    });

    it(`${name} fits a terminal`, () => {
      for (const line of text.split('\n')) assert.ok(line.length <= 100 && line === line.trimEnd(), line);
    });
  }
});

describe('the arguments of a command', () => {
  it('are its own flags and options', () => {
    assert.deepEqual(splitArguments('fleet', ['--json', '--fleet.name=a']), {
      own: ['--json'],
      rest: ['--fleet.name=a'],
    });
    assert.deepEqual(splitArguments('tail', ['--json']), { own: [], rest: ['--json'] });
  });
});
