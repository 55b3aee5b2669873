/** What rules cost a sample, over the corpus whose series come again and again: relabelling, topics, keys. */

import { RELABEL_DEFAULTS, type RelabelRule } from '../../src/lib/relabel-rule.ts';
import { createOwnLabels } from '../../src/pipeline/own-labels.ts';
import { type Destination, destinations } from '../../src/record/destination.ts';
import { createJudge } from '../../src/record/judge.ts';
import { Router } from '../../src/record/router.ts';
import type { Series } from '../../src/wire/series.ts';

/** Does with one series what the pipeline does before the format; the outcome is of no use here. */
export type RuleWork = (series: Series) => unknown;

/** Twice the series of the corpus, so that all of them are known after the first pass. */
const REMEMBERED = 256_000;
/** The default, and less than the corpus has. */
const TOO_FEW_REMEMBERED = 100_000;
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

function routerOf(rules: Parameters<typeof createJudge>[0], capacity: number): Router {
  return new Router({ judge: createJudge(rules), ownLabels: createOwnLabels(), capacity });
}

/** By so many rules, into one topic. */
export function relabelling(rules: number, capacity = REMEMBERED): Router {
  return routerOf({ ...NO_RULES, relabel: relabelRules(rules), topics: ONE_TOPIC }, capacity);
}

function by(router: Router): RuleWork {
  return (series) => router.route(series);
}

function destination(key: string, partitionBy: string): (series: Series) => Destination {
  return destinations({ key, partitionBy });
}

const BY_LABEL = { ...ONE_TOPIC, topic: 'metrics-{{ .job }}', fallbackTopic: 'rest' };

export const RULE_WORK: Readonly<Record<string, () => RuleWork>> = {
  'no rules': () => destination('none', 'series'),
  'relabelling by 10 rules': () => by(relabelling(10)),
  'relabelling by 100 rules': () => by(relabelling(100)),
  'relabelling, too many series': () => by(relabelling(10, TOO_FEW_REMEMBERED)),
  'topic by template': () => by(routerOf({ ...NO_RULES, topics: BY_LABEL }, REMEMBERED)),
  'key and partition by series': () => destination('series', 'key'),
};
