/** What kinds of values with levels below them are put together from: texts, sequences and mappings. */

import { closest, didYouMean } from '../lib/closest.ts';
import type { JsonSchema, Kind, Reading, YamlValue } from './kind.ts';
import { quoted } from './quoted.ts';
import { readYaml } from './yaml-value.ts';

const MOST_ENTRIES = 1000;
const LONGEST_TEXT = 4096;

/** Reads what `deepValue` gives; an error says where below it, what is there, and what is wrong with it. */
export type Read<Value> = (value: unknown) => Reading<Value>;

/** Scalars are taken as they are written, and nothing is an empty text, as in Prometheus. */
export const TEXT_SCHEMA: JsonSchema = {
  anyOf: ['string', 'number', 'boolean', 'null'].map((type) => ({ type })),
};

interface Structure<Value> {
  readonly type: string;
  readonly bounds: string;
  readonly schema: JsonSchema;
  /** What stands for no text at all. */
  readonly empty: unknown;
  readonly read: Read<Value>;
  /** Whether `read` is to have the text as it stands, which would mean something else as YAML. */
  isPlain?(text: string): boolean;
  toYaml(value: Value): YamlValue;
}

/** YAML below its key in the file; YAML or JSON as the text of a flag or variable. */
export function structure<Value>(parts: Structure<Value>): Kind<Value> {
  const { empty, read, isPlain, toYaml, ...described } = parts;
  return {
    ...described,
    form: 'structure',
    parse(text) {
      if (text.trim() === '') return read(empty);
      if (isPlain?.(text)) return read(text.trim());
      const content = readYaml(text);
      return 'error' in content ? content : read(content.value);
    },
    fromYaml: read,
    format: (value) => JSON.stringify(toYaml(value)),
    toYaml,
  };
}

export function readText(value: unknown): Reading<string> {
  if (value === null) return { value: '' };
  if (typeof value === 'object' || value === undefined) return { error: 'is not text' };
  const text = String(value);
  return text.length > LONGEST_TEXT
    ? { error: `has ${text.length} characters, the most is ${LONGEST_TEXT}` }
    : { value: text };
}

/** A text with a meaning: `check` says what is wrong with it, going on from the text. */
export function checkedText(check: (text: string) => string | undefined): Read<string> {
  return (value) => {
    const reading = readText(value);
    if ('error' in reading) return reading;
    const problem = check(reading.value);
    return problem === undefined ? reading : { error: `${quoted(reading.value)} ${problem}` };
  };
}

/** Puts where it is in front of what is wrong. */
export function within<Value>(place: string, reading: Reading<Value>): Reading<Value> {
  return 'error' in reading ? { error: `${place}: ${reading.error}` } : reading;
}

/** A sequence; `noun` is what its entries are called, `rule 2: ...`. All entries that are wrong are named. */
export function sequence<Value>(noun: string, read: Read<Value>): Read<readonly Value[]> {
  return (value) => {
    if (!Array.isArray(value)) {
      const seen = typeof value === 'string' ? `${quoted(value)} ` : '';
      return { error: `${seen}is not a list, expected an entry with a dash in front for each ${noun}` };
    }
    if (value.length > MOST_ENTRIES)
      return { error: `has ${value.length} entries, the most is ${MOST_ENTRIES}` };
    return together(value.map((entry, index) => within(`${noun} ${index + 1}`, read(entry))));
  };
}

/** The values when all could be read, else everything that is wrong. */
export function together<Value>(readings: readonly Reading<Value>[]): Reading<readonly Value[]> {
  const errors = readings.flatMap((reading) => ('error' in reading ? [reading.error] : []));
  if (errors.length > 0) return { error: errors.join('; ') };
  return { value: readings.flatMap((reading) => ('value' in reading ? [reading.value] : [])) };
}

/** The names and what stands below them, in their order. */
export function readMapping(value: unknown): Reading<readonly (readonly [name: string, value: unknown])[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { error: 'is not a mapping, expected names with a colon and a value each' };
  return { value: Object.entries(value) };
}

/** A mapping that may have these fields and no others. */
export function readFields(value: unknown, known: readonly string[]): Reading<ReadonlyMap<string, unknown>> {
  const mapping = readMapping(value);
  if ('error' in mapping) return mapping;
  const unknown = mapping.value.find(([name]) => !known.includes(name));
  if (unknown === undefined) return { value: new Map(mapping.value) };
  const meant = didYouMean(closest(unknown[0], known)) || `, expected ${known.join(', ')}`;
  return { error: `unknown field ${quoted(unknown[0])}${meant}` };
}
