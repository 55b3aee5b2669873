/** Selectors take the series that Prometheus takes with the same text. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checked } from '../../src/lib/parsed.ts';
import { parseSelector } from '../../src/lib/selector.ts';

type Labels = Readonly<Record<string, string>>;

function isTaken(text: string, labels: Labels): boolean {
  return checked(parseSelector(text)).matches(new Map(Object.entries(labels)));
}

const UP: Labels = { __name__: 'up', job: 'node', instance: 'db-1:9100', quote: 'a"b\\c\nd' };

describe('a selector', () => {
  const takes = [
    'up',
    ' up ',
    'up{}',
    'up{job="node"}',
    'up { job = "node" , }',
    'up{job="node",instance="db-1:9100"}',
    "up{job='node'}",
    'up{job=`node`}',
    '{job="node"}',
    '{__name__="up"}',
    '{"up"}',
    '{"up",job="node"}',
    'up{"job"="node"}',
    'up{job!="other"}',
    'up{none!="x"}',
    'up{none=""}',
    'up{none=~""}',
    'up{none=~"x|"}',
    'up{none!~"x"}',
    'up{job!=""}',
    'up{job=~"n.*"}',
    'up{job=~"node|other"}',
    'up{job!~"ode"}',
    '{__name__=~"u.*"}',
    'up{quote="a\\"b\\\\c\\nd"}',
    "up{quote='a\"b\\\\c\\nd'}",
    'up{quote=`a"b\\c\nd`}',
    'up{instance=~"db-\\\\d:9100"}',
    'up{instance=~`db-\\d:9100`}',
    'up{\n  job="node",\n  instance!="x",\n}',
  ];
  for (const text of takes) {
    it(`${JSON.stringify(text)} takes what it describes`, () => assert.equal(isTaken(text, UP), true));
  }

  const passes = [
    'down',
    'UP',
    'u',
    'up{job="nod"}',
    'up{job="Node"}',
    'up{job!="node"}',
    'up{job="node",instance="x"}',
    'up{none="x"}',
    'up{none=~".+"}',
    'up{job=""}',
    'up{job=~"n"}',
    'up{job=~"ode"}',
    'up{job!~"n.*"}',
    '{job="x"}',
    '{"down"}',
  ];
  for (const text of passes) {
    it(`${JSON.stringify(text)} leaves the others`, () => assert.equal(isTaken(text, UP), false));
  }

  it('knows names with dots, dashes and other letters without quotes', () => {
    const labels = { __name__: 'http.server-1', 'label-1': 'v', 'k8s.pod': 'p', größe: 'x' };
    for (const text of ['http.server-1{label-1="v"}', '{k8s.pod="p"}', 'http.server-1{größe="x"}'])
      assert.equal(isTaken(text, labels), true, text);
  });

  it('says the one name it takes, when it says one in front', () => {
    const nameOf = (text: string): string | undefined => checked(parseSelector(text)).name;
    assert.equal(nameOf('up'), 'up');
    assert.equal(nameOf('up{job="x"}'), 'up');
    for (const text of ['{job="x"}', '{"up"}', '{__name__="up"}']) assert.equal(nameOf(text), undefined);
  });
});

describe('what is no selector', () => {
  const cases: [text: string, error: string][] = [
    ['', 'at character 1: selects every series: name a metric or a label'],
    ['{}', 'at character 3: selects every series: name a metric or a label'],
    ['up down', 'at character 4: expected the end, or labels in braces such as {job="web"}'],
    ['up{job="x"} 0', 'at character 13: expected the end, or labels in braces such as {job="web"}'],
    ['up{', 'at character 4: expected the name of a label'],
    ['up{,}', 'at character 4: expected the name of a label'],
    ['up{job}', 'at character 7: expected =, !=, =~ or !~ behind job'],
    ['up{job:"x"}', 'at character 8: expected =, !=, =~ or !~ behind job:'],
    ['up{job=x}', 'at character 8: expected a value in quotes behind ='],
    ['up{job=="x"}', 'at character 8: expected a value in quotes behind ='],
    ['up{job="x" a="y"}', 'at character 12: expected a comma or a closing brace'],
    ['up{job="x"', 'at character 11: expected a comma or a closing brace'],
    ['up{job="x}', 'at character 8: a quote " that does not end on its line'],
    ['up{job="x\ny"}', 'at character 8: a quote " that does not end on its line'],
    [
      'up{job=~"\\d"}',
      'at character 10: the escape \\d is not known: write \\\\ for a backslash, or backquotes in the place of "',
    ],
    ['up{job=~"("}', 'at character 9: the value is not a regular expression: missing closing ): `(`'],
    ['up{__name__="x"}', 'at character 4: the name stands before the braces already'],
    ['up{"x"}', 'at character 4: the name stands before the braces already'],
    ['sum(up)', 'at character 4: expected the end, or labels in braces such as {job="web"}'],
  ];
  for (const [text, error] of cases) {
    it(`is ${JSON.stringify(text)}`, () => assert.deepEqual(parseSelector(text), { error }));
  }
});
