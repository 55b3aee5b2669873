/** The configuration file is read strictly, and every problem in it has its line and column. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadedDry, problemsDry } from './loading.ts';

function configOf(text: string): ReturnType<typeof loadedDry>['config'] {
  return loadedDry({ files: { 'config.yml': text } }).config;
}

function problemsIn(text: string): readonly string[] {
  return problemsDry({ files: { 'config.yml': text } });
}

describe('the configuration file', () => {
  it('sets options by nested keys, each with the line as its origin', () => {
    const text = '# comment\nhttp:\n  max_body_size: 1MiB\n\nkafka:\n  sasl:\n    mechanism: none\n';
    const { config, origins } = loadedDry({ files: { 'config.yml': text } });
    assert.equal(config['http.max_body_size'], 1_048_576);
    assert.deepEqual(origins['http.max_body_size'], { source: 'file', place: 'config.yml:3' });
    assert.deepEqual(origins['kafka.sasl.mechanism'], { source: 'file', place: 'config.yml:7' });
  });

  it('may be empty, be comments only, or have empty sections', () => {
    for (const text of [
      '',
      '# nothing\n',
      '---\n',
      'http:\n',
      'http:\n  # max_body_size: 1MiB\nkafka: {}\n',
    ]) {
      assert.equal(configOf(text)['http.max_body_size'], 33_554_432, text);
    }
  });

  it('may have native numbers, booleans and sequences where they are natural', () => {
    const config = configOf(
      'http: {max_body_size: 2048}\nready: {draining_status: 404}\nshutdown: {drain_delay: 0}\nkafka:\n  brokers:\n  - a\n  - b:1\n  tls: {enabled: true}\n',
    );
    assert.equal(config['http.max_body_size'], 2048);
    assert.equal(config['ready.draining_status'], 404);
    assert.equal(config['shutdown.drain_delay'], 0);
    assert.deepEqual(config['kafka.brokers'], ['a:9092', 'b:1']);
    assert.equal(config['kafka.tls.enabled'], true);
  });

  it('may have numbers and booleans in quotes, as templates write them', () => {
    const config = configOf(
      'http: {max_headers: "100"}\nready: {draining_status: "404"}\nkafka: {tls: {enabled: "true"}}\n',
    );
    assert.equal(config['http.max_headers'], 100);
    assert.equal(config['ready.draining_status'], 404);
    assert.equal(config['kafka.tls.enabled'], true);
  });

  it('may have anchors and aliases', () => {
    const config = configOf('http: {request_timeout: &time 30s, headers_timeout: *time}\n');
    assert.equal(config['http.headers_timeout'], 30_000);
  });
});

describe('a problem in the configuration file', () => {
  const cases: Record<string, [string, string | RegExp]> = {
    'is an unknown key, with what was meant': [
      'connection:\n  idle_timout: 75s\n',
      'config.yml:2:3: unknown key `connection.idle_timout` (did you mean `connection.idle_timeout`?)',
    ],
    'is an unknown section, with what was meant': [
      'conection: {idle_timeout: 75s}\n',
      'config.yml:1:1: unknown key `conection` (did you mean `connection`?)',
    ],
    'is a known key in another section': [
      'http:\n  idle_timeout: 75s\n',
      'config.yml:2:3: unknown key `http.idle_timeout` (did you mean `connection.idle_timeout`?)',
    ],
    'is an unknown key that is like nothing': ['elephant: 1\n', 'config.yml:1:1: unknown key `elephant`'],
    'is a name that every object inherits': ['constructor: 1\n', 'config.yml:1:1: unknown key `constructor`'],
    'is a key with dots': [
      'log.level: info\n',
      'config.yml:1:1: unknown key `log.level`, expected a level of its own for each word, without dots',
    ],
    'is a bad value, at the value': [
      'http:\n  max_body_size: 64KB\n',
      'config.yml:2:18: http.max_body_size: "64KB" is not a size, sizes are counted in units of 1024: write `64KiB`',
    ],
    'is a value out of bounds': [
      'connection: {idle_timeout: 1s}\n',
      'config.yml:1:28: connection.idle_timeout: "1s" is below the minimum of 5s',
    ],
    'is a duration without a unit': [
      'http:\n  request_timeout: 60\n',
      'config.yml:2:20: http.request_timeout: "60" has no unit, expected a form such as `60s` or `60ms`',
    ],
    'is a number where text belongs': [
      'kafka:\n  topic: 0123\n',
      'config.yml:2:10: kafka.topic: "0123" is not text, put it in quotes',
    ],
    'is a boolean of older YAML': [
      'kafka: {tls: {enabled: yes}}\n',
      'config.yml:1:24: kafka.tls.enabled: "yes" is neither `true` nor `false`',
    ],
    'is a sequence in the place of a value': [
      'kafka:\n  topic: [a]\n',
      'config.yml:2:10: kafka.topic: "a sequence" is not text, put it in quotes',
    ],
    'is a section in the place of a value': [
      'kafka:\n  topic:\n    name: a\n',
      'config.yml:3:5: kafka.topic: "a section" is not text, put it in quotes',
    ],
    'is a value in the place of a section': [
      'log: 5\n',
      'config.yml:1:6: `log` has to be a section with keys below it',
    ],
    'is a sequence in the place of the file': [
      '- a\n',
      'config.yml:1:1: the file has to be a section with keys below it',
    ],
    'is an option without a value': [
      'kafka:\n  topic:\n',
      'config.yml:2:3: kafka.topic has no value; leave the line out to get the default',
    ],
    'is a bad entry of a list': [
      'kafka:\n  brokers: [a, "b:0"]\n',
      'config.yml:2:12: kafka.brokers: "a sequence" is not valid: entry 2 has a port outside 1 to 65535',
    ],
    'is a duplicate key': [
      'log:\n  level: info\n  level: warn\n',
      'config.yml:3:3: duplicate key, each may be given once: `level`',
    ],
    'is a tab': ['log:\n\tlevel: info\n', /^config\.yml:2:1: /],
    'is an open quote': [
      'log:\n  level: "info\n',
      'config.yml:3:1: a colon, comma, quote or bracket is missing',
    ],
    'is a second document': [
      'log: {}\n---\nlog: {}\n',
      'config.yml:2:1: more than one document, expected a single one',
    ],
    'is an alias of nothing': [
      'log:\n  level: *info\n',
      'config.yml:2:10: log.level: a value that starts with `*` refers to an anchor that does not exist, put it in quotes',
    ],
    'is an alias of nothing in the place of a section': [
      'log: *settings\n',
      'config.yml:1:6: a value that starts with `*` refers to an anchor that does not exist, put it in quotes',
    ],
    'is an unknown tag': [
      'log:\n  level: !info x\n',
      'config.yml:2:10: a value that starts with `!` is a tag, put it in quotes',
    ],
  };
  for (const [title, [text, expected]] of Object.entries(cases)) {
    it(title, () => {
      const problems = problemsIn(text);
      assert.equal(problems.length, 1, JSON.stringify(problems));
      if (typeof expected === 'string') assert.equal(problems[0], expected);
      else assert.match(problems[0]!, expected);
    });
  }

  it('does not hide the others', () => {
    const problems = problemsIn('log:\n  level: info\n  level: loud\n  colour: red\nkafka:\n  topic: a b\n');
    const places = problems.map((problem) => /^config\.yml:\d+:\d+/.exec(problem)?.[0]);
    assert.deepEqual(places, ['config.yml:3:3', 'config.yml:4:3', 'config.yml:3:10', 'config.yml:6:10']);
  });

  it('is a file that cannot be read, by flag or by variable', () => {
    assert.deepEqual(problemsDry({ argv: ['--config.file=gone.yml'] }), [
      'flag --config.file: cannot read gone.yml: ENOENT: no such file',
    ]);
    assert.deepEqual(problemsDry({ env: { CONFIG_FILE: 'gone.yml' } }), [
      'variable CONFIG_FILE: cannot read gone.yml: ENOENT: no such file',
    ]);
  });
});
