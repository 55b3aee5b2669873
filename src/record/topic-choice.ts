/** The topic of a series, held to the rules of Kafka and to the number of topics that there may be. */

import type { LabelMap } from '../lib/label-map.ts';
import type { RoutingRule } from '../lib/routing-rule.ts';
import { isTopicName } from '../lib/topic-name.ts';
import { createRoutes } from './routes.ts';

export interface TopicRules {
  readonly routes: readonly RoutingRule[];
  /** Of series that no route matches: a name or a template. */
  readonly topic: string;
  /** Of series whose own topic cannot be; empty for none. */
  readonly fallbackTopic: string;
  /** Most topics that templates may name; names that are written out do not count. */
  readonly maxTopics: number;
}

/**
 * Gives the topic of a series; undefined when there is none for it. The first `maxTopics` names that templates give
 * are those that count from then on, so that a label that grows does not create topics without end.
 */
export function createTopicChoice(rules: TopicRules): (labels: LabelMap) => string | undefined {
  const templateOf = createRoutes(rules.routes, rules.topic);
  const fallback = rules.fallbackTopic === '' ? undefined : rules.fallbackTopic;
  const named = new Set<string>();
  return (labels) => {
    const template = templateOf(labels);
    const name = template.render(labels);
    if (template.isConstant || named.has(name)) return name;
    if (!isTopicName(name) || named.size >= rules.maxTopics) return fallback;
    named.add(name);
    return name;
  };
}
