/** The options that say which series are written, under which labels, and to which topic. */

import type { Option } from '../option.ts';
import { relabelRules } from '../relabel-rules.ts';
import { labelValues, routingRules, selectors } from '../structures.ts';
import { optionalTopic, topicTemplate } from '../topics.ts';

export const TOPIC_OPTIONS = {
  'kafka.topic': {
    kind: topicTemplate(),
    default: 'metrics',
    doc: 'Topic of the records that no route has taken. A template makes it of the labels, after relabelling: `metrics.{{ .tenant }}`, `{{ index . "a.b" }}`, `{{ replace "/" "-" .job }}`, `{{ substring 0 2 .zone }}`.',
  },
  'kafka.routes': {
    kind: routingRules(),
    default: '',
    doc: 'Topics by rules, the first that matches wins: a list of `match` (a selector) and `topic` (a name or template).',
  },
  'kafka.fallback_topic': {
    kind: optionalTopic(),
    default: '',
    doc: 'Topic of series whose template gives no valid topic name, or one more than `limits.topics`. Empty means that they are dropped and counted.',
  },
} as const satisfies Record<string, Option<unknown>>;

export const SERIES_OPTIONS = {
  'record.match': {
    kind: selectors(),
    default: '',
    doc: 'Which series are written: a selector such as `up{job="node"}`, or a list of them in YAML (`[up, go_goroutines]`), of which one has to match the series as it came. Empty means all.',
    aliases: [{ variable: 'MATCH' }],
  },
  'record.external_labels': {
    kind: labelValues(),
    default: '',
    doc: 'Labels that each series gets where it lacks them, before relabelling.',
  },
  'record.write_relabel_configs': {
    kind: relabelRules(),
    default: '',
    doc: 'Rules that change or drop the series that `record.match` lets pass, as in `write_relabel_configs` of Prometheus 3.',
  },
} as const satisfies Record<string, Option<unknown>>;
