/** How fast a total grows: an exponentially weighted mean that is right from the start, not only after a while. */

export interface RateSpan {
  /** How far back it looks: what is this old counts 1/e of what is new. */
  readonly spanMs: number;
  /** What was watched for less than this is taken as watched for this long, so that one early step is no flood. */
  readonly leastMs: number;
}

export class Rate {
  /** May be exchanged at any time: what is known is kept, and fades by the new one. */
  span: RateSpan;
  #lastMs: number;
  #lastTotal = 0;
  /** Of the growth, and of the time in which it happened; both fade alike. */
  #growth = 0;
  #elapsedMs = 0;

  /** `bornMs` is when the total was 0. */
  constructor(span: RateSpan, bornMs: number) {
    this.span = span;
    this.#lastMs = bornMs;
  }

  /** Notes the total, every second or so; gives what it grew by. */
  note(total: number, nowMs: number): number {
    const stepMs = nowMs - this.#lastMs;
    if (stepMs <= 0) return 0;
    const gained = total - this.#lastTotal;
    const fade = Math.exp(-stepMs / this.span.spanMs);
    this.#growth = this.#growth * fade + gained;
    this.#elapsedMs = this.#elapsedMs * fade + stepMs;
    this.#lastTotal = total;
    this.#lastMs = nowMs;
    return gained;
  }

  /** As of the last note. */
  get total(): number {
    return this.#lastTotal;
  }

  /** A second, as of the last note. */
  get perSecond(): number {
    return (this.#growth * 1000) / Math.max(this.#elapsedMs, this.span.leastMs);
  }
}
