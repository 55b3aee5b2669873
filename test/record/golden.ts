/** Golden files: what a format makes of the corpus, one record a line, compared byte for byte. */

import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import type { RecordFormat } from '../../src/contracts.ts';
import { recordsOf } from '../support/format-records.ts';
import { CORPUS } from './corpus.ts';

/** Set to write the files anew; then read the difference before it is committed. */
const REWRITE = process.env['REWRITE_GOLDEN'] === '1';

function fileOf(name: string): URL {
  return new URL(`golden/${name}.txt`, import.meta.url);
}

/** `time float,histogram,exemplar value` for each record, under the name of its request. */
function goldenText(format: RecordFormat, show: (value: Buffer) => string): string {
  const lines = Object.entries(CORPUS).flatMap(([name, request]) => [
    `# ${name}`,
    ...recordsOf(format, request).map(({ timestampMs, contents, value }) => {
      const { float, histogram, exemplar } = contents;
      return `${timestampMs} ${float},${histogram},${exemplar} ${show(value)}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

/** Compares with golden/NAME.txt; `show` makes one line of a record. */
export function assertGolden(name: string, format: RecordFormat, show: (value: Buffer) => string): void {
  const text = goldenText(format, show);
  if (REWRITE) writeFileSync(fileOf(name), text);
  assert.deepEqual(text.split('\n'), readFileSync(fileOf(name), 'utf8').split('\n'));
}

/** The records of a golden file, without the names of their requests. */
export function goldenRecords(name: string): string[] {
  const lines = readFileSync(fileOf(name), 'utf8').trimEnd().split('\n');
  return lines.filter((line) => !line.startsWith('# ')).map((line) => line.split(' ').slice(2).join(' '));
}
