/** Boundaries of exponential buckets, with the very doubles that Prometheus has for them. */

const FINEST_TABLE = 8;
const MAX_EXPONENT = 1023;

/** 2^(1/2) one step below the nearest double: Prometheus' table was made with it. */
const SQRT2_BELOW = Math.SQRT2 - Number.EPSILON;

/**
 * `2^(i/256) / 2` for i from 0 to 255. Each halving of the steps keeps the bounds there are and multiplies them by
 * its growth for those between, so that a bound is the same double in every schema that has it.
 */
const FRACTIONS = makeFractions();

function makeFractions(): Float64Array {
  let bounds = [0.5];
  for (let schema = 1; schema <= FINEST_TABLE; schema++) {
    const growth = schema === 1 ? SQRT2_BELOW : 2 ** (2 ** -schema);
    bounds = bounds.flatMap((bound) => [bound, bound * growth]);
  }
  return Float64Array.from(bounds);
}

/** The upper bound of bucket `index` of an exponential schema, -4 to 52: `2^(index * 2^-schema)`. */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) return power(1, index * 2 ** -schema);
  if (schema > FINEST_TABLE) return 2 ** (index / 2 ** schema);
  const perDoubling = 1 << schema;
  const exponent = Math.floor(index / perDoubling);
  const place = (index - exponent * perDoubling) << (FINEST_TABLE - schema);
  return power(FRACTIONS[place], exponent + 1);
}

/** `fraction * 2^exponent`; the bound above all finite numbers is the largest of them, as +Inf has its own bucket. */
function power(fraction: number, exponent: number): number {
  if (exponent <= MAX_EXPONENT) return fraction * 2 ** exponent;
  const value = fraction * 2 * 2 ** (exponent - 1);
  const isLast = fraction * 2 ** (exponent - MAX_EXPONENT - 1) === 1;
  return isLast ? Number.MAX_VALUE : value;
}
