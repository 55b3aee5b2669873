/** Topic templates give what Go's text/template gives with the functions of Telefonica's adapter. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checked } from '../../src/lib/parsed.ts';
import { parseTopicTemplate } from '../../src/lib/topic-template.ts';

const LABELS = new Map(Object.entries({ __name__: 'up', a: 'hello', b: 'bee', u: 'é€x', 'dot.ted': 'd.t' }));

function rendered(text: string): string {
  return checked(parseTopicTemplate(text)).render(LABELS);
}

describe('a topic template', () => {
  const cases: [text: string, topic: string][] = [
    ['metrics', 'metrics'],
    ['metrics.{{ .a }}', 'metrics.hello'],
    ['{{.a}}-{{.b}}_x', 'hello-bee_x'],
    ['{{ .__name__ }}', 'up'],
    ['{{ $.a }}', 'hello'],
    ['{{ index . "a" }}', 'hello'],
    ['{{ index $ "dot.ted" }}', 'd.t'],
    ['{{ "a" | index . }}', 'hello'],
    ['{{ "text" }}{{ `raw` }}', 'textraw'],
    ['{{ replace "l" "L" .a }}', 'heLLo'],
    ['{{ .a | replace "l" "" }}', 'heo'],
    ['{{ .a | replace "l" "$&" | replace "$&" "x" }}', 'hexxo'],
    ['{{ replace "" "-" .b }}', '-b-e-e-'],
    ['{{ replace .a .b "hello.hello" }}', 'bee.bee'],
    ['{{ replace "e" "o" (index . "b") }}', 'boo'],
    ['{{ (.a) }}{{ ( replace "l" "x" (.a | replace "o" "l") ) }}', 'hellohexxx'],
    ['{{ substring 0 2 .a }}', 'he'],
    ['{{ .a | substring 1 -1 }}', 'ello'],
    ['{{ .a | substring -3 2 }}', 'he'],
    ['{{ .a | substring 3 99 }}', 'lo'],
    ['{{ .u | substring 0 5 | replace "é€" "ok" }}', 'ok'],
    ['{{ .a|replace "l" "x"|substring +0 3 }}', 'hex'],
    ['{{ index . "a" | replace "hell" "lab-fo" | substring 4 -1 }}', 'foo'],
    ['a{{/* a comment with }} in it */}}b', 'ab'],
    ['a {{- /* c */ -}} b', 'ab'],
    ['a {{- .a -}}\t b', 'ahellob'],
    ['{{- .a }}{{ .b -}} ', 'hellobee'],
    ['{{ index . "missing" }}m', 'm'],
    ['{{ index . "missing" | replace "a" "b" }}m', 'm'],
  ];
  for (const [text, topic] of cases) {
    it(`${text} gives ${topic}`, () => assert.equal(rendered(text), topic));
  }

  it('gives nothing when a part of it cannot be had', () => {
    const texts = [
      'm.{{ .missing }}',
      'm.{{ replace "a" "b" .missing }}',
      'm.{{ replace .missing "b" "x" }}',
      'm.{{ .missing | substring 0 1 }}',
      'm.{{ .b | substring 3 -1 }}',
      'm.{{ index . "missing" | substring 0 1 }}',
    ];
    for (const text of texts) assert.equal(rendered(text), '', text);
  });

  it('cuts bytes, and half a letter is no part of a topic name', () => {
    assert.equal(rendered('{{ .u | substring 0 1 }}'), '\ufffd');
  });

  it('keeps what the labels have, be it a topic name or not', () => {
    const template = checked(parseTopicTemplate('m.{{ .a }}'));
    assert.equal(template.render(new Map([['a', 'x y/z']])), 'm.x y/z');
  });

  it('knows the labels it uses, and is constant without any', () => {
    const used = (text: string): string[] => [...checked(parseTopicTemplate(text)).labelsUsed].sort();
    assert.deepEqual(used('{{ .a }}{{ index . "b.c" | replace .d (.e) }}{{ .a | substring 0 1 }}'), [
      'a',
      'b.c',
      'd',
      'e',
    ]);
    for (const text of ['metrics', 'a{{ "b" }}', '{{ replace "a" "b" "a.b" }}']) {
      assert.deepEqual(used(text), [], text);
      assert.equal(checked(parseTopicTemplate(text)).isConstant, true, text);
    }
    assert.equal(checked(parseTopicTemplate('{{ index . "a" }}')).isConstant, false);
  });
});

describe('what is no topic template', () => {
  const name = 'is not a topic name: 1 to 249 letters, digits, `.`, `_` or `-`, but not `.` or `..`';
  const functions = 'index, replace, substring';
  const cases: [text: string, error: string][] = [
    ['', name],
    ['a b', name],
    ['..', name],
    ['}}', name],
    ['x'.repeat(250), name],
    ['{{ "a b" }}', name],
    ['{{/* nothing */}}', name],
    ['a b{{ .x }}', 'at character 2: a topic name cannot have " "'],
    ['{{ .x }}/', 'at character 9: a topic name cannot have "/"'],
    ['{{ }}', `at character 4: expected a label such as .job, a text in quotes, or a function: ${functions}`],
    ['a{{ .x', 'at character 7: expected closing braces or a bar'],
    ['{{ .x }', 'at character 6: expected closing braces or a bar'],
    ['{{ .x "y" }}', 'at character 6: expected closing braces or a bar'],
    ['{{ . }}', 'at character 4: a dot alone means all labels, expected one: .job or index . "job"'],
    [
      '{{ .a.b }}',
      'at character 6: a label has no parts; one with a dot in its name is written index . "a.b"',
    ],
    ['{{ .x | .y }}', `at character 9: expected a function behind the bar: ${functions}`],
    ['{{ .x | }}', `at character 9: expected a function behind the bar: ${functions}`],
    ['{{ if .x }}a{{ end }}', `at character 4: if is not supported, expected ${functions}`],
    ['{{ printf "%s" .x }}', `at character 4: printf is not supported, expected ${functions}`],
    ['{{ substr 0 1 .x }}', `at character 4: substr is not supported, expected ${functions}`],
    [
      '{{ replce "a" "b" .x }}',
      `at character 4: replce is not supported, expected ${functions} (did you mean \`replace\`?)`,
    ],
    [
      '{{ replace "a" .x }}',
      'at character 4: replace is written replace "old" "new" .label, the last argument may come through a bar',
    ],
    [
      '{{ .x | replace "a" }}',
      'at character 9: replace is written replace "old" "new" .label, the last argument may come through a bar',
    ],
    [
      '{{ substring "0" 1 .x }}',
      'at character 4: substring is written substring 0 5 .label, the last argument may come through a bar',
    ],
    [
      '{{ index .x "a" }}',
      'at character 4: index is written index . "label", the last argument may come through a bar',
    ],
    ['{{ index . .x }}', 'at character 4: index needs the name of the label in quotes'],
    ['{{ substring 3 3 .x }}', 'at character 4: substring from 3 to 3 is empty'],
    ['{{ substring 0 1.5 .x }}', 'at character 16: 1.5 is not a whole number'],
    ['{{ substring 0 010 .x }}', 'at character 16: 010 is not a whole number'],
    ['{{ 5 }}', 'at character 3: a number is no part of a topic name'],
    ["{{ 'a' }}", 'at character 4: texts stand in double quotes or backquotes'],
    ['{{ "a }}', 'at character 4: a quote " that does not end on its line'],
    [
      '{{ "\\x41" }}',
      'at character 5: the escape \\x is not known: write \\\\ for a backslash, or backquotes in the place of "',
    ],
    ['{{ (.x }}', 'at character 7: expected a closing parenthesis'],
    ['{{ replace "a" ] .x }}', 'at character 16: expected an argument: replace "old" "new" .label'],
    [
      '{{ replace"a" "b" .x }}',
      'at character 4: replace is written replace "old" "new" .label, the last argument may come through a bar',
    ],
  ];
  for (const [text, error] of cases) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
    it(`is ${JSON.stringify(shown)}`, () => assert.deepEqual(parseTopicTemplate(text), { error }));
  }
});
