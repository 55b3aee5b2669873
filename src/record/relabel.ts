/** Relabelling by the rules of Prometheus' `write_relabel_configs`. */

import { hash } from 'node:crypto';
import type { LabelMap } from '../lib/label-map.ts';
import { lowerCase, upperCase } from '../lib/letter-case.ts';
import { checked } from '../lib/parsed.ts';
import type { Pattern } from '../lib/pattern.ts';
import { parsePattern } from '../lib/pattern.ts';
import type { RelabelAction, RelabelRule } from '../lib/relabel-rule.ts';
import { compileTemplate } from './group-template.ts';
import { LabelBuilder } from './label-builder.ts';

/**
 * Gives the labels that a series has after all rules, sorted by name: the very map that came in when they are the
 * same, undefined when the series is dropped. What comes out may be empty, or have lost its `__name__`.
 */
export type Relabel = (labels: LabelMap) => LabelMap | undefined;

/** Does what one rule says; false drops the series. `value` is that of the source labels, joined. */
type Step = (labels: LabelBuilder, value: string) => boolean;

const ACTIONS: Readonly<Record<RelabelAction, (rule: RelabelRule, pattern: Pattern) => Step>> = {
  replace,
  keep: (_rule, pattern) => (_labels, value) => pattern.matches(value),
  drop: (_rule, pattern) => (_labels, value) => !pattern.matches(value),
  keepequal:
    ({ targetLabel }) =>
    (labels, value) =>
      labels.get(targetLabel) === value,
  dropequal:
    ({ targetLabel }) =>
    (labels, value) =>
      labels.get(targetLabel) !== value,
  hashmod: ({ targetLabel, modulus }) => setting(targetLabel, (value) => hashModulo(value, BigInt(modulus))),
  lowercase: ({ targetLabel }) => setting(targetLabel, lowerCase),
  uppercase: ({ targetLabel }) => setting(targetLabel, upperCase),
  labelmap,
  labeldrop: (_rule, pattern) => deleting((name) => pattern.matches(name)),
  labelkeep: (_rule, pattern) => deleting((name) => !pattern.matches(name)),
};

/** The rules are checked before, see `relabelProblem`; a wrong one throws. */
export function createRelabel(rules: readonly RelabelRule[]): Relabel {
  const steps = rules.map(compileRule);
  return (labels) => {
    const builder = new LabelBuilder(labels);
    return steps.every((step) => step(builder)) ? builder.labels() : undefined;
  };
}

function compileRule(rule: RelabelRule): (labels: LabelBuilder) => boolean {
  const { action, sourceLabels, separator, regex } = rule;
  const step = ACTIONS[action](rule, checked(parsePattern(regex)));
  return (labels) => step(labels, sourceLabels.map((name) => labels.get(name)).join(separator));
}

function replace({ targetLabel, replacement }: RelabelRule, pattern: Pattern): Step {
  const target = compileTemplate(targetLabel, pattern);
  const result = compileTemplate(replacement, pattern);
  return (labels, value) => {
    const groups = pattern.groups(value);
    if (groups === undefined) return true;
    const name = target(groups);
    if (name !== '') labels.set(name, result(groups));
    return true;
  };
}

function labelmap({ replacement }: RelabelRule, pattern: Pattern): Step {
  const target = compileTemplate(replacement, pattern);
  return (labels) => {
    for (const [name, value] of labels.entries()) {
      // Most names do not match, and that is known sooner than the groups.
      if (!pattern.matches(name)) continue;
      const newName = target(pattern.groups(name)!);
      if (newName !== '') labels.set(newName, value);
    }
    return true;
  };
}

function setting(targetLabel: string, result: (value: string) => string): Step {
  return (labels, value) => {
    labels.set(targetLabel, result(value));
    return true;
  };
}

function deleting(isUnwanted: (name: string) => boolean): Step {
  return (labels) => {
    for (const [name] of labels.entries()) if (isUnwanted(name)) labels.delete(name);
    return true;
  };
}

/** Of the MD5 of the text, its last eight bytes as a number, big end first. */
function hashModulo(text: string, modulus: bigint): string {
  return String(hash('md5', text, 'buffer').readBigUInt64BE(8) % modulus);
}
