/** The metrics of the fleet; part of the one table. */

import { counter, each, gauge } from './definition.ts';
import { FLEET_IGNORE_REASONS } from './reasons.ts';

export const FLEET_METRICS = {
  fleetUsable: gauge(
    'fleet_usable',
    '1 while what this replica writes to fleet.topic comes back, so that it knows the others and they know it; NaN when the fleet is off.',
  ),
  fleetReplicas: gauge(
    'fleet_replicas',
    'Replicas that are ready, as far as this one knows, itself included.',
  ),
  fleetShare: gauge(
    'fleet_share',
    'Part of the samples of all ready replicas that this one gets, 0 to 1; NaN while that is not known.',
  ),
  fleetImbalanceRatio: gauge(
    'fleet_imbalance_ratio',
    'Samples of the busiest ready replica by the mean of all: 1 is even; NaN while that is not known.',
  ),
  fleetPublishAge: gauge(
    'fleet_publish_age_seconds',
    'Time since this replica last told the others of itself; NaN before the first time.',
  ),
  fleetReadAge: gauge(
    'fleet_read_age_seconds',
    'Time since fleet.topic was last read, whether there was something or not; NaN before the first time.',
  ),
  fleetRecordsPublished: counter('fleet_records_published_total', 'Records of this replica in fleet.topic.'),
  fleetPublishedBytes: counter(
    'fleet_published_bytes_total',
    'Bytes of the batches that this replica wrote to fleet.topic.',
  ),
  fleetReadBytes: counter('fleet_read_bytes_total', 'Bytes of the batches that were read from fleet.topic.'),
  fleetRecordsIgnored: counter(
    'fleet_records_ignored_total',
    'Records of fleet.topic that say nothing of another replica. The reasons are explained below.',
    { labels: ['reason'], born: each('reason', Object.keys(FLEET_IGNORE_REASONS)) },
  ),
} as const;
