/** The one place that knows the order of the stages for a write request. */

import type { Buffer } from 'node:buffer';
import type { Delivery, RecordFormat, RequestRecords } from './contracts.ts';
import { AdapterError, DROP_REASONS, type DropReason } from './errors.ts';
import type { Instruments } from './metrics.ts';
import { seriesHash } from './record/series-hash.ts';
import type { MessageVersion } from './wire/negotiate.ts';
import { Series } from './wire/series.ts';
import { decompress, readHeader } from './wire/snappy.ts';
import { V1Reader } from './wire/v1-reader.ts';
import { canonicalise, dropUnreadableTimestamps } from './wire/validate.ts';

const MAX_LABELS_SHOWN = 300;

export interface PipelineParts {
  readonly format: RecordFormat;
  readonly delivery: Delivery;
  readonly instruments: Instruments;
  readonly topic: string;
  /** Bytes; the option `http.max_decoded_size`. */
  readonly maxDecodedBytes: number;
}

/** What one request held and what was left out of it. */
interface Tally {
  series: number;
  samples: number;
  dropped: Map<DropReason, number>;
  firstOffender: string;
}

export class WritePipeline {
  readonly #parts: PipelineParts;
  /** Filled again for each series; safe to share since a request is read in one synchronous step. */
  readonly #series = new Series();

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** What the body will take once it is decompressed; throws as `write` does when it cannot be. */
  decodedBytes(body: Buffer): number {
    return readHeader(body, this.#parts.maxDecodedBytes).decodedBytes;
  }

  /**
   * Writes one request to Kafka. Resolves when every sample in it is acknowledged.
   * Rejects with an AdapterError: undecodable (nothing written), `content_invalid` (the rest is written and
   * acknowledged), or what the delivery says.
   */
  async write(body: Buffer, _version: MessageVersion): Promise<void> {
    const { instruments } = this.#parts;
    instruments.receivedBytes.inc({ encoding: 'compressed' }, body.length);
    const decoded = decompress(body, this.#parts.maxDecodedBytes);
    instruments.receivedBytes.inc({ encoding: 'decoded' }, decoded.length);
    const records = this.#parts.delivery.open();
    const tally = this.#readAll(decoded, records);
    await records.commit();
    this.#countWritten(tally);
    if (tally.dropped.size > 0) throw new AdapterError('content_invalid', describe(tally));
  }

  /** Bytes in, records out, in one synchronous step; on a malformed body nothing stays behind. */
  #readAll(decoded: Uint8Array, records: RequestRecords): Tally {
    const { format, topic, instruments } = this.#parts;
    const series = this.#series;
    const reader = new V1Reader(decoded, series);
    const tally: Tally = { series: 0, samples: 0, dropped: new Map(), firstOffender: '' };
    const counts = { float: 0, histogram: 0, exemplar: 0 };
    try {
      while (reader.next()) {
        tally.series++;
        counts.float += series.sampleCount;
        counts.histogram += series.histogramCount;
        counts.exemplar += series.exemplarCount;
        this.#keepWritable(tally);
        if (series.sampleCount > 0) format.writeSeries(series, records.series(topic, seriesHash(series)));
      }
    } catch (error) {
      records.rollback();
      throw error;
    }
    instruments.seriesReceived.inc(tally.series);
    instruments.metadataReceived.inc(reader.metadataCount);
    for (const [type, count] of Object.entries(counts)) instruments.samplesReceived.inc({ type }, count);
    tally.samples = counts.float;
    return tally;
  }

  /** Takes out of the series what cannot be written, and notes why. */
  #keepWritable(tally: Tally): void {
    const series = this.#series;
    const drop = (reason: DropReason, count: number): void => {
      if (count === 0) return;
      if (tally.dropped.size === 0) tally.firstOffender = describeLabels(series);
      tally.dropped.set(reason, (tally.dropped.get(reason) ?? 0) + count);
    };
    drop('histogram_unsupported', series.histogramCount);
    drop('exemplar_unsupported', series.exemplarCount);
    const reason = canonicalise(series);
    if (reason === undefined) {
      drop('timestamp_out_of_range', dropUnreadableTimestamps(series));
      return;
    }
    drop(reason, series.sampleCount);
    series.sampleCount = 0;
  }

  #countWritten(tally: Tally): void {
    const { instruments } = this.#parts;
    let dropped = 0;
    for (const [reason, count] of tally.dropped) {
      instruments.samplesDropped.inc({ reason }, count);
      if (reason !== 'histogram_unsupported' && reason !== 'exemplar_unsupported') dropped += count;
    }
    instruments.samplesWritten.inc({ type: 'float' }, tally.samples - dropped);
  }
}

/** One line for the sender's log: how many, why, and where to look. */
function describe(tally: Tally): string {
  const reasons = [...tally.dropped].map(
    ([reason, count]) => `${count} for ${reason} (${DROP_REASONS[reason]})`,
  );
  return `not written: ${reasons.join(', ')}; first: ${tally.firstOffender}; all other samples of the request are written`;
}

/** The labels as received, as far as they can be shown on one line. */
function describeLabels(series: Series): string {
  const { bytes, labels } = series;
  const text = (start: number, end: number): string =>
    JSON.stringify(new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + MAX_LABELS_SHOWN))));
  let shown = '';
  for (let i = 0; i < series.labelCount && shown.length < MAX_LABELS_SHOWN; i++) {
    const name = text(labels[i * 4], labels[i * 4 + 1]);
    shown += `${i > 0 ? ',' : ''}${name}=${text(labels[i * 4 + 2], labels[i * 4 + 3])}`;
  }
  return `{${shown.slice(0, MAX_LABELS_SHOWN)}}`;
}
