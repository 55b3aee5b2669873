/** The choice of the topic by routing rules. */

import type { LabelMap } from '../lib/label-map.ts';
import { checked } from '../lib/parsed.ts';
import type { RoutingRule } from '../lib/routing-rule.ts';
import { parseSelector } from '../lib/selector.ts';
import type { TopicTemplate } from '../lib/topic-template.ts';
import { parseTopicTemplate } from '../lib/topic-template.ts';

/**
 * The template that names the topic of a series: that of the first rule that matches, else that of `topic`. All of
 * them are checked before, see `parseSelector` and `parseTopicTemplate`.
 */
export function createRoutes(
  rules: readonly RoutingRule[],
  topic: string,
): (labels: LabelMap) => TopicTemplate {
  const routes = rules.map((rule) => ({
    selector: checked(parseSelector(rule.match)),
    template: checked(parseTopicTemplate(rule.topic)),
  }));
  const rest = checked(parseTopicTemplate(topic));
  return (labels) => routes.find(({ selector }) => selector.matches(labels))?.template ?? rest;
}
