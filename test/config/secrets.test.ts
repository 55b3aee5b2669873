/** Secrets come from a flag, a variable, a file of their own or the configuration file, and are shown nowhere. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkReport, printConfig } from '../../src/config/print.ts';
import { load, loadedDry, problemsDry } from './loading.ts';

const SASL = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'adapter' };

describe('a secret', () => {
  it('is read from the file that its _FILE variable names, without one newline at the end', () => {
    for (const [content, secret] of [
      ['hunter2', 'hunter2'],
      ['hunter2\n', 'hunter2'],
      ['hunter2\r\n', 'hunter2'],
      [' hunter 2 \n', ' hunter 2 '],
    ] as const) {
      const env = { ...SASL, KAFKA_SASL_PASSWORD_FILE: '/run/secret' };
      const { config, origins } = loadedDry({ env, files: { '/run/secret': content } });
      assert.equal(config['kafka.sasl.password'], secret);
      assert.deepEqual(origins['kafka.sasl.password'], {
        source: 'variable',
        place: 'KAFKA_SASL_PASSWORD_FILE',
      });
    }
  });

  it('given by both of its variables is refused', () => {
    const env = { ...SASL, KAFKA_SASL_PASSWORD: 'a', KAFKA_SASL_PASSWORD_FILE: '/run/secret' };
    assert.deepEqual(problemsDry({ env, files: { '/run/secret': 'a' } }), [
      'variable KAFKA_SASL_PASSWORD_FILE: is given together with KAFKA_SASL_PASSWORD, expected only one of them',
    ]);
  });

  it('whose file is missing, empty or of more lines is refused', () => {
    const env = { ...SASL, KAFKA_SASL_PASSWORD_FILE: '/run/secret' };
    const place = 'variable KAFKA_SASL_PASSWORD_FILE: the value (not shown, it is a secret)';
    assert.deepEqual(problemsDry({ env }), [`${place} names a file that cannot be read (ENOENT)`]);
    assert.deepEqual(problemsDry({ env, files: { '/run/secret': '\n' } }), [`${place} names an empty file`]);
    assert.deepEqual(problemsDry({ env, files: { '/run/secret': 'a\nb' } }), [
      `${place} has control characters, expected one line of text`,
    ]);
  });

  it('given as a flag is taken with a warning', () => {
    const { config, warnings } = loadedDry({ env: SASL, argv: ['--kafka.sasl.password=hunter2'] });
    assert.equal(config['kafka.sasl.password'], 'hunter2');
    assert.match(
      warnings.join('\n'),
      /^kafka\.sasl\.password is given as a flag, which every user .* can see/,
    );
  });
});

describe('no output shows a secret', () => {
  const yaml = (value: string): object => ({
    files: { 'config.yml': `kafka:\n  sasl:\n    password: ${value}\n` },
  });
  const givens: Record<string, object> = {
    'when it is valid': { env: { ...SASL, KAFKA_SASL_PASSWORD: 'hunter2' } },
    'when it is a flag': { env: SASL, argv: ['--kafka.sasl.password', 'hunter2'] },
    'when the rest is missing': { env: { KAFKA_SASL_PASSWORD: 'hunter2' } },
    'when it has a newline': { env: { ...SASL, KAFKA_SASL_PASSWORD: 'hunter2\n' } },
    'when it is too long': { env: { ...SASL, KAFKA_SASL_PASSWORD: 'hunter2'.repeat(1000) } },
    'when it is given twice': { argv: ['--kafka.sasl.password=hunter2', '--kafka.sasl.password=hunter2'] },
    'when it has a space and no quotes': { argv: ['--kafka.sasl.password', 'one', 'hunter2'] },
    'when it begins with a dash': { argv: ['--kafka.sasl.password', '-hunter2'] },
    'when it begins with two dashes': { argv: ['--kafka.sasl.password', '--hunter2'] },
    'when its flag is mistyped': { argv: ['--kafka.sasl.pasword', 'hunter2'] },
    'when its flag is mistyped and it begins with a dash': { argv: ['--kafka.sasl.pasword', '-hunter2'] },
    'when its flag has one dash': { argv: ['-kafka.sasl.password=hunter2'] },
    'when its flag has one dash and a space': { argv: ['-kafka.sasl.password', 'hunter2'] },
    'when its flag has a colon': { argv: ['--kafka.sasl.password:hunter2'] },
    'when another flag swallows it': { argv: ['--kafka.topic', '--kafka.sasl.password=hunter2'] },
    'when its variable is mistyped': { env: { KAFKA_SASL_PASWORD: 'hunter2' } },
    'when it stands in the variable for its file': { env: { KAFKA_SASL_PASSWORD_FILE: 'hunter2' } },
    'when it is a sequence in the file': yaml('[hunter2]'),
    'when it is a section in the file': yaml('{hunter2: 1}'),
    'when it is an alias in the file': yaml('*hunter2'),
    'when it is a tag in the file': yaml('!hunter2'),
    'when it is a tag before text in the file': yaml('!hunter2 x'),
    'when it is an anchor in the file': yaml('&hunter2'),
    'when it has a colon in the file': yaml('a: hunter2'),
    'when it has an open quote in the file': yaml('"hunter2'),
    'when it has text behind quotes in the file': yaml('"x" hunter2'),
    'when it has a bad escape in the file': yaml('"\\hunter2"'),
    'when it begins with a reserved character in the file': yaml('@hunter2'),
    'when it begins with a percent sign in the file': { files: { 'config.yml': '%hunter2 x\nkafka:\n' } },
    'when it begins with a bracket in the file': yaml(']hunter2'),
    'when it begins with a brace in the file': yaml('{hunter2'),
    'when its key in the file has no colon': {
      files: { 'config.yml': 'kafka:\n  sasl:\n    password hunter2:\n' },
    },
    'when its section in the file is a text': { files: { 'config.yml': 'kafka:\n  sasl: hunter2\n' } },
    'when its key in the file is mistyped': {
      files: { 'config.yml': 'kafka:\n  sasl:\n    pasword: hunter2\n' },
    },
    'when its key in the file is doubled': {
      files: { 'config.yml': 'kafka:\n  sasl:\n    password: hunter2\n    password: hunter2\n' },
    },
  };
  for (const [title, given] of Object.entries(givens)) {
    it(title, () => {
      const result = load({ argv: ['--dry-run'], ...given });
      const output = checkReport(result) + ('config' in result ? printConfig(result) : '');
      assert.doesNotMatch(output, /hunter2/);
      if (
        title !== 'when it is valid' &&
        title !== 'when it is a flag' &&
        !title.includes('variable is mistyped')
      ) {
        assert.ok('problems' in result, 'expected problems');
      }
    });
  }
});
