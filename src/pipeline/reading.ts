/** The memory in which requests are read, one after the other. */

import type { MetricMetadata } from '../wire/metadata.ts';
import type { MessageVersion } from '../wire/negotiate.ts';
import { Series, type SeriesLimits } from '../wire/series.ts';
import { Decompressor } from '../wire/snappy.ts';
import { V1Reader } from '../wire/v1-reader.ts';
import { V2Memory, V2Reader } from '../wire/v2-reader.ts';

export class Reading {
  readonly decompressor = new Decompressor();
  /** Filled again for each series. */
  readonly series: Series;
  readonly #memory: V2Memory;

  constructor(limits: SeriesLimits) {
    this.series = new Series(limits);
    this.#memory = new V2Memory(limits);
  }

  /** A reader of the `length` bytes that are decompressed. */
  reader(
    version: MessageVersion,
    length: number,
    onMetadata: (metadata: MetricMetadata) => void,
  ): V1Reader | V2Reader {
    const { series, decompressor } = this;
    series.useBytes(decompressor.bytes, decompressor.view);
    return version === 'v2'
      ? new V2Reader(series, length, this.#memory)
      : new V1Reader(series, length, onMetadata);
  }
}
