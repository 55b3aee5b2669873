/** Relabelling of labels that are written as an object, by rules of which only what matters is said. */

import { compareNames } from '../../src/lib/label-map.ts';
import type { RelabelRule } from '../../src/lib/relabel-rule.ts';
import { RELABEL_DEFAULTS } from '../../src/lib/relabel-rule.ts';
import { createRelabel } from '../../src/record/relabel.ts';

export type PlainLabels = Readonly<Record<string, string>>;

export function labelMap(labels: PlainLabels): Map<string, string> {
  return new Map(Object.entries(labels).sort(([a], [b]) => compareNames(a, b)));
}

/** What becomes of the labels, in their order; undefined when the series is dropped. */
export function relabelled(
  labels: PlainLabels,
  ...rules: readonly Partial<RelabelRule>[]
): [string, string][] | undefined {
  const result = createRelabel(rules.map((rule) => ({ ...RELABEL_DEFAULTS, ...rule })))(labelMap(labels));
  return result && [...result];
}

/** The same labels as `relabelled` gives them. */
export function sorted(labels: PlainLabels): [string, string][] {
  return [...labelMap(labels)];
}
