/** Values as JSON, in one of several forms: what stands around the digits, and what becomes of NaN and infinities. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';
import { formatNumber, LONGEST_NUMBER, writeNumber } from './number-text.ts';

export interface ValueForm {
  /** From behind the time up to the value. */
  readonly before: Snippet;
  /** Writes the value at the end of `out`, where LONGEST_VALUE bytes are reserved. */
  readonly write: (out: ByteWriter, value: number) => void;
  /** The end of a record, and of one with a stale marker. */
  readonly end: Snippet;
  readonly staleEnd: Snippet;
}

export const LONGEST_VALUE = LONGEST_NUMBER;

/** The option `record.json_value`. */
export const VALUE_FORMS = {
  /** `"1"`, `"NaN"`, `"+Inf"`, `"-Inf"`. */
  string: {
    before: new Snippet(',"value":"'),
    write: writeNumber,
    end: new Snippet('"}'),
    staleEnd: new Snippet('","stale":true}'),
  },
  /** `1`, and `null,"special":"NaN"` for what JSON has no number for. */
  number: {
    before: new Snippet(',"value":'),
    write: writeJsonNumber,
    end: new Snippet('}'),
    staleEnd: new Snippet(',"stale":true}'),
  },
} as const satisfies Record<string, ValueForm>;

function writeJsonNumber(out: ByteWriter, value: number): void {
  if (Number.isFinite(value)) writeNumber(out, value);
  else out.ascii(`null,"special":"${formatNumber(value)}"`);
}
