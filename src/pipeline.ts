/** The one place that knows the order of the stages for a write request. */

import type { Buffer } from 'node:buffer';
import type { Delivery, RecordFormat, RecordHeaders, RequestRecords, SeriesView } from './contracts.ts';
import { AdapterError, type ErrorCode } from './errors.ts';
import { type Contents, minus, NOTHING, plus } from './lib/contents.ts';
import { bytesOf } from './lib/pieces.ts';
import type { PRODUCE_FAILURES } from './metrics/table.ts';
import type { Instruments } from './metrics.ts';
import { isLarge, LargeBodies, penalised } from './pipeline/large-bodies.ts';
import { Reading } from './pipeline/reading.ts';
import { Tally } from './pipeline/tally.ts';
import type { Destination } from './record/destination.ts';
import { writeMetadata } from './record/metadata-json.ts';
import type { Router } from './record/router.ts';
import {
  type ContentRules,
  contentsOf,
  type Filter,
  keepFitting,
  keepHeld,
  keepValid,
  textBytesOf,
} from './wire/content-rules.ts';
import type { MetricMetadata } from './wire/metadata.ts';
import type { MessageVersion } from './wire/negotiate.ts';
import type { SeriesLimits } from './wire/series.ts';
import { declaredBytes } from './wire/snappy.ts';

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
interface Passage {
  readonly version: MessageVersion;
  readonly reading: Reading;
  readonly records: RequestRecords;
  readonly tally: Tally;
}

/** What became of a reading: on its way to Kafka, or nothing, for want of topics. */
type Taken = { readonly outcome: Promise<WriteOutcome> } | { readonly unknownTopics: ReadonlySet<string> };

/** As what a request is counted whose topics cannot be written to. */
const LEARN_FAILURES: Readonly<Partial<Record<ErrorCode, (typeof PRODUCE_FAILURES)[number]>>> = {
  topic_missing: 'topic_missing',
  kafka_refused: 'refused',
};

export class WritePipeline {
  readonly #parts: PipelineParts;
  /** Safe to share since a request is read in one synchronous step. */
  readonly #reading: Reading;
  readonly #large: LargeBodies;
  #evaluated = 0;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#reading = new Reading(parts.limits);
    this.#large = new LargeBodies(parts.limits, parts.maxDecodedBytes);
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
    const { format } = this.#parts;
    if (format.prepare) await format.prepare();
    const { body } = request;
    const inTurns = isLarge(bytesOf(body), this.decodedBytes(body));
    for (;;) {
      const taken = inTurns
        ? await this.#large.read(request, (reading, length) => this.#take(request, reading, length))
        : this.#take(request, this.#reading, this.#decompress(request));
      if ('outcome' in taken) return inTurns ? penalised(await taken.outcome) : await taken.outcome;
      // Seldom: topics seen for the first time. Nothing of this reading is kept, for what it wrote is incomplete.
      await this.#learn(taken.unknownTopics);
    }
  }

  #decompress({ body }: WriteRequest): number {
    return this.#reading.decompressor.decompress(body, this.#parts.maxDecodedBytes);
  }

  /** Bytes in, records out and on their way, in one synchronous step: the delivery has one request open at a time. */
  #take({ body, version, headers }: WriteRequest, reading: Reading, decodedBytes: number): Taken {
    const { instruments, delivery } = this.#parts;
    const records = delivery.open(headers);
    const tally = new Tally();
    this.#readAll({ version, reading, records, tally }, decodedBytes);
    if (records.unknownTopics.size > 0) {
      const unknownTopics = new Set(records.unknownTopics);
      records.rollback();
      return { unknownTopics };
    }
    instruments.receivedBytes.inc({ encoding: 'compressed' }, bytesOf(body));
    instruments.receivedBytes.inc({ encoding: 'decoded' }, decodedBytes);
    return { outcome: this.#commit(records, tally) };
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
    const { instruments } = this.#parts;
    const { received, isMisread } = tally;
    instruments.seriesReceived.inc(tally.series);
    this.#countEvaluated();
    countEach(instruments.samplesReceived, received);
    if (tally.metadata > 0) instruments.metadataReceived.inc(tally.metadata);
    for (const [reason, contents] of await records.commit()) tally.drop(reason, contents);
    const { written, filtered, refusal } = tally;
    countEach(instruments.samplesWritten, minus(written, filtered));
    countEach(instruments.samplesFiltered, filtered);
    if (tally.metadataWritten > 0) instruments.metadataWritten.inc(tally.metadataWritten);
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

  /** On a malformed body nothing stays behind. */
  #readAll(passage: Passage, decodedBytes: number): void {
    const { records } = passage;
    const { format } = this.#parts;
    try {
      this.#readSeries(passage, decodedBytes);
      // What is rolled back for a topic not known yet has nothing to gather for either.
      if (records.unknownTopics.size > 0) format.abandonRequest?.();
      else format.endRequest?.();
    } catch (error) {
      format.abandonRequest?.();
      records.rollback();
      throw error;
    }
  }

  #readSeries(passage: Passage, decodedBytes: number): void {
    const { tally, version, reading } = passage;
    const { format, rules } = this.#parts;
    const { series } = reading;
    const filter: Filter = {
      rules,
      nowMs: Date.now(),
      needsContents: version === 'v2',
      onDrop: (reason, contents, detail) => tally.drop(reason, contents, { series, detail }),
    };
    const reader = reading.reader(version, decodedBytes, (metadata) => this.#takeMetadata(metadata, passage));
    let samples = 0;
    while (reader.next()) {
      tally.series++;
      samples += series.sampleCount;
      if (series.histogramCount > 0 || series.exemplarCount > 0)
        tally.received = plus(tally.received, { ...contentsOf(series), float: 0 });
      keepValid(series, filter);
      if (format.holds) keepHeld(series, format.holds, filter.onDrop);
      if (series.sampleCount === 0 && series.histogramCount === 0 && series.exemplarCount === 0) continue;
      const bytes = textBytesOf(series);
      if (keepFitting(series, bytes, filter.onDrop)) this.#writeSeries(passage, bytes);
    }
    tally.received = plus(tally.received, { ...NOTHING, float: samples });
    tally.isMisread = reader.hasUnknown && tally.series === 0 && tally.metadata === 0;
  }

  #writeSeries({ reading, records, tally }: Passage, textBytes: number): void {
    const { format, router, destinationOf } = this.#parts;
    const read = reading.series;
    let series: SeriesView = read;
    let { topic } = this.#parts;
    if (router) {
      const route = router.route(series);
      if (route === 'filtered') {
        tally.filtered = plus(tally.filtered, contentsOf(read));
        return;
      }
      if (typeof route === 'string') {
        tally.drop(route, contentsOf(read), { series: read });
        return;
      }
      ({ series, topic } = route);
    }
    const { hash, key } = destinationOf(series);
    format.writeSeries(series, records.series(topic, hash, key));
    tally.noteSize(read, textBytes);
  }

  #takeMetadata(metadata: MetricMetadata, { records, tally }: Passage): void {
    tally.metadata++;
    const { metadataTopic } = this.#parts;
    if (metadataTopic === '') return;
    if (writeMetadata(metadata, (hash, key) => records.series(metadataTopic, hash, key)))
      tally.metadataWritten++;
  }
}

function countEach(counter: Instruments['samplesReceived'], contents: Contents): void {
  for (const [type, count] of Object.entries(contents)) if (count > 0) counter.inc({ type }, count);
}
