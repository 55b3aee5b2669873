/** Reads protobuf bytes: varints, lengths, and fields that nobody wants. */

/** Wire types (Protocol Buffers encoding, "Message Structure"). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

const MAX_GROUP_DEPTH = 100;
const MAX_VARINT_BYTES = 10;
const TWO_TO_32 = 4_294_967_296;

/** The bytes are not the message they should be. Caught where a request is read, to become an answer. */
export class MalformedError extends Error {}

export class Cursor {
  readonly bytes: Uint8Array;
  /** Offset of the next byte. */
  at = 0;
  /** The lower and upper half of the last 64-bit varint. */
  low = 0;
  high = 0;

  readonly #words = new Uint32Array(2);
  readonly #double = new Float64Array(this.#words.buffer);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A field tag: number << 3 | wire type. The number must not be 0 and fits 29 bits. */
  tag(end: number): number {
    const tag = this.uint32(end);
    if (tag >>> 3 === 0) throw new MalformedError('field number 0');
    return tag;
  }

  /** A varint that must fit 32 bits; mostly it is one byte. */
  uint32(end: number): number {
    const first = this.bytes[this.at];
    if (first < 0x80 && this.at < end) {
      this.at++;
      return first;
    }
    return this.#longUint32(end);
  }

  #longUint32(end: number): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= end) throw new MalformedError('a number is cut off');
      const byte = this.bytes[this.at++];
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new MalformedError('a number is over 32 bits');
  }

  /** A length; returns the offset where what it measures ends, which must not be beyond `end`. */
  lengthEnd(end: number): number {
    const length = this.uint32(end);
    if (length > end - this.at)
      throw new MalformedError(`a length of ${length} crosses the end of its message`);
    return this.at + length;
  }

  /** A varint of 64 bits into `low` and `high`; bits above are dropped, as protobuf does. */
  varint64(end: number): void {
    const first = this.bytes[this.at];
    if (first < 0x80 && this.at < end) {
      this.at++;
      this.low = first;
      this.high = 0;
      return;
    }
    this.#longVarint64(end);
  }

  #longVarint64(end: number): void {
    let low = 0;
    let high = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.at >= end) throw new MalformedError('a number is cut off');
      const byte = this.bytes[this.at++];
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new MalformedError('a number is over 64 bits');
  }

  /** Eight bytes, little-endian, into `low` and `high`: bits, never a float, so that no NaN is changed. */
  fixed64(end: number): void {
    if (end - this.at < 8) throw new MalformedError('a double is cut off');
    const { bytes, at } = this;
    this.low = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    this.high = (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24)) >>> 0;
    this.at += 8;
  }

  /** A double; its bits are in `low` and `high`, for those to whom the payload of a NaN matters. */
  double(end: number): number {
    this.fixed64(end);
    this.#words[0] = this.low;
    this.#words[1] = this.high;
    return this.#double[0]!;
  }

  /** A signed varint of 64 bits; exact up to 2^53. */
  int64(end: number): number {
    this.varint64(end);
    return (this.high | 0) * TWO_TO_32 + this.low;
  }

  /** A varint of which 32 bits count, however long it is, as protobuf has it. */
  lowUint32(end: number): number {
    const { bytes, at } = this;
    const first = bytes[at];
    if (first < 0x80 && at < end) {
      this.at = at + 1;
      return first;
    }
    const second = bytes[at + 1];
    if (second < 0x80 && at + 1 < end) {
      this.at = at + 2;
      return (first & 0x7f) | (second << 7);
    }
    this.varint64(end);
    return this.low;
  }

  /** Steps over the value of a field whose tag was just read. */
  skip(tag: number, end: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.varint64(end);
        return;
      case FIXED64:
        this.#skipBytes(8, end);
        return;
      case LENGTH_DELIMITED:
        this.at = this.lengthEnd(end);
        return;
      case START_GROUP:
        this.#skipGroup(tag >>> 3, end, depth);
        return;
      case FIXED32:
        this.#skipBytes(4, end);
        return;
      default:
        throw new MalformedError(`wire type ${tag & 7}`);
    }
  }

  #skipBytes(count: number, end: number): void {
    if (end - this.at < count) throw new MalformedError('a fixed number is cut off');
    this.at += count;
  }

  /** Groups are long deprecated, but legal: fields up to the end tag of the same number. */
  #skipGroup(number: number, end: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw new MalformedError(`groups nest deeper than ${MAX_GROUP_DEPTH}`);
    for (;;) {
      const tag = this.tag(end);
      if ((tag & 7) === END_GROUP) {
        if (tag >>> 3 !== number) throw new MalformedError('a group ends by the number of another');
        return;
      }
      this.skip(tag, end, depth + 1);
    }
  }
}
