/** Timestamps as RFC 3339 text, remembered while they stay the same. */

import type { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';

/** `+275760-09-13T00:00:00.000Z`. */
export const LONGEST_TIME = 27;

/** Samples of one scrape share their time, so mostly the last text is written again. */
export class TimeText {
  #timestampMs = Number.NaN;
  #text = new Snippet('');

  /** Writes `2026-11-22T10:00:00.123Z` at the end of `out`, where LONGEST_TIME bytes are reserved. */
  write(out: ByteWriter, timestampMs: number): void {
    if (timestampMs !== this.#timestampMs) {
      this.#timestampMs = timestampMs;
      this.#text = new Snippet(new Date(timestampMs).toISOString());
    }
    this.#text.write(out);
  }
}
