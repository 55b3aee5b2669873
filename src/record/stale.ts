/** The stale marker: the NaN by which Prometheus says that a series has ended. */

/** The halves of 0x7ff0000000000002. */
const LOW = 0x00000002;
const HIGH = 0x7ff00000;

/** Whether these are the bits of a stale marker. */
export function isStale(low: number, high: number): boolean {
  return low === LOW && high === HIGH;
}
