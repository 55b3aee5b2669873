/** What `tail` prints of a record: the lines of its format whose labels `record.match` lets pass. */

import type { Buffer } from 'node:buffer';
import type { Config } from '../config/options.ts';
import { decoderOf } from '../record/decoders.ts';
import { createFilter } from '../record/match.ts';

export function tailLines(config: Config): (value: Buffer) => readonly string[] {
  const decode = decoderOf(config['record.format']);
  const passes = createFilter(config['record.match']);
  return (value) =>
    decode(value)
      .filter(({ labels }) => passes(labels))
      .map(({ text }) => text);
}
