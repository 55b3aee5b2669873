/** What rules cost a sample, over the corpus whose series come again and again: relabelling, topics, keys. */

import { RELABEL_DEFAULTS, type RelabelRule } from '../../src/lib/relabel-rule.ts';
import { ownLabels } from '../../src/pipeline/own-labels.ts';
import { type Destination, destinations } from '../../src/record/destination.ts';
import { createJudge } from '../../src/record/judge.ts';
import { Router } from '../../src/record/router.ts';
import type { Series } from '../../src/wire/series.ts';

/** Does with one series what the pipeline does before the format; the outcome is of no use here. */
export type RuleWork = (series: Series) => unknown;

const REMEMBERED = 100_000;
const NO_RULES = { match: [], externalLabels: new Map(), relabel: [] };
const ONE_TOPIC = { routes: [], topic: 'metrics', fallbackTopic: '', maxTopics: 100 };

/** Rules that all look at a label, of which one changes a series. */
function relabelRules(count: number): RelabelRule[] {
  return Array.from({ length: count }, (_, i) => ({
    ...RELABEL_DEFAULTS,
    sourceLabels: ['job'],
    regex: i === 0 ? '(.*)' : `other-${i}`,
    targetLabel: `added_${i}`,
    replacement: '$1-x',
  }));
}

function routing(rules: Parameters<typeof createJudge>[0]): RuleWork {
  const router = new Router({ judge: createJudge(rules), ownLabels, capacity: REMEMBERED });
  return (series) => router.route(series);
}

function destination(key: string, partitionBy: string): (series: Series) => Destination {
  return destinations({ key, partitionBy });
}

export const RULE_WORK: Readonly<Record<string, () => RuleWork>> = {
  'no rules': () => destination('none', 'series'),
  'relabelling by 10 rules': () => routing({ ...NO_RULES, relabel: relabelRules(10), topics: ONE_TOPIC }),
  'relabelling by 100 rules': () => routing({ ...NO_RULES, relabel: relabelRules(100), topics: ONE_TOPIC }),
  'topic by template': () =>
    routing({ ...NO_RULES, topics: { ...ONE_TOPIC, topic: 'metrics-{{ .job }}', fallbackTopic: 'rest' } }),
  'key and partition by series': () => destination('series', 'key'),
};
