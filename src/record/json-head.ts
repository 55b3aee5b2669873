/** The part of a JSON record that all samples of a series have in common: labels and name. */

import type { SeriesView } from '../contracts.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import { Snippet } from '../lib/snippet.ts';
import { LONGEST_ESCAPE, type Source } from './json-string.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

const BEFORE_LABELS = new Snippet('{"labels":{');
const BEFORE_NAME = new Snippet('},"name":"');
const BEFORE_TIME = new Snippet('","timestamp":');
const FIXED_BYTES = 64;
const BYTES_AROUND_LABEL = 6;

/** Writes the label range at `range` as the inside of a JSON string, at most LONGEST_ESCAPE bytes a byte. */
export type WriteText = (out: ByteWriter, source: Source, range: number) => void;

/** Writes `{"labels":{"__name__":"up"},"name":"up","timestamp":`. */
export function writeHead(out: ByteWriter, series: SeriesView, writeText: WriteText): void {
  out.reserve(mostBytes(series));
  BEFORE_LABELS.write(out);
  const { bytes } = out;
  for (let range = 0; range < series.labelCount * 4; range += 4) {
    bytes[out.length++] = QUOTE;
    writeText(out, series, range);
    writeBetween(out);
    writeText(out, series, range + 2);
    writeAfter(out);
  }
  // In the place of the last comma.
  out.length--;
  BEFORE_NAME.write(out);
  writeText(out, series, series.nameLabel * 4 + 2);
  BEFORE_TIME.write(out);
}

/** `":"`, and room for one byte more. */
function writeBetween(out: ByteWriter): void {
  out.view.setInt32(out.length, QUOTE | (COLON << 8) | (QUOTE << 16), true);
  out.length += 3;
}

/** `",` */
function writeAfter(out: ByteWriter): void {
  out.view.setInt16(out.length, QUOTE | (COMMA << 8), true);
  out.length += 2;
}

/** An upper bound of the head, every byte of every label escaped. */
function mostBytes({ labels, labelCount }: SeriesView): number {
  let bytes = 0;
  for (let range = 0; range < labelCount * 4; range += 2) bytes += labels[range + 1] - labels[range];
  return bytes * 2 * LONGEST_ESCAPE + labelCount * BYTES_AROUND_LABEL + FIXED_BYTES;
}
