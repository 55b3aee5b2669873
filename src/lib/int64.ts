/** Whole numbers of 64 bits: plain numbers while they are exact, bigints beyond 2^53. */

export type Int64 = number | bigint;

const TWO_TO_32 = 4_294_967_296;
/** Halves of numbers below 2^53 have an upper part below this. */
const SAFE_HIGH = 1 << 21;

function shortest(value: bigint): Int64 {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** From two halves, uint32 each. */
export function uint64(low: number, high: number): Int64 {
  return high < SAFE_HIGH ? high * TWO_TO_32 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** From two halves of a zigzag number (sint64): 0, -1, 1, -2, 2 ... */
export function zigzag64(low: number, high: number): Int64 {
  if (high === 0) return (low >>> 1) ^ -(low & 1);
  if (high < SAFE_HIGH) {
    const value = high * TWO_TO_32 + low;
    return low & 1 ? -(value + 1) / 2 : value / 2;
  }
  const value = (BigInt(high) << 32n) | BigInt(low);
  return shortest((value >> 1n) ^ -(value & 1n));
}

/** Wraps as int64 does. */
export function addInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return shortest(BigInt.asIntN(64, BigInt(a) + BigInt(b)));
}

/** Wraps as uint64 does. */
export function addUint64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return shortest(BigInt.asUintN(64, BigInt(a) + BigInt(b)));
}
