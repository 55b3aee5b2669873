/** What an expression of PromQL selects, by the grammar of Prometheus' own editor, held against the metrics there are. */

import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { METRICS } from '../../src/metrics/table.ts';
import { Metrics } from '../../src/metrics.ts';
import { shipped } from './shipped.ts';

export interface Selector {
  readonly metric: string;
  /** Names of the labels it asks for in braces. */
  readonly labels: readonly string[];
}

/** Every selector in it; throws where it is not PromQL. */
export function selectorsOf(expression: string): Selector[] {
  const selectors: { metric: string; labels: string[] }[] = [];
  let isInMatcher = false;
  parser.parse(expression).iterate({
    enter({ name, from, to, type }) {
      const text = expression.slice(from, to);
      if (type.isError) throw new Error(`not PromQL at ${from}: ${expression}`);
      if (name === 'VectorSelector') selectors.push({ metric: '', labels: [] });
      if (name === 'Identifier') selectors.at(-1)!.metric = text;
      if (name === 'UnquotedLabelMatcher') isInMatcher = true;
      if (name === 'LabelName' && isInMatcher) selectors.at(-1)!.labels.push(text);
    },
    leave({ name }) {
      if (name === 'UnquotedLabelMatcher') isInMatcher = false;
    },
  });
  return selectors;
}

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** All of deploy/prometheus/rules.yml. */
export function shippedRules(): Rule[] {
  const { groups } = parse(shipped('prometheus/rules.yml')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** Labels by metric: those of the table, those the shipped rules record, and those of prom-client and the scrape. */
export async function knownMetrics(): Promise<Map<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>([['up', []]]);
  for (const { record } of shippedRules()) if (record !== undefined) known.set(record, []);
  const add = (name: string, type: string, labels: readonly string[]): void => {
    const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    for (const each of names) known.set(each, each.endsWith('_bucket') ? [...labels, 'le'] : labels);
  };
  for (const { name, labels, type } of Object.values(METRICS)) add(name, type, labels);
  const metrics = new Metrics();
  for (const [, name, type] of (await metrics.text()).matchAll(/^# TYPE ((?:process|nodejs)_\S+) (\S+)/gm))
    add(name!, type!, []);
  metrics.close();
  return known;
}

/** What is wrong with an expression: metrics and labels that nobody has. */
export function unknownIn(expression: string, known: ReadonlyMap<string, readonly string[]>): string[] {
  return selectorsOf(expression).flatMap(({ metric, labels }) => {
    const own = known.get(metric);
    if (!own) return `no metric ${metric || '(none)'}`;
    const allowed = ['job', 'instance', ...own];
    return labels
      .filter((label) => !allowed.includes(label))
      .map((label) => `${metric} has no label ${label}`);
  });
}
