/** The kinds of values that are rules for series: selectors, labels and routes. */

import type { LabelMap } from '../lib/label-map.ts';
import type { Parsed } from '../lib/parsed.ts';
import type { RoutingRule } from '../lib/routing-rule.ts';
import { parseSelector } from '../lib/selector.ts';
import { parseTopicTemplate } from '../lib/topic-template.ts';
import type { Kind, Reading } from './kind.ts';
import type { Read } from './structure.ts';
import {
  checkedText,
  readFields,
  readMapping,
  readText,
  sequence,
  structure,
  TEXT_SCHEMA,
  together,
  within,
} from './structure.ts';

const readSelector = parsedText(parseSelector);
const readTopic = parsedText(parseTopicTemplate);

/** The text itself, when it can be parsed. */
function parsedText(parse: (text: string) => Parsed<unknown>): Read<string> {
  return checkedText((text) => {
    const parsed = parse(text);
    return 'error' in parsed ? parsed.error : undefined;
  });
}

const readSelectors = sequence('entry', readSelector);

/** A list, or a text, which is one selector: it may have commas in it, so it is never split. */
export function selectors(): Kind<readonly string[]> {
  return structure({
    type: 'selector, or list of them',
    bounds: '`name{label="value"}` with `=`, `!=`, `=~` or `!~`',
    schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    empty: [],
    read(value) {
      if (value === '') return { value: [] };
      if (typeof value === 'string') return together([readSelector(value)]);
      if (Array.isArray(value)) return readSelectors(value);
      return {
        error: 'is neither a selector nor a list of them, put one that begins with a brace in quotes',
      };
    },
    // A list begins with a dash or a bracket; braces would be a mapping, a colon or hash in quotes much else.
    isPlain: (text) => /^\s*[\w:{]/.test(text),
    toYaml: (value) => value,
  });
}

export function labelValues(): Kind<LabelMap> {
  return structure({
    type: 'labels',
    bounds: 'names and values',
    schema: { type: 'object', additionalProperties: TEXT_SCHEMA },
    empty: {},
    read(value) {
      const mapping = readMapping(value);
      if ('error' in mapping) return mapping;
      const entries = together(mapping.value.map(readLabel));
      return 'error' in entries ? entries : { value: new Map(entries.value) };
    },
    toYaml: (value) => Object.fromEntries(value),
  });
}

function readLabel([name, value]: readonly [string, unknown]): Reading<readonly [string, string]> {
  if (name === '') return { error: 'a label has no name' };
  const text = within(name, readText(value));
  return 'error' in text ? text : { value: [name, text.value] };
}

export function routingRules(): Kind<readonly RoutingRule[]> {
  return structure({
    type: 'routes',
    bounds: '`match` and `topic` each',
    schema: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['match', 'topic'],
        properties: { match: { type: 'string' }, topic: { type: 'string' } },
      },
    },
    empty: [],
    read: sequence('route', readRoute),
    toYaml: (value) => value.map(({ match, topic }) => ({ match, topic })),
  });
}

function readRoute(value: unknown): Reading<RoutingRule> {
  const fields = readFields(value, ['match', 'topic']);
  if ('error' in fields) return fields;
  const match = within('match', readField(fields.value.get('match'), readSelector));
  if ('error' in match) return match;
  const topic = within('topic', readField(fields.value.get('topic'), readTopic));
  return 'error' in topic ? topic : { value: { match: match.value, topic: topic.value } };
}

function readField(value: unknown, read: Read<string>): Reading<string> {
  return value === undefined ? { error: 'is missing' } : read(value);
}
