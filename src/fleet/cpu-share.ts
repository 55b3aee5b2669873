/** How much of one core this process takes, smoothed so that a collection of garbage is no load. */

/** So long a change takes to be seen for two thirds: as with the load of connections, which is shown beside it. */
const SMOOTHED_OVER_MS = 20_000;

export class CpuShare {
  readonly #usage: () => { readonly user: number; readonly system: number };
  #last: { readonly atMs: number; readonly busyMs: number } | undefined;
  #share = 0;

  /** `usage` as `process.cpuUsage`, in microseconds since the start. */
  constructor(usage: () => { readonly user: number; readonly system: number } = process.cpuUsage) {
    this.#usage = usage;
  }

  /** 0 to 1, above with threads; called every second or so, 0 at first. */
  read(nowMs: number): number {
    const { user, system } = this.#usage();
    const busyMs = (user + system) / 1000;
    const last = this.#last;
    this.#last = { atMs: nowMs, busyMs };
    if (!last || nowMs <= last.atMs) return this.#share;
    const passedMs = nowMs - last.atMs;
    const weight = 1 - Math.exp(-passedMs / SMOOTHED_OVER_MS);
    this.#share += weight * ((busyMs - last.busyMs) / passedMs - this.#share);
    return this.#share;
  }
}
