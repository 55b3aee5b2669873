/** What of a series its key is made of, and what its partition is chosen by: `series`, `metric` or labels. */

import { Buffer } from 'node:buffer';
import type { SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';

const SEPARATOR = 0x3b;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** By byte, 1 for what is escaped: in names and values of a series, and in values of several labels. */
const IN_NAME = marksOf('\\,=');
const IN_VALUE = marksOf('\\,');
const IN_LIST = marksOf('\\;');

/** Writes the text that a choice stands for. */
export type LabelText = (series: SeriesView, out: ByteWriter) => void;

/** The name of the metric. */
export function writeMetricName({ view, labels, nameLabel }: SeriesView, out: ByteWriter): void {
  out.copyText(view, labels[nameLabel * 4 + 2], labels[nameLabel * 4 + 3]);
}

/**
 * All labels, `name=value` each, in the order of their names, with a comma between: the same text for the same
 * series, and for no other.
 */
export function writeSeriesText({ view, labels, labelCount }: SeriesView, out: ByteWriter): void {
  for (let range = 0; range < labelCount * 4; range += 4) {
    if (range > 0) out.byte(COMMA);
    const nameAt = out.length;
    out.copyText(view, labels[range], labels[range + 1]);
    escapeFrom(out, nameAt, IN_NAME);
    out.byte(EQUALS);
    const valueAt = out.length;
    out.copyText(view, labels[range + 2], labels[range + 3]);
    escapeFrom(out, valueAt, IN_VALUE);
  }
}

/** The values of these labels with `;` between; one that is missing is empty, one that stands alone is as it is. */
export function labelValues(names: readonly string[]): LabelText {
  const wanted = names.map((name) => Buffer.from(name));
  return (series, out) => {
    for (const [index, name] of wanted.entries()) {
      if (index > 0) out.byte(SEPARATOR);
      const range = rangeOf(series, name);
      if (range < 0) continue;
      const valueAt = out.length;
      out.copyText(series.view, series.labels[range + 2], series.labels[range + 3]);
      if (wanted.length > 1) escapeFrom(out, valueAt, IN_LIST);
    }
  };
}

function marksOf(characters: string): Uint8Array {
  const marked = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) marked[byte] = 1;
  return marked;
}

/** Puts a backslash in front of each byte of `special` that was written from `start` on. */
function escapeFrom(out: ByteWriter, start: number, special: Uint8Array): void {
  const written: Uint8Array = out.bytes;
  const { length } = out;
  let found = 0;
  for (let i = start; i < length; i++) found += special[written[i]];
  if (found === 0) return;
  out.reserve(found);
  const { bytes } = out;
  let to = length + found;
  for (let i = length - 1; i >= start; i--) {
    bytes[--to] = bytes[i];
    if (special[bytes[i]] === 1) bytes[--to] = BACKSLASH;
  }
  out.length += found;
}

/** Where the offsets of the label stand; -1 when it is missing. */
function rangeOf({ bytes, labels, labelCount }: SeriesView, name: Buffer): number {
  for (let range = 0; range < labelCount * 4; range += 4) {
    const start = labels[range];
    const end = labels[range + 1];
    if (end - start === name.length && name.equals(bytes.subarray(start, end))) return range;
  }
  return -1;
}

/** The text of a choice, in memory that is used again for the next. */
export class ChosenText {
  readonly #write: LabelText;
  readonly #out = new ByteWriter();

  constructor(write: LabelText) {
    this.#write = write;
  }

  /** Valid until the next call. */
  of(series: SeriesView): Uint8Array {
    this.#out.truncate();
    this.#write(series, this.#out);
    return this.#out.bytes.subarray(0, this.#out.length);
  }
}
