/** A fixed piece of text that is written often: kept as words, so that it costs a few stores. */

import { Buffer } from 'node:buffer';
import { type ByteWriter, SLACK_BYTES } from './byte-writer.ts';

export class Snippet {
  readonly length: number;
  readonly #words: Int32Array;

  /** `text` is ASCII. */
  constructor(text: string) {
    const bytes = Buffer.from(text.padEnd(text.length + SLACK_BYTES), 'latin1');
    this.length = text.length;
    this.#words = Int32Array.from({ length: Math.ceil(text.length / 4) }, (_, i) => bytes.readInt32LE(i * 4));
  }

  /** Writes the text at the end of `out`, where room for it is reserved. */
  write(out: ByteWriter): void {
    const words = this.#words;
    const { view } = out;
    const at = out.length;
    for (let i = 0; i < words.length; i++) view.setInt32(at + i * 4, words[i], true);
    out.length = at + this.length;
  }
}
