/** Compresses to the snappy block format, from and into memory that is used again. */

import type { ByteWriter } from '../lib/byte-writer.ts';

const TABLE_BITS = 14;
const HASH_FACTOR = 0x1e35a7bd;
const HASH_SHIFT = 32 - TABLE_BITS;
/** Two bytes of a copy hold its offset. */
const FURTHEST = 65_535;
/** Positions of earlier inputs are below the present base by more than FURTHEST, so the table is seldom emptied. */
const LAST_BASE = 2 ** 30;

const SHORTEST_INPUT = 16;
/** Words are read ahead of the present place. */
const MARGIN = 8;
const LONGEST_HEADER = 5;
/** A literal takes one to five bytes beside its content, and a copy never more than what it stands for. */
const WORST_GROWTH = 1 / 6;
const WORST_FIXED = 32;

const COPY_OF_ONE_BYTE_OFFSET = 1;
const COPY_OF_TWO_BYTE_OFFSET = 2;
const LONGEST_COPY = 64;

/**
 * Greedy, with one table of the last place of each hash of four bytes, as the reference implementation; but what is
 * found may lie anywhere in the 64 KiB before the present place instead of in one block. Twice as fast as snappyjs and
 * somewhat denser.
 */
export class SnappyCompressor {
  /** Places by hash, counted on over all inputs. */
  readonly #table = new Int32Array(1 << TABLE_BITS);
  /** What place 0 of the present input is counted as. */
  #base = FURTHEST + 1;

  /** Appends the compressed content of `source` to `out`. */
  compress(source: ByteWriter, out: ByteWriter): void {
    const { length } = source;
    source.reserve(MARGIN);
    out.reserve(LONGEST_HEADER + length + Math.ceil(length * WORST_GROWTH) + WORST_FIXED);
    writeVarint(out, length);
    const done = length < SHORTEST_INPUT ? 0 : this.#copies(source, out);
    if (done < length) writeLiteral(out, source, { from: done, to: length });
    this.#base += length + FURTHEST + 1;
    if (this.#base < LAST_BASE) return;
    this.#table.fill(0);
    this.#base = FURTHEST + 1;
  }

  /** Writes elements up to the last copy; returns how far in `source` that is. */
  #copies(source: ByteWriter, out: ByteWriter): number {
    const table = this.#table;
    const base = this.#base;
    const { view, length } = source;
    const last = length - MARGIN;
    let done = 0;
    let at = 1;
    table[Math.imul(view.getInt32(0, true), HASH_FACTOR) >>> HASH_SHIFT] = base;
    // The longer nothing is found, the larger the steps: incompressible content costs little.
    let misses = 32;
    while (at <= last) {
      const word = view.getInt32(at, true);
      const hash = Math.imul(word, HASH_FACTOR) >>> HASH_SHIFT;
      const found = table[hash] - base;
      table[hash] = base + at;
      if (found < 0 || at - found > FURTHEST || view.getInt32(found, true) !== word) {
        at += misses++ >>> 5;
        continue;
      }
      misses = 32;
      if (at > done) writeLiteral(out, source, { from: done, to: at });
      const end = matchEnd(source, found + 4, at + 4);
      writeCopy(out, at - found, end - at);
      done = end;
      at = end;
    }
    return done;
  }
}

/** Up to where the content at `at` is the same as that at `from`. */
function matchEnd({ view, bytes, length }: ByteWriter, from: number, at: number): number {
  let earlier = from;
  let later = at;
  while (later + 4 <= length) {
    const difference = view.getInt32(earlier, true) ^ view.getInt32(later, true);
    if (difference !== 0) return later + ((31 - Math.clz32(difference & -difference)) >> 3);
    earlier += 4;
    later += 4;
  }
  while (later < length && bytes[earlier] === bytes[later]) {
    earlier++;
    later++;
  }
  return later;
}

function writeVarint(out: ByteWriter, value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) out.bytes[out.length++] = rest | 0x80;
  out.bytes[out.length++] = rest;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Tag with the length in it below 61, else in the one to four bytes behind it; then the bytes as they are. */
function writeLiteral(out: ByteWriter, source: ByteWriter, { from, to }: Stretch): void {
  const { bytes } = out;
  const less = to - from - 1;
  if (less < 60) {
    bytes[out.length++] = less << 2;
    // Whole words; what is too much is written over.
    const target = out.view;
    const { view } = source;
    for (let i = 0; i <= less; i += 4) target.setInt32(out.length + i, view.getInt32(from + i, true), true);
    out.length += less + 1;
    return;
  }
  const lengthBytes = less < 0x100 ? 1 : less < 0x10000 ? 2 : less < 0x1000000 ? 3 : 4;
  bytes[out.length++] = (59 + lengthBytes) << 2;
  for (let i = 0; i < lengthBytes; i++) bytes[out.length++] = less >>> (8 * i);
  bytes.set(source.bytes.subarray(from, to), out.length);
  out.length += less + 1;
}

function writeCopy(out: ByteWriter, offset: number, length: number): void {
  const { bytes } = out;
  let at = out.length;
  let rest = length;
  while (rest > LONGEST_COPY) {
    // At least four are left for the last one.
    const now = rest < LONGEST_COPY + 4 ? LONGEST_COPY - 4 : LONGEST_COPY;
    bytes[at++] = ((now - 1) << 2) | COPY_OF_TWO_BYTE_OFFSET;
    bytes[at++] = offset;
    bytes[at++] = offset >>> 8;
    rest -= now;
  }
  if (rest < 12 && offset < 2048) {
    bytes[at++] = ((offset >>> 8) << 5) | ((rest - 4) << 2) | COPY_OF_ONE_BYTE_OFFSET;
    bytes[at++] = offset;
  } else {
    bytes[at++] = ((rest - 1) << 2) | COPY_OF_TWO_BYTE_OFFSET;
    bytes[at++] = offset;
    bytes[at++] = offset >>> 8;
  }
  out.length = at;
}
