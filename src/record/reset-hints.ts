/** Names of what a native histogram says of a counter reset, by their number in both versions of the protocol. */

const RESET_HINTS = ['unknown', 'yes', 'no', 'gauge'] as const;

/** A number that the protocol does not have is unknown. */
export function resetHintName(hint: number): string {
  return RESET_HINTS[hint] ?? RESET_HINTS[0];
}
