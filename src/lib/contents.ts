/** Counting what records and requests hold. */

/** How much of each kind something holds. */
export interface Contents {
  readonly float: number;
  readonly histogram: number;
  readonly exemplar: number;
}

export const NOTHING: Contents = { float: 0, histogram: 0, exemplar: 0 };
/** What a record holds that says nothing else. */
export const ONE_FLOAT: Contents = { float: 1, histogram: 0, exemplar: 0 };
export const ONE_HISTOGRAM: Contents = { float: 0, histogram: 1, exemplar: 0 };
export const ONE_EXEMPLAR: Contents = { float: 0, histogram: 0, exemplar: 1 };

export function plus(a: Contents, b: Contents): Contents {
  return {
    float: a.float + b.float,
    histogram: a.histogram + b.histogram,
    exemplar: a.exemplar + b.exemplar,
  };
}

export function minus(a: Contents, b: Contents): Contents {
  return {
    float: a.float - b.float,
    histogram: a.histogram - b.histogram,
    exemplar: a.exemplar - b.exemplar,
  };
}
