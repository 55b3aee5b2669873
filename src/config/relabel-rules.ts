/** The kind of value that is a list of relabel rules, in the form of Prometheus' `write_relabel_configs`. */

import { closest, didYouMean } from '../lib/closest.ts';
import { parsePattern } from '../lib/pattern.ts';
import type { RelabelAction, RelabelRule } from '../lib/relabel-rule.ts';
import { RELABEL_ACTIONS, RELABEL_DEFAULTS, RELABEL_FIELDS, relabelProblem } from '../lib/relabel-rule.ts';
import type { Kind, Reading, YamlValue } from './kind.ts';
import type { Read } from './structure.ts';
import { checkedText, readFields, readText, sequence, structure, TEXT_SCHEMA, within } from './structure.ts';

type Field = keyof RelabelRule;

const FIELDS = Object.entries(RELABEL_FIELDS) as readonly [Field, string][];

const readName = checkedText((text) => (text === '' ? 'is not the name of a label' : undefined));

const READ: Readonly<Record<Field, Read<RelabelRule[Field]>>> = {
  action: readAction,
  sourceLabels: (value) => (value === null ? { value: [] } : sequence('label', readName)(value)),
  separator: readText,
  regex: checkedText((text) => {
    const pattern = parsePattern(text);
    return 'error' in pattern ? pattern.error : undefined;
  }),
  modulus: readModulus,
  targetLabel: readText,
  replacement: readText,
};

export function relabelRules(): Kind<readonly RelabelRule[]> {
  return structure({
    type: 'relabel rules',
    bounds: 'the fields of Prometheus',
    schema: { type: 'array', items: ruleSchema() },
    empty: [],
    read: sequence('rule', readRule),
    toYaml: (rules) => rules.map(ruleToYaml),
  });
}

function readRule(value: unknown): Reading<RelabelRule> {
  const fields = readFields(value, Object.values(RELABEL_FIELDS));
  if ('error' in fields) return fields;
  const rule: Partial<Record<Field, unknown>> = { ...RELABEL_DEFAULTS };
  for (const [field, written] of FIELDS) {
    if (!fields.value.has(written)) continue;
    const reading = within(written, READ[field](fields.value.get(written)));
    if ('error' in reading) return reading;
    rule[field] = reading.value;
  }
  const problem = relabelProblem(rule as RelabelRule);
  return problem === undefined ? { value: rule as RelabelRule } : { error: problem };
}

function readAction(value: unknown): Reading<RelabelAction> {
  const text = readText(value);
  if ('error' in text) return text;
  const name = text.value.toLowerCase();
  const action = RELABEL_ACTIONS.find((each) => each === name);
  if (action !== undefined) return { value: action };
  const meant = didYouMean(closest(name, RELABEL_ACTIONS)) || `, expected ${RELABEL_ACTIONS.join(', ')}`;
  return { error: `unknown action "${text.value}"${meant}` };
}

function readModulus(value: unknown): Reading<number> {
  const text = readText(value);
  if ('error' in text) return text;
  const modulus = Number(text.value);
  return Number.isSafeInteger(modulus) && modulus >= 0
    ? { value: modulus }
    : { error: `"${text.value}" is not a whole number, expected one from 1 to ${Number.MAX_SAFE_INTEGER}` };
}

/** What differs from the defaults, and the action always. */
function ruleToYaml(rule: RelabelRule): YamlValue {
  const fields = FIELDS.filter(
    ([field]) => field === 'action' || String(rule[field]) !== String(RELABEL_DEFAULTS[field]),
  );
  return Object.fromEntries(fields.map(([field, written]) => [written, rule[field]]));
}

function ruleSchema(): Record<string, unknown> {
  const fields = FIELDS.map(([, written]) => [written, TEXT_SCHEMA] as const);
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(fields),
      action: { enum: RELABEL_ACTIONS },
      source_labels: { anyOf: [{ type: 'array', items: TEXT_SCHEMA }, { type: 'null' }] },
      modulus: { type: 'integer', minimum: 0 },
    },
  };
}
