/** A series view over test bytes, with the slack behind them that readers count on. */

import { Buffer } from 'node:buffer';
import { SLACK_BYTES, viewOf } from '../../src/lib/byte-writer.ts';
import { Series } from '../../src/wire/series.ts';
import { V1Reader } from '../../src/wire/v1-reader.ts';
import { request, type TestSeries } from './write-request.ts';

/** Enough for every test that is not about limits. */
export const TEST_LIMITS = { labelsPerSeries: 200_000, samplesPerRequest: 100_000 };

/** A reader of `bytes`; the slack is full of what must not be read as content. */
export function readerOf(bytes: Uint8Array): { reader: V1Reader; series: Series } {
  const memory = Buffer.alloc(bytes.length + SLACK_BYTES, '"');
  memory.set(bytes);
  const series = new Series(TEST_LIMITS);
  series.useBytes(memory, viewOf(memory));
  return { reader: new V1Reader(series, bytes.length), series };
}

/** The one series of a request that holds `entry`, as read and not yet checked. */
export function seriesOf(entry: TestSeries): Series {
  const { reader, series } = readerOf(request([entry]));
  reader.next();
  return series;
}
