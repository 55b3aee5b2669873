/** A series view over test bytes, with the slack behind them that readers count on. */

import { Buffer } from 'node:buffer';
import { SLACK_BYTES, viewOf } from '../../src/lib/byte-writer.ts';
import type { MetricMetadata } from '../../src/wire/metadata.ts';
import { Series, type SeriesLimits } from '../../src/wire/series.ts';
import { V1Reader } from '../../src/wire/v1-reader.ts';
import { V2Memory, V2Reader } from '../../src/wire/v2-reader.ts';
import { request, type TestSeries } from './write-request.ts';

/** Enough for every test that is not about limits. */
export const TEST_LIMITS: SeriesLimits = {
  labelsPerSeries: 200_000,
  samplesPerRequest: 100_000,
  bucketsPerHistogram: 10_000,
  bucketsPerRequest: 1_000_000,
  symbolsPerRequest: 1_000_000,
  textBytesPerRequest: 64 * 1024 * 1024,
  textBytesPerSeries: 0,
};

/** A series over `bytes`; the slack is full of what must not be read as content. */
function seriesOver(bytes: Uint8Array, limits = TEST_LIMITS): Series {
  const memory = Buffer.alloc(bytes.length + SLACK_BYTES, '"');
  memory.set(bytes);
  const series = new Series(limits);
  series.useBytes(memory, viewOf(memory));
  return series;
}

/** A reader of `bytes` as a 1.0 request; `metadata` fills as it reads. */
export function readerOf(
  bytes: Uint8Array,
  limits = TEST_LIMITS,
): {
  reader: V1Reader;
  series: Series;
  metadata: MetricMetadata[];
} {
  const series = seriesOver(bytes, limits);
  const metadata: MetricMetadata[] = [];
  const reader = new V1Reader(series, bytes.length, (message) => metadata.push(message));
  return { reader, series, metadata };
}

/** A reader of `bytes` as a 2.0 request. */
export function v2ReaderOf(bytes: Uint8Array, limits = TEST_LIMITS): { reader: V2Reader; series: Series } {
  const series = seriesOver(bytes, limits);
  return { reader: new V2Reader(series, bytes.length, new V2Memory(limits)), series };
}

/** The one series of a request that holds `entry`, as read and not yet checked. */
export function seriesOf(entry: TestSeries): Series {
  const { reader, series } = readerOf(request([entry]));
  reader.next();
  return series;
}
