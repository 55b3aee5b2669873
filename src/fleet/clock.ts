/** Time as the fleet needs it, so that tests can be ahead of it. */

export interface Clock {
  /** Milliseconds, from anywhere on. */
  nowMs(): number;
  /** Calls once after so many milliseconds, and keeps no process alive for it; gives the way to take that back. */
  after(ms: number, run: () => void): () => void;
}

export const REAL_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
