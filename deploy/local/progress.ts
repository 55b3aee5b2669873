/** Shows how far a download is: one moving line on a terminal, a few lines elsewhere. */

import type { WriteStream } from 'node:tty';

const megabyte = 1_000_000;

/** What a download counts up. */
export interface Counter {
  add(bytes: number): void;
  fileDone(): void;
}

/** Counts files and bytes against known totals. */
export class Progress implements Counter {
  readonly #out: NodeJS.WritableStream;
  readonly #total: { label: string; files: number; bytes: number };
  #files = 0;
  #bytes = 0;
  #shownAtMs = 0;
  #shownQuarter = 0;

  constructor(out: NodeJS.WritableStream, total: { label: string; files: number; bytes: number }) {
    this.#out = out;
    this.#total = total;
  }

  /** May be negative: an attempt that failed takes its bytes back. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#show();
  }

  fileDone(): void {
    this.#files += 1;
    this.#show();
  }

  #line(): string {
    const { label, files, bytes } = this.#total;
    const megabytes = `${(this.#bytes / megabyte).toFixed(1)} of ${(bytes / megabyte).toFixed(1)} MB`;
    return `${label}: ${this.#files} of ${files} files, ${megabytes}`;
  }

  #show(): void {
    const isComplete = this.#files === this.#total.files;
    if ((this.#out as WriteStream).isTTY) {
      const nowMs = performance.now();
      if (!isComplete && nowMs - this.#shownAtMs < 100) return;
      this.#shownAtMs = nowMs;
      this.#out.write(`\r${this.#line()}\x1b[K${isComplete ? '\n' : ''}`);
      return;
    }
    const quarter = isComplete ? 4 : Math.min(3, Math.floor((4 * this.#bytes) / this.#total.bytes));
    if (quarter <= this.#shownQuarter) return;
    this.#shownQuarter = quarter;
    this.#out.write(`${this.#line()}\n`);
  }
}
