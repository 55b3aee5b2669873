/** Names of metric types, by their number in both versions of the protocol. */

const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;

/** A number that the protocol does not have is unknown. */
export function metricTypeName(type: number): string {
  return METRIC_TYPES[type] ?? METRIC_TYPES[0];
}
