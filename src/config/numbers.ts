/** The kinds of values that are numbers inside: durations, sizes, integers and ratios. */

import { formatDuration, formatSize, parseDuration, parseSize, suggestSize } from '../lib/units.ts';
import type { JsonSchema, Kind, Reading, YamlValue } from './kind.ts';

interface Range {
  readonly min: number;
  readonly max: number;
}

interface Measure {
  readonly type: string;
  readonly range: Range;
  readonly schema: JsonSchema;
  /** The words after `is not`: what it should have been. */
  readonly expected: string;
  readText(text: string): number | undefined;
  readNumber(value: number): number | undefined;
  /** A better hint for a text that cannot be read. */
  hint?(text: string): string | undefined;
  format(value: number): string;
  toYaml(value: number): YamlValue;
}

/** Everything that is a number inside: the way in differs, the bounds do not. */
function measure(parts: Measure): Kind<number> {
  const { range, format } = parts;
  const refuse = (text: string): Reading<number> => ({
    error: parts.hint?.(text) ?? `is not ${parts.expected}`,
  });
  const within = (value: number): Reading<number> => {
    if (value < range.min) return { error: `is below the minimum of ${format(range.min)}` };
    if (value > range.max) return { error: `is above the maximum of ${format(range.max)}` };
    return { value };
  };
  const numberIn = (value: number): Reading<number> => {
    const read = parts.readNumber(value);
    return read === undefined ? refuse(String(value)) : within(read);
  };
  const textIn = (text: string): Reading<number> => {
    const read = parts.readText(text);
    return read === undefined ? refuse(text) : within(read);
  };
  return {
    type: parts.type,
    bounds: `${format(range.min)} to ${format(range.max)}`,
    form: 'value',
    schema: parts.schema,
    parse: textIn,
    fromYaml(value) {
      if (typeof value === 'number') return numberIn(value);
      if (typeof value === 'string') return textIn(value);
      return { error: `is not ${parts.expected}` };
    },
    format,
    toYaml: parts.toYaml,
  };
}

/** A bound written in the table; a wrong one is a fault of the program. */
function bound(text: string, parse: (text: string) => number | undefined): number {
  const value = parse(text);
  if (value === undefined) throw new Error(`the option table has an unreadable bound: ${text}`);
  return value;
}

const DURATION = '^(0|(?=\\d)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$';

/** Milliseconds inside, `90s` or `1h30m` outside. */
export function duration({ min, max }: { min: string; max: string }): Kind<number> {
  const range = { min: bound(min, parseDuration), max: bound(max, parseDuration) };
  return measure({
    type: 'duration',
    range,
    schema: { anyOf: [{ type: 'string', pattern: DURATION }, { const: 0 }] },
    expected: 'a duration, expected a form such as `90s`, `2m`, `1h30m` or `250ms`',
    readText: parseDuration,
    // A bare number could be seconds or milliseconds; only 0 is the same in both.
    readNumber: (value) => (value === 0 ? 0 : undefined),
    hint(text) {
      if (/^\d+$/.test(text)) return `has no unit, expected a form such as \`${text}s\` or \`${text}ms\``;
      return new RegExp(DURATION).test(text)
        ? `is above the maximum of ${formatDuration(range.max)}`
        : undefined;
    },
    format: formatDuration,
    toYaml: formatDuration,
  });
}

/** Bytes inside, `32MiB` outside. */
export function size({ min, max }: { min: string; max: string }): Kind<number> {
  const range = { min: bound(min, parseSize), max: bound(max, parseSize) };
  return measure({
    type: 'size',
    range,
    schema: {
      anyOf: [
        { type: 'string', pattern: '^\\d+(KiB|MiB|GiB)?$' },
        { type: 'integer', minimum: range.min, maximum: range.max },
      ],
    },
    expected: 'a size, expected a form such as `512KiB`, `32MiB`, `1GiB` or a number of bytes',
    readText: parseSize,
    readNumber: (value) => (Number.isSafeInteger(value) ? value : undefined),
    hint(text) {
      const suggestion = suggestSize(text);
      if (suggestion === text || /^\d+$/.test(text))
        return `is above the maximum of ${formatSize(range.max)}`;
      return suggestion && `is not a size, sizes are counted in units of 1024: write \`${suggestion}\``;
    },
    format: formatSize,
    toYaml: formatSize,
  });
}

/** A number, or one in quotes, of which a schema cannot say the bounds. */
function orText(pattern: string, schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'string', pattern }] };
}

export function integer(range: Range): Kind<number> {
  return measure({
    type: 'integer',
    range,
    schema: orText('^-?\\d+$', { type: 'integer', minimum: range.min, maximum: range.max }),
    expected: `a whole number, expected one from ${range.min} to ${range.max}`,
    readText: (text) => (/^-?\d+$/.test(text) ? Number(text) : undefined),
    readNumber: (value) => (Number.isInteger(value) ? value : undefined),
    format: String,
    toYaml: (value) => value,
  });
}

export function ratio(range: Range): Kind<number> {
  return measure({
    type: 'ratio',
    range,
    schema: orText('^-?\\d+(\\.\\d+)?(e-?\\d+)?$', {
      type: 'number',
      minimum: range.min,
      maximum: range.max,
    }),
    expected: `a number, expected one from ${range.min} to ${range.max} such as \`0.25\``,
    readText: (text) => (/^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : undefined),
    readNumber: (value) => (Number.isFinite(value) ? value : undefined),
    format: String,
    toYaml: (value) => value,
  });
}
