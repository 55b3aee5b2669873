/** The options of the fleet: replicas that know each other and even out their load. */

import { duration, ratio } from '../numbers.ts';
import type { Option } from '../option.ts';
import { topicName } from '../topics.ts';
import { boolean, text } from '../words.ts';

export const FLEET_OPTIONS = {
  'fleet.enabled': {
    kind: boolean(),
    default: 'true',
    needsRestart: true,
    doc: 'Replicas tell each other their load through a small topic, and a busy one asks connections to close, so that a replica that is added has its share within seconds. Off, connections are spread by age alone. There is no fleet with `dry_run`.',
  },
  'fleet.name': {
    kind: text({
      maxLength: 100,
      pattern: '^[a-zA-Z0-9._-]+$',
      expected: '1 to 100 letters, digits, `.`, `_` or `-`',
    }),
    default: 'default',
    needsRestart: true,
    doc: 'Replicas of the same name, behind the same balancer, are one fleet. Services that share a Kafka need a name each.',
  },
  'fleet.topic': {
    kind: topicName(),
    default: '_kafka_adapter_fleet',
    needsRestart: true,
    doc: 'Topic through which replicas tell each other their load, created when it is missing and that is allowed. Of it only partition 0 is used.',
  },
  'fleet.tolerance': {
    kind: ratio({ min: 0.02, max: 1 }),
    default: '0.15',
    doc: 'A replica asks connections to close when it carries more than its due of the load of the fleet by more than this part of it.',
  },
  'fleet.min_age': {
    kind: duration({ min: '0', max: '1h' }),
    default: '10s',
    doc: 'The fleet leaves connections younger than this alone.',
  },
} as const satisfies Record<string, Option<unknown>>;
