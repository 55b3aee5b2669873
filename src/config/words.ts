/** The kinds of values that are words: booleans, choices, texts, secrets and lists. */

import { closest, didYouMean } from '../lib/closest.ts';
import type { Kind, Reading } from './kind.ts';
import { HIDDEN } from './kind.ts';

const LONGEST_TEXT = 4096;
const LONGEST_LIST = 100;

export function boolean(): Kind<boolean> {
  const error = 'is neither `true` nor `false`';
  const parse = (text: string): Reading<boolean> => {
    if (text === 'true' || text === '1') return { value: true };
    return text === 'false' || text === '0' ? { value: false } : { error };
  };
  return {
    type: 'boolean',
    bounds: '',
    form: 'switch',
    schema: { anyOf: [{ type: 'boolean' }, { enum: ['true', 'false', '1', '0'] }] },
    parse,
    fromYaml(value) {
      if (typeof value === 'string') return parse(value);
      return typeof value === 'boolean' ? { value } : { error };
    },
    format: String,
    toYaml: (value) => value,
  };
}

/** One of a few values; capitals do not matter, since peers write `SCRAM-SHA-512` and `INFO`. */
export function choice<const Value extends string | number>(...values: readonly Value[]): Kind<Value> {
  const names = values.map((value) => `\`${value}\``).join(', ');
  const pick = (seen: unknown, same: (value: Value) => boolean): Reading<Value> => {
    const value = values.find(same);
    if (value !== undefined) return { value };
    return {
      error: `is not one of ${names}${didYouMean(closest(String(seen).toLowerCase(), values.map(String)))}`,
    };
  };
  const parse = (text: string): Reading<Value> => pick(text, (value) => String(value) === text.toLowerCase());
  return {
    type: 'choice',
    bounds: names,
    form: 'value',
    schema: { enum: [...new Set([...values, ...values.map(String)])] },
    parse,
    fromYaml: (seen) => (typeof seen === 'string' ? parse(seen) : pick(seen, (value) => value === seen)),
    format: String,
    toYaml: (value) => value,
  };
}

interface TextRules {
  readonly maxLength?: number;
  /** Source of a regular expression, and in words what it asks for. Also goes into the JSON schema. */
  readonly pattern?: string;
  readonly expected?: string;
}

export function text({ maxLength = LONGEST_TEXT, pattern, expected = '' }: TextRules = {}): Kind<string> {
  const parse = (value: string): Reading<string> => {
    if (value.length > maxLength)
      return { error: `has ${value.length} characters, the most is ${maxLength}` };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(value))
      return { error: 'has control characters, expected one line of text' };
    if (pattern !== undefined && !new RegExp(pattern).test(value)) return { error: `is not ${expected}` };
    return { value };
  };
  return {
    type: 'text',
    bounds: expected,
    form: 'value',
    schema: { type: 'string', maxLength, ...(pattern === undefined ? {} : { pattern }) },
    parse,
    fromYaml: (value) =>
      typeof value === 'string' ? parse(value) : { error: 'is not text, put it in quotes' },
    format: (value) => value,
    toYaml: (value) => value,
  };
}

/** Text that no output shows. */
export function secret(): Kind<string> {
  const plain = text();
  const parse = (value: string): Reading<string> => {
    if (value !== HIDDEN) return plain.parse(value);
    return {
      error: `is the ${HIDDEN} that --print-config shows instead of the secret, expected the secret itself`,
    };
  };
  return {
    ...plain,
    type: 'secret',
    form: 'secret',
    schema: { ...plain.schema, not: { const: HIDDEN } },
    parse,
    fromYaml: (value) => (typeof value === 'string' ? parse(value) : plain.fromYaml(value)),
  };
}

/** Separated by commas in text, a sequence or such a text in YAML. */
export function list<Item>(item: Kind<Item>): Kind<readonly Item[]> {
  const collect = (readings: readonly Reading<Item>[]): Reading<readonly Item[]> => {
    if (readings.length > LONGEST_LIST) {
      return { error: `has ${readings.length} entries, the most is ${LONGEST_LIST}` };
    }
    const items: Item[] = [];
    for (const [index, reading] of readings.entries()) {
      if ('error' in reading) return { error: `is not valid: entry ${index + 1} ${reading.error}` };
      items.push(reading.value);
    }
    return { value: items };
  };
  const parse = (value: string): Reading<readonly Item[]> =>
    value.trim() === '' ? { value: [] } : collect(value.split(',').map((part) => item.parse(part.trim())));
  return {
    type: `list of ${item.type}`,
    bounds: item.bounds,
    form: 'list',
    schema: { anyOf: [{ type: 'array', maxItems: LONGEST_LIST, items: item.schema }, { type: 'string' }] },
    parse,
    fromYaml(value) {
      if (Array.isArray(value)) return collect(value.map((part) => item.fromYaml(part)));
      return typeof value === 'string'
        ? parse(value)
        : { error: `is not a list, expected ${item.type} entries` };
    },
    format: (value) => value.map((part) => item.format(part)).join(','),
    toYaml: (value) => value.map((part) => item.toYaml(part)),
  };
}

/** Empty text means that there is none. */
export function optional<Value>(kind: Kind<Value>): Kind<Value | undefined> {
  return {
    ...kind,
    bounds: `${kind.bounds}, or empty`,
    schema: { anyOf: [kind.schema, { const: '' }] },
    parse: (text) => (text === '' ? { value: undefined } : kind.parse(text)),
    fromYaml: (value) => (value === '' ? { value: undefined } : kind.fromYaml(value)),
    format: (value) => (value === undefined ? '' : kind.format(value)),
    toYaml: (value) => (value === undefined ? '' : kind.toYaml(value)),
  };
}
