/** The command line is read in all its forms, and every mistake on it has its own line. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCommandLine } from '../../src/config/command-line.ts';
import { requestedAction } from '../../src/config/load.ts';
import { loaded, loadedDry, problemsDry, problemsOf } from './loading.ts';

describe('the command line', () => {
  it('without arguments asks to run', () => {
    assert.deepEqual(readCommandLine([]), {
      action: 'run',
      configFile: undefined,
      settings: [],
      problems: [],
    });
  });

  it('asks for help, version, check or print', () => {
    assert.equal(requestedAction(['--help']), 'help');
    assert.equal(requestedAction(['-h']), 'help');
    assert.equal(requestedAction(['--version']), 'version');
    assert.equal(requestedAction(['--check-config']), 'check_config');
    assert.equal(requestedAction(['--check_config']), 'check_config');
    assert.equal(requestedAction(['--print-config']), 'print_config');
  });

  it('asks for help even when everything else is wrong', () => {
    assert.equal(requestedAction(['x', '--nope', '--print-config', '--version', '--help']), 'help');
  });

  it('joins the values of a repeated list', () => {
    const { config } = loaded({ argv: ['--kafka.brokers=a,b', '--kafka.brokers', 'c:1'] });
    assert.deepEqual(config['kafka.brokers'], ['a:9092', 'b:9092', 'c:1']);
  });

  it('turns booleans on and off', () => {
    const broker = '--kafka.brokers=a';
    assert.equal(loaded({ argv: ['--dry-run'] }).config.dry_run, true);
    assert.equal(loaded({ argv: ['--dry-run=true'] }).config.dry_run, true);
    assert.equal(loaded({ argv: ['--dry-run=false', broker] }).config.dry_run, false);
    const negated = loaded({ argv: ['--no-dry-run', broker], env: { DRY_RUN: 'true' } });
    assert.equal(negated.config.dry_run, false);
    assert.deepEqual(negated.origins.dry_run, { source: 'flag', place: '--no-dry-run' });
  });

  it('takes values that begin with a dash behind an equals sign', () => {
    assert.equal(loadedDry({ argv: ['--replica.id=-x'] }).config['replica.id'], '-x');
  });

  it('takes an empty value behind an equals sign', () => {
    assert.equal(loadedDry({ argv: ['--replica.id='] }).config['replica.id'], '');
  });
});

describe('a wrong command line', () => {
  const cases: [string[], string[]][] = [
    [['--kafka.tpoic=x'], ['flag --kafka.tpoic: is unknown (did you mean `--kafka.topic`?)']],
    [['--topic=x'], ['flag --topic: is unknown (did you mean `--kafka.topic`?)']],
    [['--chek-config'], ['flag --chek-config: is unknown (did you mean `--check-config`?)']],
    [['--elephant'], ['flag --elephant: is unknown']],
    [['--elephant', 'value'], ['flag --elephant: is unknown']],
    [
      ['--elephant', '--lion'],
      ['flag --elephant: is unknown', 'flag --lion: is unknown'],
    ],
    [
      ['--constructor=1', '--__proto__=1'],
      ['flag --constructor: is unknown', 'flag ----proto--: is unknown'],
    ],
    [['-kafka.topic=x'], ['flag -kafka.topic: is unknown (did you mean `--kafka.topic`?)']],
    [['--no-kafka.topic'], ['flag --no-kafka.topic: is unknown (did you mean `--kafka.topic`?)']],
    [['--replica.id', 'a', 'b'], ['argument 4: is not a flag, every option is written --name=value']],
    [['run'], ['argument 2: is not a flag, every option is written --name=value']],
    [['--', 'run'], ['argument 3: is not a flag, every option is written --name=value']],
    [
      ['kafka.topic=x'],
      ['argument 2: is not a flag, every option is written --name=value (did you mean `--kafka.topic`?)'],
    ],
    [['--kafka.topic'], ['flag --kafka.topic: has no value, write --kafka.topic=value']],
    [['--kafka.topic', '--log.level=warn'], ['flag --kafka.topic: has no value, write --kafka.topic=value']],
    [['--replica.id', '-x'], ['flag --replica.id: has no value, write --replica.id=value']],
    [['--kafka.topic=a', '--kafka.topic=b'], ['flag --kafka.topic: "a,b" is more than one value']],
    [
      ['--record.match=up', '--record.match=down'],
      ['flag --record.match: is given more than once, write all of it as one value, which is YAML'],
    ],
    [['--help=yes'], ['flag --help: takes no value']],
    [
      ['--no-dry-run=x'],
      ['flag --no-dry-run: takes no value', 'flag --dry-run: is given together with its opposite'],
    ],
    [['--no-dry-run'], ['flag --dry-run: is given together with its opposite']],
    [['--config.file'], ['flag --config.file: has no value, expected the path of a YAML file']],
    [['--config.file='], ['flag --config.file: has no value, expected the path of a YAML file']],
    [['--kafka.topic=a b'], [/^flag --kafka\.topic: "a b" is not a topic name/ as unknown as string]],
  ];
  for (const [argv, expected] of cases) {
    it(`is refused: ${argv.join(' ')}`, () => {
      const problems = problemsDry({ argv });
      assert.equal(problems.length, expected.length, JSON.stringify(problems));
      for (const [index, line] of expected.entries()) {
        if (typeof line === 'string')
          assert.ok(problems.includes(line), `${line} in ${JSON.stringify(problems)}`);
        else assert.match(problems[index]!, line);
      }
    });
  }

  it('with a switch and its opposite is refused in either order', () => {
    const problem = 'flag --dry-run: is given together with its opposite';
    assert.ok(problemsOf({ argv: ['--no-dry-run', '--dry-run'] }).includes(problem));
    assert.ok(problemsOf({ argv: ['--dry-run', '--no-dry-run'] }).includes(problem));
  });

  it('with the configuration file given twice is refused', () => {
    const files = { 'config.yml': '' };
    assert.deepEqual(problemsDry({ files, argv: ['--config.file=x'] }), [
      'flag --config.file: is given twice',
    ]);
  });
});
