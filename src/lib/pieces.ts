/** Bytes that come or go in pieces. */

/** How many bytes the pieces have together. */
export function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
