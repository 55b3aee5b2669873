/** Types of the package snappyjs, which ships none. */

declare module 'snappyjs' {
  /** Snappy block format; throws on what it takes for malformed. */
  export function uncompress<Bytes extends Uint8Array | ArrayBuffer>(
    compressed: Bytes,
    maxLength?: number,
  ): Bytes;
  export function compress<Bytes extends Uint8Array | ArrayBuffer>(uncompressed: Bytes): Bytes;
}
