/** The options of the fleet: replicas that know each other and even out their load. */

import { duration, ratio } from '../numbers.ts';
import type { Option } from '../option.ts';

export const FLEET_OPTIONS = {
  'fleet.tolerance': {
    kind: ratio({ min: 0.02, max: 1 }),
    default: '0.15',
    doc: 'By which part of its due a replica may carry more than that of the load of the fleet, before it asks connections to close.',
  },
  'fleet.min_age': {
    kind: duration({ min: '0', max: '1h' }),
    default: '10s',
    doc: 'Connections younger than this are not asked to close for the sake of balance.',
  },
} as const satisfies Record<string, Option<unknown>>;
