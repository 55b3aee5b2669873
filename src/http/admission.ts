/** How many bytes of write requests may be under way at once. */

import { AdapterError } from '../errors.ts';
import { formatSize } from '../lib/units.ts';
import type { Instruments } from '../metrics.ts';

export class Admission {
  #limitBytes: number;
  readonly #instruments: Instruments;
  #inflightBytes = 0;

  /** `limitBytes` is the option `http.max_inflight_size`. */
  constructor(limitBytes: number, instruments: Instruments) {
    this.#limitBytes = limitBytes;
    this.#instruments = instruments;
    this.useLimit(limitBytes);
  }

  useLimit(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    this.#instruments.httpInflightLimitBytes.set(limitBytes);
  }

  /**
   * Takes `bytes` until the returned function is called.
   * Throws AdapterError `overloaded` when they do not fit.
   */
  admit(bytes: number): () => void {
    if (this.#inflightBytes + bytes > this.#limitBytes) {
      throw new AdapterError(
        'overloaded',
        `${formatSize(this.#inflightBytes)} of requests are under way and this one has ${formatSize(bytes)}: more than http.max_inflight_size (${formatSize(this.#limitBytes)})`,
      );
    }
    this.#add(bytes);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#add(-bytes);
    };
  }

  #add(bytes: number): void {
    this.#inflightBytes += bytes;
    this.#instruments.httpInflightBytes.set(this.#inflightBytes);
  }
}
