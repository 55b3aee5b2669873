/** A bound on how often something happens: tokens come back at a rate, up to a burst. */

export interface BucketSize {
  readonly ratePerSecond: number;
  readonly burst: number;
}

export class TokenBucket {
  #tokens: number | undefined;
  #filledMs = 0;

  /** Takes one token if there is one. `size` may differ from call to call; `nowMs` never goes back. */
  take(nowMs: number, size: BucketSize): boolean {
    const { ratePerSecond, burst } = size;
    const gained = ((nowMs - this.#filledMs) / 1000) * ratePerSecond;
    this.#tokens = Math.min(burst, this.#tokens === undefined ? burst : this.#tokens + gained);
    this.#filledMs = nowMs;
    // A sum of many small gains may end a hair below the whole token it stands for.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens--;
    return true;
  }
}
