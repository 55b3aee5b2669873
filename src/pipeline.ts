/** The one place that knows the order of the stages for a write request. */

import type { Buffer } from 'node:buffer';
import type { Delivery, RecordFormat, RequestRecords } from './contracts.ts';
import { AdapterError, DROP_REASONS, type DropReason } from './errors.ts';
import { bytesOf } from './lib/pieces.ts';
import type { Instruments } from './metrics.ts';
import { canonicalise } from './wire/labels.ts';
import type { MessageVersion } from './wire/negotiate.ts';
import { Series, type SeriesLimits } from './wire/series.ts';
import { Decompressor, declaredBytes } from './wire/snappy.ts';
import { dropUnreadableTimestamps } from './wire/timestamps.ts';
import { V1Reader } from './wire/v1-reader.ts';

const MAX_LABELS_SHOWN = 300;

export interface PipelineParts {
  readonly format: RecordFormat;
  readonly delivery: Delivery;
  readonly instruments: Instruments;
  readonly topic: string;
  /** Bytes; the option `http.max_decoded_size`. */
  readonly maxDecodedBytes: number;
  readonly limits: SeriesLimits;
}

type SampleType = 'float' | 'histogram' | 'exemplar';

/** What became of a request whose other samples are acknowledged. */
export interface WriteOutcome {
  readonly samplesReceived: number;
  /** `content_invalid`, when something was left out. */
  readonly refusal: AdapterError | undefined;
}

/** What one request held and what was left out of it. */
interface Tally {
  decodedBytes: number;
  series: number;
  metadata: number;
  readonly received: Record<SampleType, number>;
  readonly dropped: Map<DropReason, number>;
  firstOffender: string;
}

export class WritePipeline {
  readonly #parts: PipelineParts;
  /** Filled again for each series; safe to share since a request is read in one synchronous step. */
  readonly #series: Series;
  readonly #decompressor = new Decompressor();

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#series = new Series(parts.limits);
  }

  /** What the body will take once it is decompressed; throws as `write` does when it cannot be. */
  decodedBytes(body: readonly Buffer[]): number {
    return declaredBytes(body, this.#parts.maxDecodedBytes);
  }

  /**
   * Writes one request to Kafka. Resolves when every sample in it is acknowledged but those it refuses.
   * Rejects with an AdapterError: undecodable (nothing written), or what the delivery says.
   */
  async write(body: readonly Buffer[], _version: MessageVersion): Promise<WriteOutcome> {
    const { instruments, delivery } = this.#parts;
    for (;;) {
      const records = delivery.open();
      const tally = this.#readAll(body, records);
      if (records.unknownTopics.size === 0) {
        instruments.receivedBytes.inc({ encoding: 'compressed' }, bytesOf(body));
        instruments.receivedBytes.inc({ encoding: 'decoded' }, tally.decodedBytes);
        return await this.#commit(records, tally);
      }
      // Seldom: a topic seen for the first time. Nothing of this reading is kept, for what it wrote is incomplete.
      const topics = new Set(records.unknownTopics);
      records.rollback();
      await delivery.learn(topics);
    }
  }

  async #commit(records: RequestRecords, tally: Tally): Promise<WriteOutcome> {
    this.#countReceived(tally);
    for (const [reason, count] of await records.commit()) {
      tally.dropped.set(reason, (tally.dropped.get(reason) ?? 0) + count);
    }
    this.#countWritten(tally);
    const { float, histogram, exemplar } = tally.received;
    return {
      samplesReceived: float + histogram + exemplar,
      refusal: tally.dropped.size > 0 ? new AdapterError('content_invalid', describe(tally)) : undefined,
    };
  }

  /** Bytes in, records out, in one synchronous step; on a malformed body nothing stays behind. */
  #readAll(body: readonly Buffer[], records: RequestRecords): Tally {
    const { format, topic, maxDecodedBytes } = this.#parts;
    const series = this.#series;
    const tally: Tally = {
      decodedBytes: 0,
      series: 0,
      metadata: 0,
      received: { float: 0, histogram: 0, exemplar: 0 },
      dropped: new Map(),
      firstOffender: '',
    };
    const { received } = tally;
    try {
      tally.decodedBytes = this.#decompressor.decompress(body, maxDecodedBytes);
      series.useBytes(this.#decompressor.bytes, this.#decompressor.view);
      const reader = new V1Reader(series, tally.decodedBytes);
      while (reader.next()) {
        tally.series++;
        received.float += series.sampleCount;
        received.histogram += series.histogramCount;
        received.exemplar += series.exemplarCount;
        this.#keepWritable(tally);
        if (series.sampleCount > 0) format.writeSeries(series, records.series(topic, series.hash));
      }
      tally.metadata = reader.metadataCount;
    } catch (error) {
      records.rollback();
      throw error;
    }
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

  #countReceived({ series, metadata, received }: Tally): void {
    const { instruments } = this.#parts;
    instruments.seriesReceived.inc(series);
    if (metadata > 0) instruments.metadataReceived.inc(metadata);
    for (const [type, count] of Object.entries(received)) {
      if (count > 0) instruments.samplesReceived.inc({ type }, count);
    }
  }

  #countWritten({ received, dropped }: Tally): void {
    const { instruments } = this.#parts;
    let floats = received.float;
    for (const [reason, count] of dropped) {
      instruments.samplesDropped.inc({ reason }, count);
      if (reason !== 'histogram_unsupported' && reason !== 'exemplar_unsupported') floats -= count;
    }
    instruments.samplesWritten.inc({ type: 'float' }, floats);
  }
}

/** One line for the sender's log: how many, why, and where to look. */
function describe(tally: Tally): string {
  const first = tally.firstOffender === '' ? '' : `; first: ${tally.firstOffender}`;
  const reasons = [...tally.dropped].map(
    ([reason, count]) => `${count} for ${reason} (${DROP_REASONS[reason]})`,
  );
  return `not written: ${reasons.join(', ')}${first}; all other samples of the request are written`;
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
