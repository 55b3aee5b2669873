/** What stands between the braces of a topic template: texts, labels and functions, with the rules of Go. */

import { Buffer } from 'node:buffer';
import { closest, didYouMean } from './closest.ts';
import type { LabelMap } from './label-map.ts';
import type { Scanner } from './scanner.ts';

/** Undefined when there is none: a label that is missing, or a part of a text that is empty. */
type TextOf = (labels: LabelMap) => string | undefined;

export interface Text {
  readonly kind: 'text';
  readonly of: TextOf;
  /** Those that the text depends on. */
  readonly labels: readonly string[];
}

export type Expression =
  | Text
  | { readonly kind: 'number'; readonly value: number }
  /** A dot or `$`: all labels. */
  | { readonly kind: 'labels' };

interface GoFunction {
  readonly takes: readonly Expression['kind'][];
  readonly usage: string;
  /** The arguments are of those kinds; what cannot be is a problem. */
  apply(args: readonly Expression[]): Expression | { readonly problem: string };
}

/** Space that is followed by neither the end of the call nor a dash that trims. */
const BEFORE_ARGUMENT = /[ \t\r\n]+(?![ \t\r\n|)}]|-\}\})/y;

const FUNCTIONS: Readonly<Record<string, GoFunction>> = {
  index: { takes: ['labels', 'text'], usage: 'index . "label"', apply: index },
  replace: { takes: ['text', 'text', 'text'], usage: 'replace "old" "new" .label', apply: replace },
  substring: { takes: ['number', 'number', 'text'], usage: 'substring 0 5 .label', apply: substring },
};

/** A pipeline: each function takes what stands before the bar as its last argument. */
export function takePipeline(scanner: Scanner): Expression {
  let value: Expression | undefined;
  for (;;) {
    scanner.take(/[ \t\r\n]*/y);
    value = takeCommand(scanner, value);
    if (scanner.take(/[ \t\r\n]*\|/y) === undefined) return value;
  }
}

function takeCommand(scanner: Scanner, piped: Expression | undefined): Expression {
  const start = scanner.at;
  const name = scanner.take(/[\p{L}_][\p{L}\p{Nd}_]*/uy);
  if (name !== undefined) return takeCall(scanner, { name, start, piped });
  if (piped !== undefined) scanner.fail(`expected a function behind the bar: ${namesOfFunctions()}`);
  const operand =
    takeOperand(scanner) ??
    scanner.fail(`expected a label such as .job, a text in quotes, or a function: ${namesOfFunctions()}`);
  if (operand.kind === 'labels')
    scanner.fail('a dot alone means all labels, expected one: .job or index . "job"', start);
  return operand;
}

interface Call {
  readonly name: string;
  readonly start: number;
  readonly piped: Expression | undefined;
}

function takeCall(scanner: Scanner, { name, start, piped }: Call): Expression {
  if (!Object.hasOwn(FUNCTIONS, name)) {
    const near = didYouMean(closest(name, Object.keys(FUNCTIONS)));
    scanner.fail(`${name} is not supported, expected ${namesOfFunctions()}${near}`, start);
  }
  const { takes, usage, apply } = FUNCTIONS[name]!;
  const args: Expression[] = [];
  while (scanner.take(BEFORE_ARGUMENT) !== undefined)
    args.push(takeOperand(scanner) ?? scanner.fail(`expected an argument: ${usage}`));
  if (piped !== undefined) args.push(piped);
  const fits = args.length === takes.length && args.every(({ kind }, place) => kind === takes[place]);
  if (!fits) scanner.fail(`${name} is written ${usage}, the last argument may come through a bar`, start);
  const result = apply(args);
  return 'problem' in result ? scanner.fail(`${name} ${result.problem}`, start) : result;
}

function namesOfFunctions(): string {
  return Object.keys(FUNCTIONS).join(', ');
}

/** One argument; undefined when none stands here. */
function takeOperand(scanner: Scanner): Expression | undefined {
  const start = scanner.at;
  if (scanner.text[start] === "'") scanner.fail('texts stand in double quotes or backquotes');
  const quoted = scanner.takeQuoted();
  if (quoted !== undefined) return textOf(quoted);
  const number = scanner.take(/[+-]?\d[\w.]*/y);
  if (number !== undefined) {
    if (!/^[+-]?(0|[1-9]\d{0,8})$/.test(number)) scanner.fail(`${number} is not a whole number`, start);
    return { kind: 'number', value: Number(number) };
  }
  if (scanner.take(/\(/y) !== undefined) {
    const inner = takePipeline(scanner);
    if (scanner.take(/[ \t\r\n]*\)/y) === undefined) scanner.fail('expected a closing parenthesis');
    return inner;
  }
  const dot = scanner.take(/\$\.(?=[\p{L}_])|[$.]/uy);
  if (dot === undefined) return undefined;
  if (dot === '$') return { kind: 'labels' };
  const label = scanner.take(/[\p{L}_][\p{L}\p{Nd}_]*/uy);
  if (label === undefined) return { kind: 'labels' };
  if (scanner.text[scanner.at] === '.')
    scanner.fail('a label has no parts; one with a dot in its name is written index . "a.b"');
  return { kind: 'text', of: (labels) => labels.get(label), labels: [label] };
}

function textOf(text: string): Expression {
  return { kind: 'text', of: () => text, labels: [] };
}

/** A label that is missing is empty, other than behind a dot. */
function index(args: readonly Expression[]): ReturnType<GoFunction['apply']> {
  const { of, labels } = args[1] as Text;
  const name = of(new Map());
  if (labels.length > 0 || name === undefined) return { problem: 'needs the name of the label in quotes' };
  return { kind: 'text', of: (series) => series.get(name) ?? '', labels: [name] };
}

function replace(args: readonly Expression[]): Expression {
  const [old, replacement, source] = args as readonly Text[];
  return {
    kind: 'text',
    labels: (args as readonly Text[]).flatMap(({ labels }) => labels),
    of(series) {
      const [from, to, text] = [old!.of(series), replacement!.of(series), source!.of(series)];
      if (from === undefined || to === undefined || text === undefined) return undefined;
      // Between all letters, where an empty text is.
      if (from === '') return ['', ...text, ''].join(to);
      return text.replaceAll(from, () => to);
    },
  };
}

/** By bytes, to the end when the end is negative. */
function substring(args: readonly Expression[]): ReturnType<GoFunction['apply']> {
  const [from, to] = args.slice(0, 2).map((arg) => (arg as Extract<Expression, { kind: 'number' }>).value);
  const { of, labels } = args[2] as Text;
  const start = Math.max(from!, 0);
  const end = to! < 0 ? Number.POSITIVE_INFINITY : to!;
  if (start >= end) return { problem: `from ${start} to ${end} is empty` };
  return {
    kind: 'text',
    labels,
    of(series) {
      const bytes = Buffer.from(of(series) ?? '');
      return start < bytes.length ? bytes.subarray(start, end).toString() : undefined;
    },
  };
}
