/** The one place that knows the order of the stages for a write request. */

import type { Buffer } from 'node:buffer';
import type { Delivery, RecordFormat, RecordHeaders, RequestRecords, SeriesView } from './contracts.ts';
import { AdapterError, type ErrorCode } from './errors.ts';
import { type Contents, minus, NOTHING, plus } from './lib/contents.ts';
import { bytesOf } from './lib/pieces.ts';
import type { PRODUCE_FAILURES } from './metrics/table.ts';
import type { Instruments } from './metrics.ts';
import { Tally } from './pipeline/tally.ts';
import type { Destination } from './record/destination.ts';
import { writeMetadata } from './record/metadata-json.ts';
import type { Router } from './record/router.ts';
import { type ContentRules, contentsOf, isTextTooLarge, keepHeld, keepValid } from './wire/content-rules.ts';
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
  /** Where series go that no router is asked for. */
  readonly topic: string;
  /** Undefined when there are no rules: then nothing is asked. */
  readonly router: Router | undefined;
  readonly destinationOf: (series: SeriesView) => Destination;
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
  /** Whether the request holds only what its message does not have: most likely it is one of the other version. */
  readonly isMisread: boolean;
}

export interface WriteRequest {
  /** Compressed, in the pieces it came in. */
  readonly body: readonly Buffer[];
  readonly version: MessageVersion;
  /** Of each of its records. */
  readonly headers?: RecordHeaders | undefined;
}

/** One request on its way through the stages. */
interface Passage extends WriteRequest {
  readonly records: RequestRecords;
  readonly tally: Tally;
}

/** As what a request is counted whose topics cannot be written to. */
const LEARN_FAILURES: Readonly<Partial<Record<ErrorCode, (typeof PRODUCE_FAILURES)[number]>>> = {
  topic_missing: 'topic_missing',
  kafka_refused: 'refused',
};

export class WritePipeline {
  readonly #parts: PipelineParts;
  /** Filled again for each series; safe to share since a request is read in one synchronous step. */
  readonly #series: Series;
  readonly #memory: V2Memory;
  readonly #decompressor = new Decompressor();
  #evaluated = 0;

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
   * Rejects with an AdapterError: undecodable (nothing written), or what the format or the delivery says.
   */
  async write(request: WriteRequest): Promise<WriteOutcome> {
    const { instruments, delivery, format } = this.#parts;
    if (format.prepare) await format.prepare();
    for (;;) {
      const records = delivery.open(request.headers);
      const tally = new Tally();
      this.#readAll({ ...request, records, tally });
      if (records.unknownTopics.size === 0) {
        instruments.receivedBytes.inc({ encoding: 'compressed' }, bytesOf(request.body));
        instruments.receivedBytes.inc({ encoding: 'decoded' }, tally.decodedBytes);
        return await this.#commit(records, tally);
      }
      // Seldom: a topic seen for the first time. Nothing of this reading is kept, for what it wrote is incomplete.
      const topics = new Set(records.unknownTopics);
      records.rollback();
      await this.#learn(topics);
    }
  }

  async #learn(topics: ReadonlySet<string>): Promise<void> {
    const { instruments, delivery } = this.#parts;
    try {
      await delivery.learn(topics);
    } catch (error) {
      const reason = error instanceof AdapterError ? LEARN_FAILURES[error.code] : undefined;
      instruments.kafkaProduceFailures.inc({ reason: reason ?? 'unavailable' });
      throw error;
    }
  }

  async #commit(records: RequestRecords, tally: Tally): Promise<WriteOutcome> {
    const { instruments, metadataTopic } = this.#parts;
    const { received, isMisread } = tally;
    instruments.seriesReceived.inc(tally.series);
    this.#countEvaluated();
    countEach(instruments.samplesReceived, received);
    if (tally.metadata > 0) instruments.metadataReceived.inc(tally.metadata);
    for (const [reason, contents] of await records.commit()) tally.drop(reason, contents);
    const { written, filtered, refusal } = tally;
    countEach(instruments.samplesWritten, minus(written, filtered));
    countEach(instruments.samplesFiltered, filtered);
    if (tally.metadata > 0 && metadataTopic !== '') instruments.metadataWritten.inc(tally.metadata);
    for (const [reason, { contents }] of tally.dropped)
      instruments.samplesDropped.inc({ reason }, contents.float + contents.histogram + contents.exemplar);
    return { received, written, refusal, isMisread };
  }

  /** All since the last time, also for requests of which nothing was written. */
  #countEvaluated(): void {
    const evaluated = this.#parts.router?.evaluated ?? 0;
    if (evaluated > this.#evaluated) this.#parts.instruments.seriesEvaluated.inc(evaluated - this.#evaluated);
    this.#evaluated = evaluated;
  }

  /** Bytes in, records out, in one synchronous step; on a malformed body nothing stays behind. */
  #readAll(passage: Passage): void {
    const { records, tally, body } = passage;
    const { format } = this.#parts;
    try {
      tally.decodedBytes = this.#decompressor.decompress(body, this.#parts.maxDecodedBytes);
      this.#series.useBytes(this.#decompressor.bytes, this.#decompressor.view);
      this.#readSeries(passage);
      // What is rolled back for a topic not known yet has nothing to gather for either.
      if (records.unknownTopics.size > 0) format.abandonRequest?.();
      else format.endRequest?.();
    } catch (error) {
      format.abandonRequest?.();
      records.rollback();
      throw error;
    }
  }

  #readSeries(passage: Passage): void {
    const { tally, version } = passage;
    const { format, rules } = this.#parts;
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
      if (format.holds) keepHeld(series, format.holds, filter.onDrop);
      if (series.sampleCount === 0 && series.histogramCount === 0 && series.exemplarCount === 0) continue;
      if (isTextTooLarge(series, rules)) filter.onDrop('record_too_large', contentsOf(series));
      else this.#writeSeries(passage);
    }
    tally.received = plus(tally.received, { ...NOTHING, float: samples });
    tally.isMisread = reader.hasUnknown && tally.series === 0 && tally.metadata === 0;
  }

  #writeSeries({ records, tally }: Passage): void {
    const { format, router, destinationOf } = this.#parts;
    let series: SeriesView = this.#series;
    let { topic } = this.#parts;
    if (router) {
      const route = router.route(series);
      if (route === 'filtered') {
        tally.filtered = plus(tally.filtered, contentsOf(this.#series));
        return;
      }
      if (typeof route === 'string') {
        tally.drop(route, contentsOf(this.#series), { series: this.#series });
        return;
      }
      ({ series, topic } = route);
    }
    const { hash, key } = destinationOf(series);
    format.writeSeries(series, records.series(topic, hash, key));
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
