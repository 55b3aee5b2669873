/** Requests read a little at a time, as large ones are, and what is found wrong with them. */

import type { Buffer } from 'node:buffer';
import { Reading } from '../../../src/pipeline/reading.ts';
import type { MessageVersion } from '../../../src/wire/negotiate.ts';
import { LIMITS } from './oracle-rules.ts';
import { codeOf, MAX_DECODED_BYTES } from './pipeline.ts';

/** Bytes. Small, so that every place of a request is the end of a step of some request. */
const DECOMPRESSED = 13;
const READ = 7;

export class Steps {
  readonly #reading = new Reading(LIMITS);

  /** The code of the error; undefined when the request can be read to its end. */
  problemOf(body: Buffer[], version: MessageVersion): string | undefined {
    try {
      this.#read(body, version);
      return undefined;
    } catch (error) {
      return codeOf(error);
    }
  }

  #read(body: Buffer[], version: MessageVersion): void {
    const { decompressor } = this.#reading;
    const length = decompressor.begin(body, MAX_DECODED_BYTES);
    while (!decompressor.proceed(DECOMPRESSED));
    const reader = this.#reading.reader(version, length, () => {});
    while (!reader.isDone) reader.next(READ);
  }
}
