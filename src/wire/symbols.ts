/** The symbols table of a 2.0 request: where each string lies in the body. */

import { Buffer } from 'node:buffer';
import { AdapterError } from '../errors.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { type Cursor, LENGTH_DELIMITED } from './cursor.ts';
import { TextFacts } from './label-hash.ts';

const FIRST_SYMBOLS = 1024;
/** Memory for so many is kept for the next request; what a larger table needed is given back. */
const KEPT_SYMBOLS = 65_536;
const request = fieldNumbers(loadProto('prometheus/remote_write_v2.proto'), 'io.prometheus.write.v2.Request');
export const SYMBOLS = (request.symbols! << 3) | LENGTH_DELIMITED;

export class Symbols {
  count = 0;
  /** Two offsets a symbol: start, end. */
  ranges = new Int32Array(FIRST_SYMBOLS * 2);
  readonly facts = new TextFacts();
  /** For each symbol one that is known to sort before it, plus 1; 0 = none. Series repeat their label names. */
  before = new Int32Array(FIRST_SYMBOLS);

  /** Forgets those of the last request. */
  reset(): void {
    this.count = 0;
    if (this.before.length > KEPT_SYMBOLS) this.#make(FIRST_SYMBOLS);
  }

  /**
   * Notes the symbols from where `cursor` is up to `stop`, wherever they stand: the fields of a message may come in any
   * order, and series refer to symbols that come after them. True once the whole request of `length` bytes was looked
   * at. Throws MalformedError, and AdapterError `limit_exceeded` above `maxSymbols`.
   */
  read(cursor: Cursor, [stop, length]: readonly [number, number], maxSymbols: number): boolean {
    while (cursor.at < stop) {
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
    if (cursor.at < length) return false;
    this.facts.reset(this.before.length);
    this.before.fill(0, 0, this.count);
    return true;
  }

  /** Whether symbol `first` sorts before symbol `second`; remembered when it does. */
  sorts(first: number, second: number, bytes: Uint8Array): boolean {
    const { ranges } = this;
    const firstBytes = bytes.subarray(ranges[first * 2], ranges[first * 2 + 1]);
    const secondBytes = bytes.subarray(ranges[second * 2], ranges[second * 2 + 1]);
    if (Buffer.compare(firstBytes, secondBytes) >= 0) return false;
    this.before[second] = first + 1;
    return true;
  }

  /** Finds the facts of a symbol; returns its traits. */
  look(ref: number, view: DataView): number {
    return this.facts.look(ref, view, [this.ranges[ref * 2], this.ranges[ref * 2 + 1]]);
  }

  #grow(): void {
    const { ranges } = this;
    this.#make(ranges.length);
    this.ranges.set(ranges);
  }

  #make(symbols: number): void {
    this.ranges = new Int32Array(symbols * 2);
    this.before = new Int32Array(symbols);
  }
}
