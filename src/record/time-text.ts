/** Timestamps as RFC 3339 text, remembered while they stay the same. */

import { Buffer } from 'node:buffer';
import type { ByteWriter } from '../lib/byte-writer.ts';

/** `+275760-09-13T00:00:00.000Z`. */
export const LONGEST_TIME = 27;

/** Samples of one scrape share their time, so mostly the last text is written again. */
export class TimeText {
  #timestampMs = Number.NaN;
  readonly #text = Buffer.alloc(LONGEST_TIME);
  #length = 0;

  /** Writes `2026-11-22T10:00:00.123Z` at the end of `out`, where LONGEST_TIME bytes are reserved. */
  write(out: ByteWriter, timestampMs: number): void {
    if (timestampMs !== this.#timestampMs) {
      this.#timestampMs = timestampMs;
      this.#length = this.#text.write(new Date(timestampMs).toISOString(), 'latin1');
    }
    const { bytes } = out;
    const at = out.length;
    for (let i = 0; i < this.#length; i++) bytes[at + i] = this.#text[i];
    out.length = at + this.#length;
  }
}
