/** Selectors of series: `name{label="v",other=~"a|b"}`, as Prometheus writes them. */

import type { LabelMap } from './label-map.ts';
import type { Parsed } from './parsed.ts';
import { parsePattern } from './pattern.ts';
import type { Scanner } from './scanner.ts';
import { scan } from './scanner.ts';

export interface Selector {
  /** The one metric name that it takes; undefined when that is not all there is to say. */
  readonly name: string | undefined;
  /** A label that is missing is the same as an empty one. */
  matches(labels: LabelMap): boolean;
}

interface Matcher {
  readonly label: string;
  accepts(value: string): boolean;
}

const NAME = '__name__';
const SPACE = /\s*/y;
/** More than Prometheus takes without quotes: names with dots and dashes need none. */
const WORD = /[^\s{}()[\]"'`=!~,]+/y;

/** Everything that a selector says must hold. One that says nothing is an error: it would select everything. */
export function parseSelector(text: string): Parsed<Selector> {
  return scan(text, (scanner) => {
    scanner.take(SPACE);
    const word = scanner.take(WORD);
    const matchers = word === undefined ? [] : [equal(NAME, word)];
    scanner.take(SPACE);
    if (scanner.take(/\{/y) !== undefined) matchers.push(...takeMatchers(scanner, word !== undefined));
    scanner.take(SPACE);
    if (!scanner.isAtEnd) scanner.fail('expected the end, or labels in braces such as {job="web"}');
    if (matchers.length === 0) scanner.fail('selects every series: name a metric or a label');
    return { name: word, matches: (labels) => matchers.every((matcher) => isMet(matcher, labels)) };
  });
}

function isMet({ label, accepts }: Matcher, labels: LabelMap): boolean {
  return accepts(labels.get(label) ?? '');
}

function equal(label: string, wanted: string): Matcher {
  return { label, accepts: (value) => value === wanted };
}

function takeMatchers(scanner: Scanner, isNamed: boolean): Matcher[] {
  const matchers: Matcher[] = [];
  for (;;) {
    scanner.take(SPACE);
    if (scanner.take(/\}/y) !== undefined) return matchers;
    const start = scanner.at;
    const matcher = takeMatcher(scanner);
    if (isNamed && matcher.label === NAME) scanner.fail('the name stands before the braces already', start);
    matchers.push(matcher);
    scanner.take(SPACE);
    if (scanner.take(/,/y) === undefined && scanner.text[scanner.at] !== '}')
      scanner.fail('expected a comma or a closing brace');
  }
}

function takeMatcher(scanner: Scanner): Matcher {
  const quoted = scanner.takeQuoted();
  const label = quoted ?? scanner.take(WORD) ?? scanner.fail('expected the name of a label');
  scanner.take(SPACE);
  const operator = scanner.take(/=~|!~|!=|=/y);
  // A name in quotes alone is that of the metric: `{"http.requests", job="web"}`.
  if (operator === undefined && quoted !== undefined) return equal(NAME, quoted);
  if (operator === undefined) return scanner.fail(`expected =, !=, =~ or !~ behind ${label}`);
  scanner.take(SPACE);
  const start = scanner.at;
  const wanted = scanner.takeQuoted() ?? scanner.fail(`expected a value in quotes behind ${operator}`);
  if (operator === '=') return equal(label, wanted);
  if (operator === '!=') return { label, accepts: (value) => value !== wanted };
  const pattern = parsePattern(wanted);
  if ('error' in pattern) return scanner.fail(`the value ${pattern.error}`, start);
  const { matches } = pattern.value;
  return { label, accepts: operator === '=~' ? matches : (value) => !matches(value) };
}
