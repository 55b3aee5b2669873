/** Rules for series are read from YAML below their key and from text, and a fault in them is named with its place. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config, OptionName } from '../../src/config/options.ts';
import { printConfig } from '../../src/config/print.ts';
import { loaded, loadedDry, problemsDry } from './loading.ts';

function configOf(text: string): Config {
  return loadedDry({ files: { 'config.yml': text } }).config;
}

function problemIn(text: string): string {
  const problems = problemsDry({ files: { 'config.yml': text } });
  assert.equal(problems.length, 1, problems.join('\n'));
  return problems[0]!;
}

/** The problem of an option given as a flag. */
function problemOf(name: OptionName, text: string): string {
  const flag = `--${name.replaceAll('_', '-')}`;
  const [problem, ...others] = problemsDry({ argv: [`${flag}=${text}`] });
  assert.deepEqual(others, []);
  assert.ok(problem?.startsWith(`flag ${flag}: `), problem);
  return problem.slice(`flag ${flag}: `.length);
}

const RULES = `record:
  write_relabel_configs:
  - source_labels: [__name__, job]
    regex: go_.*;.*
    action: Drop
  - target_label: cluster
    replacement: 1.0
  - {source_labels: &from [a], target_label: b, separator: , regex: 010}
  - source_labels: *from
    target_label: shard
    modulus: 16
    action: hashmod
`;

describe('relabel rules', () => {
  it('are the fields of Prometheus with its defaults, scalars as they are written', () => {
    const [drop, static1, odd, hash] = configOf(RULES)['record.write_relabel_configs'];
    assert.deepEqual(drop, {
      action: 'drop',
      sourceLabels: ['__name__', 'job'],
      separator: ';',
      regex: 'go_.*;.*',
      modulus: 0,
      targetLabel: '',
      replacement: '$1',
    });
    assert.deepEqual([static1?.action, static1?.replacement, static1?.regex], ['replace', '1.0', '(.*)']);
    assert.deepEqual([odd?.separator, odd?.regex], ['', '010']);
    assert.deepEqual([hash?.sourceLabels, hash?.modulus], [['a'], 16]);
  });

  it('may be an empty list', () => {
    assert.deepEqual(configOf('record: {write_relabel_configs: []}')['record.write_relabel_configs'], []);
    assert.deepEqual(configOf('')['record.write_relabel_configs'], []);
  });

  it('are YAML or JSON in a variable', () => {
    for (const text of ['- {action: labeldrop, regex: x}', '[{"action":"labeldrop","regex":"x"}]']) {
      const { config } = loadedDry({ env: { RECORD_WRITE_RELABEL_CONFIGS: text } });
      const [rule] = config['record.write_relabel_configs'];
      assert.deepEqual([rule?.action, rule?.regex], ['labeldrop', 'x']);
    }
  });

  const name = 'record.write_relabel_configs';
  const cases: [text: string, problem: string][] = [
    ['[{target_label: a}, {action: dorp}]', 'rule 2: action: unknown action "dorp" (did you mean `drop`?)'],
    [
      '[{action: x}]',
      'rule 1: action: unknown action "x", expected replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase',
    ],
    ['[{source_label: [a]}]', 'rule 1: unknown field "source_label" (did you mean `source_labels`?)'],
    [
      '[{if: x}]',
      'rule 1: unknown field "if", expected action, source_labels, separator, regex, modulus, target_label, replacement',
    ],
    [
      '[{action: keep, regex: "("}]',
      'rule 1: regex: "(" is not a regular expression: missing closing ): `(`',
    ],
    ['[{action: replace}]', 'rule 1: target_label is missing: replace needs one'],
    [
      '[{action: labeldrop, replacement: x}]',
      'rule 1: replacement has no effect with labeldrop, leave it out',
    ],
    ['[{target_label: a, regex: [x]}]', 'rule 1: regex: is not text'],
    [
      '[{target_label: a, modulus: -1}]',
      'rule 1: modulus: "-1" is not a whole number, expected one from 1 to 9007199254740991',
    ],
    [
      '[{target_label: a, source_labels: b}]',
      'rule 1: source_labels: "b" is not a list, expected an entry with a dash in front for each label',
    ],
    [
      '[{target_label: a, source_labels: [b, "", [c]]}]',
      'rule 1: source_labels: label 2: "" is not the name of a label; label 3: is not text',
    ],
    [
      '[drop, {target_label: a}, {}]',
      'rule 1: is not a mapping, expected names with a colon and a value each; rule 3: target_label is missing: replace needs one',
    ],
    ['{action: drop}', 'is not a list, expected an entry with a dash in front for each rule'],
    ['drop', '"drop" is not a list, expected an entry with a dash in front for each rule'],
    ['[{action: drop, action: keep}]', 'character 17: duplicate key, each may be given once'],
    ['["x]', 'character 5: a colon, comma, quote or bracket is missing'],
  ];
  for (const [text, problem] of cases) {
    it(`that are ${text} are refused with the place inside`, () =>
      assert.equal(problemOf(name, text), problem));
  }

  it('that are wrong in a file have the place of the option too', () => {
    assert.equal(
      problemIn(`${RULES}  - action: dorp\n`),
      'config.yml:3:3: record.write_relabel_configs: rule 5: action: unknown action "dorp" (did you mean `drop`?)',
    );
  });

  it('that contain themselves are refused', () => {
    const problem = problemIn('record: {write_relabel_configs: &all [*all]}');
    assert.match(problem, /rule 1: is not a mapping/);
  });
});

describe('selectors', () => {
  it('are those of Telefonica’s variable', () => {
    const { config, origins } = loadedDry({ env: { MATCH: '[\'up{job="a"}\',"go"]' } });
    assert.deepEqual(config['record.match'], ['up{job="a"}', 'go']);
    assert.deepEqual(origins['record.match'], { source: 'variable', place: 'MATCH' });
    assert.deepEqual(loadedDry({ env: { MATCH: '- up\n- go\n' } }).config['record.match'], ['up', 'go']);
  });

  it('that are wrong are all named', () => {
    assert.deepEqual(problemsDry({ env: { MATCH: '[up, "go{a}", "x{"]' } }), [
      'variable MATCH: entry 2: "go{a}" at character 5: expected =, !=, =~ or !~ behind a; entry 3: "x{" at character 3: expected the name of a label',
    ]);
  });

  it('need no list when there is one, which is never split and may be like YAML of another meaning', () => {
    for (const one of ['up', 'up{job="a",x!="b"}', '{job="a"}', 'up{a="b: c"}', 'up{a="b #c"}', '{"x"}']) {
      const given = [
        { argv: [`--record.match= ${one}`] },
        { env: { MATCH: one } },
        { env: { RECORD_MATCH: `${one}\n` } },
        { files: { 'config.yml': `record:\n  match: '${one}'\n` } },
      ];
      for (const each of given) assert.deepEqual(loadedDry(each).config['record.match'], [one]);
    }
    assert.deepEqual(loadedDry({ env: { MATCH: '"up"' } }).config['record.match'], ['up']);
    assert.deepEqual(configOf('record: {match: ""}')['record.match'], []);
    const plain = configOf('record:\n  match: up{job="a"}\n');
    assert.deepEqual(plain['record.match'], ['up{job="a"}']);
  });

  it('that are neither one nor a list are shown, and those that YAML takes for something else explained', () => {
    assert.equal(
      problemOf('record.match', 'up, go'),
      '"up, go" at character 3: expected the end, or labels in braces such as {job="web"}',
    );
    assert.equal(
      problemIn('record: {match: {a="b"}}'),
      'config.yml:1:17: record.match: is neither a selector nor a list of them, put one that begins with a brace in quotes',
    );
  });
});

describe('external labels', () => {
  it('are names and texts', () => {
    const config = configOf('record:\n  external_labels: {cluster: eu, n: 007, none: , "a.b": "x y"}\n');
    const expected = new Map(Object.entries({ cluster: 'eu', n: '007', none: '', 'a.b': 'x y' }));
    assert.deepEqual(config['record.external_labels'], expected);
  });

  it('that are none are refused', () => {
    const name = 'record.external_labels';
    assert.equal(problemOf(name, '{"": x, a: [b]}'), 'a label has no name; a: is not text');
    assert.equal(problemOf(name, '[a]'), 'is not a mapping, expected names with a colon and a value each');
  });
});

describe('routes', () => {
  it('are a selector and a topic each', () => {
    const config = configOf('kafka:\n  routes:\n  - match: up{a="b"}\n    topic: x.{{ .job }}\n');
    assert.deepEqual(config['kafka.routes'], [{ match: 'up{a="b"}', topic: 'x.{{ .job }}' }]);
  });

  const cases: [text: string, problem: string][] = [
    [
      '[{match: up, topic: a b}]',
      'route 1: topic: "a b" is not a topic name: 1 to 249 letters, digits, `.`, `_` or `-`, but not `.` or `..`',
    ],
    [
      '[{match: up, topic: "{{ job }}"}]',
      'route 1: topic: "{{ job }}" at character 4: job is not supported, expected index, replace, substring',
    ],
    [
      '[{match: "{}", topic: a}]',
      'route 1: match: "{}" at character 3: selects every series: name a metric or a label',
    ],
    ['[{topic: a}]', 'route 1: match: is missing'],
    ['[{match: up}]', 'route 1: topic: is missing'],
    ['[{match: up, topics: a}]', 'route 1: unknown field "topics" (did you mean `topic`?)'],
  ];
  for (const [text, problem] of cases) {
    it(`that are ${text} are refused with the place inside`, () =>
      assert.equal(problemOf('kafka.routes', text), problem));
  }
});

describe('topic templates', () => {
  it('that are wrong are refused with the character', () => {
    assert.equal(
      problemOf('kafka.topic', 'm.{{ .job'),
      '"m.{{ .job" at character 10: expected closing braces or a bar',
    );
    assert.match(problemOf('kafka.topic', '..'), /^"\.\." is not a topic name: /);
  });
});

it('what is printed of rules for series loads again as the same', () => {
  const first = loadedDry({
    files: { 'config.yml': RULES },
    env: { MATCH: '["a{b=\\"#: x\\\\n\\"}"]', KAFKA_ROUTES: '[{match: up, topic: "{{ .a }}"}]' },
    argv: ['--record.external-labels={"a.b": "1.0", __proto__: x}'],
  });
  const printed = printConfig(first);
  assert.match(printed, /^ {2}match: \[.*\] # variable MATCH$/m);
  const again = loaded({ files: { 'config.yml': printed } });
  assert.deepEqual(again.config, first.config);
  assert.equal(again.config['record.external_labels'].get('__proto__'), 'x');
});
