/** MurmurHash2 as Kafka's Java client has it, so that a key goes to the partition that a Java producer would choose. */

const SEED = 0x9747b28c;
const FACTOR = 0x5bd1e995;
const SHIFT = 24;

/** Of the bytes `start` up to `end`, without the sign bit: what partitions are chosen by (Utils.toPositive). */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const length = end - start;
  let hash = SEED ^ length;
  let at = start;
  for (; end - at >= 4; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    let mixed = Math.imul(word, FACTOR);
    mixed = Math.imul(mixed ^ (mixed >>> SHIFT), FACTOR);
    hash = Math.imul(hash, FACTOR) ^ mixed;
  }
  if (end - at === 3) hash ^= bytes[at + 2] << 16;
  if (end - at >= 2) hash ^= bytes[at + 1] << 8;
  if (end - at >= 1) hash = Math.imul(hash ^ bytes[at], FACTOR);
  hash = Math.imul(hash ^ (hash >>> 13), FACTOR);
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
}
