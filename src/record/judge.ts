/** What the rules of the configuration say of a series: whether it is written, where, and under which labels. */

import type { LabelMap } from '../lib/label-map.ts';
import type { RelabelRule } from '../lib/relabel-rule.ts';
import type { Label } from './decisions.ts';
import { createExternalLabels } from './external-labels.ts';
import { createFilter } from './match.ts';
import { createRelabel } from './relabel.ts';
import type { Verdict } from './router.ts';
import type { TopicRules } from './topic-choice.ts';
import { createTopicChoice } from './topic-choice.ts';

export interface SeriesRules {
  /** Selectors; a series has to match one of them as it came, unless there is none. */
  readonly match: readonly string[];
  readonly externalLabels: LabelMap;
  readonly relabel: readonly RelabelRule[];
  readonly topics: TopicRules;
}

/** In the order of Prometheus: external labels, then relabelling; the topic is that of the labels as they are then. */
export function createJudge(rules: SeriesRules): (labels: readonly Label[]) => Verdict {
  const passes = createFilter(rules.match);
  const complete = createExternalLabels(rules.externalLabels);
  const relabel = createRelabel(rules.relabel);
  const topicOf = createTopicChoice(rules.topics);
  return (labels) => {
    const sent: LabelMap = new Map(labels);
    const written = passes(sent) ? relabel(complete(sent)) : undefined;
    if (written === undefined) return { drop: 'filtered' };
    const topic = topicOf(written);
    if (topic === undefined) return { drop: 'topic_invalid' };
    return { topic, labels: written === sent ? undefined : [...written] };
  };
}
