/** Where series go: the one topic there is, or a router when rules have to be asked. */

import type { Config } from '../config/options.ts';
import { checked } from '../lib/parsed.ts';
import { parseTopicTemplate } from '../lib/topic-template.ts';
import { createOwnLabels } from '../pipeline/own-labels.ts';
import { createJudge } from '../record/judge.ts';
import { Router } from '../record/router.ts';

/** The topic that `kafka.topic` names; undefined when it depends on labels. */
export function constantTopic(config: Config): string | undefined {
  const template = checked(parseTopicTemplate(config['kafka.topic']));
  return template.isConstant ? template.render(new Map()) : undefined;
}

/** Undefined when no rule can change anything: then nothing is asked, and nothing costs. */
export function routerOf(config: Config): Router | undefined {
  const { 'record.match': match, 'record.external_labels': externalLabels } = config;
  const { 'record.write_relabel_configs': relabel, 'kafka.routes': routes } = config;
  const hasRules = match.length + externalLabels.size + relabel.length + routes.length > 0;
  if (!hasRules && constantTopic(config) !== undefined) return undefined;
  return new Router({
    judge: createJudge({
      match,
      externalLabels,
      relabel,
      topics: {
        routes,
        topic: config['kafka.topic'],
        fallbackTopic: config['kafka.fallback_topic'],
        maxTopics: config['limits.topics'],
      },
    }),
    ownLabels: createOwnLabels(),
    capacity: config['limits.remembered_series'],
  });
}
