/** For log lines that would come again and again: at once when something new is said, else every now and then. */

const AGAIN_MS = 60_000;

export class Seldom {
  #said = '';
  #saidMs = Number.NEGATIVE_INFINITY;

  /** Whether it is time to say this. */
  isDue(text: string, nowMs: number): boolean {
    if (text === this.#said && nowMs - this.#saidMs < AGAIN_MS) return false;
    this.#said = text;
    this.#saidMs = nowMs;
    return true;
  }

  /** It is over: gives whether anything had been said of it. */
  end(): boolean {
    const wasSaid = this.#said !== '';
    this.#said = '';
    this.#saidMs = Number.NEGATIVE_INFINITY;
    return wasSaid;
  }
}
