/** What of a series its key is made of, and what its partition is chosen by: `series`, `metric` or labels. */

import { Buffer } from 'node:buffer';
import type { SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';

const SEPARATOR = 0x3b;
const COMMA = 0x2c;
const EQUALS = 0x3d;

/** Writes the text that a choice stands for. */
export type LabelText = (series: SeriesView, out: ByteWriter) => void;

/** The name of the metric. */
export function writeMetricName({ view, labels, nameLabel }: SeriesView, out: ByteWriter): void {
  out.copyText(view, labels[nameLabel * 4 + 2], labels[nameLabel * 4 + 3]);
}

/**
 * All labels, `name=value` each, in the order of their names, with a comma between: the same text for the same
 * series. Not meant to be taken apart, so nothing is escaped.
 */
export function writeSeriesText({ view, labels, labelCount }: SeriesView, out: ByteWriter): void {
  for (let range = 0; range < labelCount * 4; range += 4) {
    if (range > 0) out.byte(COMMA);
    out.copyText(view, labels[range], labels[range + 1]);
    out.byte(EQUALS);
    out.copyText(view, labels[range + 2], labels[range + 3]);
  }
}

/** The values of these labels with `;` between; one that is missing is empty. */
export function labelValues(names: readonly string[]): LabelText {
  const wanted = names.map((name) => Buffer.from(name));
  return (series, out) => {
    for (const [index, name] of wanted.entries()) {
      if (index > 0) out.byte(SEPARATOR);
      const range = rangeOf(series, name);
      if (range >= 0) out.copyText(series.view, series.labels[range + 2], series.labels[range + 3]);
    }
  };
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
