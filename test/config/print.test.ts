/** The printed configuration can be loaded again and names the origin of every value; the check says it all. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPTION_NAMES } from '../../src/config/options.ts';
import { checkReport, printConfig } from '../../src/config/print.ts';
import { load, loaded, loadedDry, problemsOf } from './loading.ts';

describe('the printed configuration', () => {
  it('has one line for every option, with its origin', () => {
    const printed = printConfig(
      loadedDry({
        argv: ['--kafka.client-id=me'],
        env: { PORT: '9999', KAFKA_TOPIC: 'other' },
        files: { 'config.yml': '\n\nlog: {level: warn}\n' },
      }),
    );
    const lines = printed.split('\n');
    for (const line of [
      '  listen_address: :9999 # variable PORT',
      '  topic: other # variable KAFKA_TOPIC',
      '  client_id: me # --kafka.client-id',
      '  level: warn # file config.yml:3',
      '  max_body_size: 32MiB # default',
      'dry_run: true # --dry-run',
    ]) {
      assert.ok(lines.includes(line), `${line} in\n${printed}`);
    }
    assert.equal(lines.filter((line) => line.includes(' # ')).length, OPTION_NAMES.length);
  });

  it('opens each section once', () => {
    const sections = printConfig(loadedDry({})).match(/^ *\w+:$/gm)!;
    assert.deepEqual(sections, [...new Set(sections)]);
    assert.ok(sections.includes('  tls:'));
  });

  const awkward = [
    'true',
    '123',
    'null',
    '# x',
    'a: b',
    "it's",
    '"',
    '- a',
    '*a',
    '!a',
    ' a ',
    '@',
    '%',
    '{',
    '~',
    '<hidden>',
    'ä',
    '\\',
  ];
  it('loads again as the same configuration', () => {
    const brokers = Array.from({ length: 50 }, (_, index) => `broker-${index}.example.org:9092`).join(',');
    const first = loaded({
      argv: [`--kafka.brokers=${brokers}`, '--http.listen-address=[::1]:80', '--shutdown.drain-delay=0'],
      env: { HTTP_MAX_BODY_SIZE: '1025', READY_DRAINING_STATUS: '404', KAFKA_TLS_ENABLED: 'true' },
    });
    const again = loaded({ files: { 'config.yml': printConfig(first) } });
    assert.deepEqual(again.config, first.config);
    assert.deepEqual(again.warnings, first.warnings);
  });

  for (const text of awkward) {
    it(`loads again with a text such as ${JSON.stringify(text)}`, () => {
      const first = loadedDry({ argv: [`--replica.id=${text}`] });
      const again = loaded({ files: { 'config.yml': printConfig(first) } });
      assert.deepEqual(again.config, first.config);
    });
  }

  it('loads again whatever the name of the file was', () => {
    const path = 'a\nb # c.yml';
    const first = loadedDry({ argv: [`--config.file=${path}`], files: { [path]: 'log: {level: warn}' } });
    const again = loaded({ files: { 'config.yml': printConfig(first) } });
    assert.equal(again.config['log.level'], 'warn');
  });

  it('hides a secret, and the place-holder is refused as a secret', () => {
    const env = {
      KAFKA_BROKERS: 'a',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'hunter2',
    };
    const printed = printConfig(loaded({ env }));
    assert.match(printed, /^ {4}password: <hidden> # variable KAFKA_SASL_PASSWORD$/m);
    assert.doesNotMatch(printed, /hunter2/);
    const problems = problemsOf({ files: { 'config.yml': printed } });
    assert.equal(problems.length, 1);
    assert.match(
      problems[0]!,
      /^config\.yml:\d+:15: kafka\.sasl\.password: .* is the <hidden> that --print-config shows/,
    );
  });
});

describe('the report of a check', () => {
  it('says that all is well', () => assert.equal(checkReport(loadedDry({})), 'configuration is valid\n'));

  it('lists warnings', () => {
    const report = checkReport(loadedDry({ argv: ['--kafka.brokers=a'] }));
    assert.match(report, /^configuration is valid\nwarning: dry_run is on: .*\n$/);
  });

  it('lists problems before warnings, one a line', () => {
    const report = checkReport(load({ argv: ['--log.level=loud'], env: { KAFKA_BROKER: 'a' } }));
    assert.match(
      report,
      /^configuration is not valid\nproblem: flag --log\.level.*\nproblem: kafka\.brokers.*\nwarning: .*\n$/,
    );
  });
});
