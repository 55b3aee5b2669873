/** The sources come together in the right order, and all of their problems are listed at once. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPTION_NAMES } from '../../src/config/options.ts';
import { load, loaded, loadedDry, problemsOf } from './loading.ts';

describe('loading', () => {
  it('gives every option its default and says so', () => {
    const { config, origins, warnings } = loadedDry({});
    assert.deepEqual(Object.keys(config), [...OPTION_NAMES]);
    assert.deepEqual(config['http.listen_address'], { host: '', port: 8080 });
    assert.equal(config['http.max_inflight_size'], 256 * 1024 * 1024);
    assert.equal(config['connection.idle_timeout'], 75_000);
    assert.equal(config['ready.draining_status'], 503);
    assert.deepEqual(origins['kafka.topic'], { source: 'default', place: '' });
    assert.deepEqual(warnings, []);
  });

  it('lets a flag win over a variable, a variable over the file, the file over the default', () => {
    const files = { 'config.yml': 'kafka: {topic: file}\n' };
    const env = { KAFKA_TOPIC: 'variable' };
    const argv = ['--kafka.topic=flag'];
    const topic = (given: Parameters<typeof load>[0]): string => loadedDry(given).config['kafka.topic'];
    assert.equal(topic({ files, env, argv }), 'flag');
    assert.equal(topic({ files, env }), 'variable');
    assert.equal(topic({ files }), 'file');
    assert.equal(topic({}), 'metrics');
  });

  it('lets an alias win over the file as any variable does', () => {
    const files = { 'config.yml': 'http: {listen_address: ":1"}\n' };
    assert.equal(loadedDry({ files, env: { PORT: '2' } }).config['http.listen_address'].port, 2);
  });

  it('keeps nothing from one load to the next', () => {
    loadedDry({ argv: ['--kafka.topic=x'] });
    assert.equal(loadedDry({}).config['kafka.topic'], 'metrics');
  });
});

describe('loading what is wrong', () => {
  it('lists the problems of flags, variables, file and rules at once, each with its place', () => {
    const problems = problemsOf({
      argv: ['--kafka.topic=a b', '--kafka.tpoic=x', '--log.level', 'loud', '--http.headers-timeout=2m'],
      env: { PORT: 'http', KAFKA_PRODUCE_TIMEOUT: '10' },
      files: { 'config.yml': 'http:\n  max_body_size: 64KB\n  request_timeout: 1m\nelephant: 1\n' },
    });
    const expected = [
      /^flag --kafka\.tpoic: is unknown \(did you mean `--kafka\.topic`\?\)$/,
      /^config\.yml:4:1: unknown key `elephant`$/,
      /^flag --kafka\.topic: "a b" is not a topic name/,
      /^flag --log\.level: "loud" is not one of `debug`, `info`, `warn`, `error`, `fatal`, `panic`$/,
      /^variable PORT: "http" is not a port, expected one from 0 to 65535$/,
      /^variable KAFKA_PRODUCE_TIMEOUT: "10" has no unit, expected a form such as `10s` or `10ms`$/,
      /^config\.yml:2:18: http\.max_body_size: "64KB" is not a size/,
      /^kafka\.brokers is empty: /,
      /^http\.headers_timeout of 2m is above http\.request_timeout of 1m.* \[http\.headers_timeout: flag --http\.headers-timeout; http\.request_timeout: file config\.yml:3\]$/,
    ];
    for (const line of expected)
      assert.ok(
        problems.some((problem) => line.test(problem)),
        `${line} in\n${problems.join('\n')}`,
      );
    assert.equal(problems.length, expected.length, problems.join('\n'));
  });

  it('also lists a bad value that a stronger source overrides', () => {
    const problems = problemsOf({ argv: ['--dry-run', '--kafka.topic=fine'], env: { KAFKA_TOPIC: 'a b' } });
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /^variable KAFKA_TOPIC: "a b" is not a topic name/);
  });

  it('does not draw conclusions from an option that could not be read', () => {
    assert.deepEqual(problemsOf({ argv: ['--kafka.brokers=a:0'] }), [
      'flag --kafka.brokers: "a:0" is not valid: entry 1 has a port outside 1 to 65535',
    ]);
  });

  it('shows a long value in part and on one line', () => {
    const [problem] = problemsOf({ argv: ['--dry-run', `--log.level=\n${'x'.repeat(5000)}`] });
    assert.match(problem!, /^flag --log\.level: "\\nx{79}\.\.\." is not one of/);
    assert.ok(!problem!.includes('\n'));
  });

  it('still has the warnings', () => {
    const result = load({ env: { KAFKA_BROKER: 'a' } });
    assert.ok('problems' in result);
    assert.match(result.warnings[0]!, /KAFKA_BROKERS/);
  });

  it('without problems has a config and no problems', () => {
    assert.ok(!('problems' in loaded({ argv: ['--kafka.brokers=a'] })));
  });
});
