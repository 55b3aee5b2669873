/** Bytes that come or go in pieces. */

/** How many bytes the pieces have together. */
export function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/**
 * Gives the memory of a piece back at once, when the piece is all there is in it; the piece is empty then. Left to the
 * garbage collector, a flood of large bodies makes it look through the whole heap forty times a second.
 */
export function giveBack({ buffer, length }: Uint8Array): void {
  // Small Buffers have theirs from a pool that many share.
  if (buffer instanceof ArrayBuffer && length > 0 && length === buffer.byteLength) buffer.transfer(0);
}
