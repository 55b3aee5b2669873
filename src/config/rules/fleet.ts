/** The rules between options of the fleet and others. */

import { type Rule, when } from '../rule.ts';

const TOPICS_OF_RECORDS = ['kafka.topic', 'kafka.fallback_topic', 'metadata.topic'] as const;

export const FLEET_RULES: readonly Rule[] = [
  {
    name: 'fleet_topic_taken',
    level: 'problem',
    doc: 'What replicas tell each other has a topic of its own.',
    reads: ['fleet.enabled', 'fleet.topic', ...TOPICS_OF_RECORDS],
    check(config) {
      const topic = config['fleet.topic'];
      const taken = TOPICS_OF_RECORDS.filter((name) => config[name] === topic);
      return when(
        config['fleet.enabled'] && taken.length > 0,
        `fleet.topic is ${topic}, as ${taken.join(' and ')} is: replicas need a topic of their own to tell each other their load`,
      );
    },
  },
];
