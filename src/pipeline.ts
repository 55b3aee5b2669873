/** The one place that knows the order of the stages for a write request. */

import type { Buffer } from 'node:buffer';
import type { Delivery, RecordFormat, RequestRecords } from './contracts.ts';
import type { AdapterError } from './errors.ts';
import { type Contents, NOTHING, plus } from './lib/contents.ts';
import { bytesOf } from './lib/pieces.ts';
import type { Instruments } from './metrics.ts';
import { Tally } from './pipeline/tally.ts';
import { writeMetadata } from './record/metadata-json.ts';
import { type ContentRules, contentsOf, keepValid } from './wire/content-rules.ts';
import type { MetricMetadata } from './wire/metadata.ts';
import type { MessageVersion } from './wire/negotiate.ts';
import { Series, type SeriesLimits } from './wire/series.ts';
import { Decompressor, declaredBytes } from './wire/snappy.ts';
import { V1Reader } from './wire/v1-reader.ts';
import { V2Memory, V2Reader } from './wire/v2-reader.ts';

export interface PipelineParts {
  readonly format: RecordFormat;
  readonly delivery: Delivery;
  readonly instruments: Instruments;
  readonly topic: string;
  /** The option `metadata.topic`; '' = metadata is not written. */
  readonly metadataTopic: string;
  /** Bytes; the option `http.max_decoded_size`. */
  readonly maxDecodedBytes: number;
  readonly limits: SeriesLimits;
  readonly rules: ContentRules;
}

/** What became of a request of which all that can be written is acknowledged. */
export interface WriteOutcome {
  readonly received: Contents;
  readonly written: Contents;
  /** `content_invalid`, when something was left out. */
  readonly refusal: AdapterError | undefined;
}

/** One request on its way through the stages. */
interface Passage {
  readonly body: readonly Buffer[];
  readonly version: MessageVersion;
  readonly records: RequestRecords;
  readonly tally: Tally;
}

export class WritePipeline {
  readonly #parts: PipelineParts;
  /** Filled again for each series; safe to share since a request is read in one synchronous step. */
  readonly #series: Series;
  readonly #memory: V2Memory;
  readonly #decompressor = new Decompressor();

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#series = new Series(parts.limits);
    this.#memory = new V2Memory(parts.limits.labelsPerSeries);
  }

  /** What the body will take once it is decompressed; throws as `write` does when it cannot be. */
  decodedBytes(body: readonly Buffer[]): number {
    return declaredBytes(body, this.#parts.maxDecodedBytes);
  }

  /**
   * Writes one request to Kafka. Resolves when all of it is acknowledged but what it refuses.
   * Rejects with an AdapterError: undecodable (nothing written), or what the delivery says.
   */
  async write(body: readonly Buffer[], version: MessageVersion): Promise<WriteOutcome> {
    const { instruments, delivery } = this.#parts;
    for (;;) {
      const records = delivery.open();
      const tally = new Tally();
      this.#readAll({ body, version, records, tally });
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
    const { instruments, metadataTopic } = this.#parts;
    const { received } = tally;
    instruments.seriesReceived.inc(tally.series);
    countEach(instruments.samplesReceived, received);
    if (tally.metadata > 0) instruments.metadataReceived.inc(tally.metadata);
    for (const [reason, contents] of await records.commit()) tally.drop(reason, contents);
    const { written, refusal } = tally;
    countEach(instruments.samplesWritten, written);
    if (tally.metadata > 0 && metadataTopic !== '') instruments.metadataWritten.inc(tally.metadata);
    for (const [reason, { contents }] of tally.dropped)
      instruments.samplesDropped.inc({ reason }, contents.float + contents.histogram + contents.exemplar);
    return { received, written, refusal };
  }

  /** Bytes in, records out, in one synchronous step; on a malformed body nothing stays behind. */
  #readAll(passage: Passage): void {
    const { records, tally, body } = passage;
    try {
      tally.decodedBytes = this.#decompressor.decompress(body, this.#parts.maxDecodedBytes);
      this.#series.useBytes(this.#decompressor.bytes, this.#decompressor.view);
      this.#readSeries(passage);
    } catch (error) {
      records.rollback();
      throw error;
    }
  }

  #readSeries(passage: Passage): void {
    const { records, tally, version } = passage;
    const { format, topic, rules } = this.#parts;
    const series = this.#series;
    const filter = {
      rules,
      nowMs: Date.now(),
      needsContents: version === 'v2',
      onDrop: (reason: Parameters<Tally['drop']>[0], contents: Contents, detail?: string) =>
        tally.drop(reason, contents, { series, detail }),
    };
    const reader =
      version === 'v2'
        ? new V2Reader(series, tally.decodedBytes, this.#memory)
        : new V1Reader(series, tally.decodedBytes, (metadata) => this.#takeMetadata(metadata, passage));
    let samples = 0;
    while (reader.next()) {
      tally.series++;
      samples += series.sampleCount;
      if (series.histogramCount > 0 || series.exemplarCount > 0)
        tally.received = plus(tally.received, { ...contentsOf(series), float: 0 });
      keepValid(series, filter);
      if (series.sampleCount > 0 || series.histogramCount > 0 || series.exemplarCount > 0)
        format.writeSeries(series, records.series(topic, series.hash));
    }
    tally.received = plus(tally.received, { ...NOTHING, float: samples });
  }

  #takeMetadata(metadata: MetricMetadata, { records, tally }: Passage): void {
    tally.metadata++;
    const { metadataTopic } = this.#parts;
    if (metadataTopic !== '')
      writeMetadata(metadata, (hash, key) => records.series(metadataTopic, hash, key));
  }
}

function countEach(counter: Instruments['samplesReceived'], contents: Contents): void {
  for (const [type, count] of Object.entries(contents)) if (count > 0) counter.inc({ type }, count);
}
