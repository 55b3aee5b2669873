/** The symbols table of a 2.0 request: where each string lies in the body. */

import { AdapterError } from '../errors.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { Cursor, LENGTH_DELIMITED } from './cursor.ts';

const FIRST_SYMBOLS = 1024;
const request = fieldNumbers(loadProto('prometheus/remote_write_v2.proto'), 'io.prometheus.write.v2.Request');
const SYMBOLS = (request.symbols! << 3) | LENGTH_DELIMITED;

export class Symbols {
  count = 0;
  /** Two offsets a symbol: start, end. */
  ranges = new Int32Array(FIRST_SYMBOLS * 2);

  /**
   * Notes all symbols of the request in the first `length` bytes, wherever they stand: the fields of a message may
   * come in any order, and series refer to symbols that come after them.
   * Throws MalformedError, and AdapterError `limit_exceeded` above `maxSymbols`.
   */
  read(bytes: Uint8Array, length: number, maxSymbols: number): void {
    const cursor = new Cursor(bytes);
    this.count = 0;
    while (cursor.at < length) {
      const tag = cursor.tag(length);
      if (tag !== SYMBOLS) {
        cursor.skip(tag, length);
        continue;
      }
      const end = cursor.lengthEnd(length);
      if (this.count === maxSymbols)
        throw new AdapterError(
          'limit_exceeded',
          `the request has over ${maxSymbols} symbols, more than limits.symbols_per_request (${maxSymbols})`,
        );
      if (this.count * 2 === this.ranges.length) this.#grow();
      this.ranges[this.count * 2] = cursor.at;
      this.ranges[this.count * 2 + 1] = end;
      this.count++;
      cursor.at = end;
    }
  }

  #grow(): void {
    const grown = new Int32Array(this.ranges.length * 2);
    grown.set(this.ranges);
    this.ranges = grown;
  }
}
