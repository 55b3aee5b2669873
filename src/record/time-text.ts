/** Timestamps as JSON, in one of several forms, remembered while they stay the same. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';

/** `"+275760-09-13T00:00:00.000Z"`. */
export const LONGEST_TIME = 29;

/** Milliseconds since 1970, within the range of a Date, as JSON. */
export type TimeForm = (timestampMs: number) => string;

/** The option `record.json_timestamp`. */
export const TIME_FORMS = {
  rfc3339: (timestampMs) => `"${new Date(timestampMs).toISOString()}"`,
  unix_ms: String,
  unix_s: unixSeconds,
} as const satisfies Record<string, TimeForm>;

/** `1795341600.123`, and without a fraction where it would be `.000`. */
function unixSeconds(timestampMs: number): string {
  const digits = String(Math.abs(timestampMs)).padStart(4, '0');
  const fraction = digits.slice(-3);
  const sign = timestampMs < 0 ? '-' : '';
  return `${sign}${digits.slice(0, -3)}${fraction === '000' ? '' : `.${fraction}`}`;
}

/** Samples of one scrape share their time, so mostly the last text is written again. */
export class TimeText {
  readonly #form: TimeForm;
  #timestampMs = Number.NaN;
  #text = new Snippet('');

  constructor(form: TimeForm) {
    this.#form = form;
  }

  /** Writes the time at the end of `out`, where LONGEST_TIME bytes are reserved. */
  write(out: ByteWriter, timestampMs: number): void {
    if (timestampMs !== this.#timestampMs) {
      this.#timestampMs = timestampMs;
      this.#text = new Snippet(this.#form(timestampMs));
    }
    this.#text.write(out);
  }
}
