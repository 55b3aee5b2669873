/** The format `remote-write`: one record a partition and request, a snappy-compressed prometheus.WriteRequest. */

import type { RecordFormat, RecordSink, SeriesView } from '../contracts.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { fieldNumbers, loadProto } from '../lib/proto-fields.ts';
import { LENGTH_DELIMITED } from './protobuf-writer.ts';
import { latestTime, type SeriesPart, SeriesParts } from './series-parts.ts';
import { SnappyCompressor } from './snappy-block.ts';
import { LONGEST_VARINT, putVarint } from './varint.ts';

const request = fieldNumbers(loadProto('prometheus/remote_write_v1.proto'), 'prometheus.WriteRequest');
const TIMESERIES = (request.timeseries! << 3) | LENGTH_DELIMITED;

/** Memory that may lie idle between requests, in all. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** What goes to one partition. */
class Gathered {
  readonly bytes = new ByteWriter();
  float = 0;
  histogram = 0;
  exemplar = 0;
  /** The latest of all in it. */
  timestampMs = Number.NEGATIVE_INFINITY;

  reset(): void {
    this.bytes.truncate();
    this.float = 0;
    this.histogram = 0;
    this.exemplar = 0;
    this.timestampMs = Number.NEGATIVE_INFINITY;
  }
}

/**
 * Entries of 1.0 requests are copied as they came, unless they have fields that 1.0 has not: one that is no more than
 * skipped here may make the whole record unreadable elsewhere. All others are encoded. What 1.0 has no place for (start
 * timestamps, type, unit, help of 2.0 requests) is left out. The record carries the latest time in it.
 */
export class RemoteWriteFormat implements RecordFormat {
  readonly name = 'remote-write';
  readonly #maxBytes: number;
  readonly #parts: SeriesParts;
  readonly #compressor = new SnappyCompressor();
  readonly #compressed = new ByteWriter();
  /** By partition, which is what a sink stands for during a request. */
  readonly #gathering = new Map<RecordSink, Gathered>();
  readonly #idle: Gathered[] = [];
  #idleBytes = 0;

  /** A record has at most `maxRecordBytes`, even if nothing of it can be compressed, but for a single huge entry. */
  constructor(maxRecordBytes: number) {
    this.#maxBytes = maxRecordBytes;
    this.#parts = new SeriesParts({ withExtras: false, maxPartBytes: maxRecordBytes });
  }

  writeSeries(series: SeriesView, sink: RecordSink): void {
    const gathered = this.#gatheredFor(sink);
    const { original, sampleCount, histogramCount, exemplarCount } = series;
    if (!original || original.length > this.#maxBytes) {
      this.#parts.write(series, (part) => this.#addPart(part, gathered, sink));
      return;
    }
    this.#makeRoom(original.length, gathered, sink);
    const { bytes } = gathered;
    putVarint(bytes, TIMESERIES);
    putVarint(bytes, original.length);
    bytes.append(original);
    gathered.float += sampleCount;
    gathered.histogram += histogramCount;
    gathered.exemplar += exemplarCount;
    gathered.timestampMs = Math.max(gathered.timestampMs, latestTime(series));
  }

  endRequest(): void {
    for (const [sink, gathered] of this.#gathering) this.#flush(gathered, sink);
    this.abandonRequest();
  }

  abandonRequest(): void {
    for (const gathered of this.#gathering.values()) {
      const { length } = gathered.bytes.bytes;
      if (this.#idleBytes + length > KEPT_BYTES) continue;
      gathered.reset();
      this.#idle.push(gathered);
      this.#idleBytes += length;
    }
    this.#gathering.clear();
  }

  #gatheredFor(sink: RecordSink): Gathered {
    let gathered = this.#gathering.get(sink);
    if (!gathered) {
      gathered = this.#idle.pop();
      if (gathered) this.#idleBytes -= gathered.bytes.bytes.length;
      else gathered = new Gathered();
      this.#gathering.set(sink, gathered);
    }
    return gathered;
  }

  #addPart({ head, body, contents, timestampMs }: SeriesPart, gathered: Gathered, sink: RecordSink): void {
    const { bytes } = gathered;
    const length = head.length + body.length;
    this.#makeRoom(length, gathered, sink);
    putVarint(bytes, TIMESERIES);
    putVarint(bytes, length);
    bytes.copy(head.bytes, 0, head.length);
    bytes.copy(body.bytes, 0, body.length);
    gathered.float += contents.float;
    gathered.histogram += contents.histogram;
    gathered.exemplar += contents.exemplar;
    gathered.timestampMs = Math.max(gathered.timestampMs, timestampMs);
  }

  /** Ends the record when an entry of `length` bytes would make it too large. */
  #makeRoom(length: number, gathered: Gathered, sink: RecordSink): void {
    if (gathered.bytes.length + length > this.#maxBytes) this.#flush(gathered, sink);
    gathered.bytes.reserve(2 * LONGEST_VARINT + length);
  }

  #flush(gathered: Gathered, sink: RecordSink): void {
    if (gathered.bytes.length === 0) return;
    const { float, histogram, exemplar } = gathered;
    this.#compressed.truncate();
    this.#compressor.compress(gathered.bytes, this.#compressed);
    // Only now into the batch, whose memory would otherwise grow by the worst case.
    const out = sink.begin(gathered.timestampMs, { float, histogram, exemplar });
    out.copy(this.#compressed.bytes, 0, this.#compressed.length);
    sink.end();
    gathered.reset();
  }
}
