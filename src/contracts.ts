/** The seams between the stages, types only: so no stage imports another. */

import type { DropReason } from './errors.ts';
import type { ByteWriter } from './lib/byte-writer.ts';
import type { Contents } from './lib/contents.ts';

/**
 * A borrowed view of one series of a request: valid until the reader moves on, so nobody may keep it.
 * Labels are byte ranges into `bytes`, sorted by name, without empty values.
 */
export interface SeriesView {
  /** What the labels are in: the decompressed request or what became of it, with some slack behind the last one. */
  readonly bytes: Uint8Array;
  /** The same memory: whole words can be read up to the last byte of each label. */
  readonly view: DataView;
  readonly labelCount: number;
  /** Four offsets a label: name start, name end, value start, value end. */
  readonly labels: Int32Array;
  /** Index of the label `__name__`. */
  readonly nameLabel: number;
  /** uint32 over the label values: the same for equal label sets, so that it can pick the partition. */
  readonly hash: number;
  /** True when every byte of every label is printable ASCII that text formats write as it is. */
  readonly isPlain: boolean;
  readonly sampleCount: number;
  readonly values: Float64Array;
  /** The same memory as `values`, two words a value, low word first: keeps NaN payloads bit for bit. */
  readonly valueWords: Uint32Array;
  /** Milliseconds since 1970; int64 on the wire, exact up to 2^53. */
  readonly timestampsMs: Float64Array;
  /** When counting began, for each sample; 0 = not told. */
  readonly startTimestampsMs: Float64Array;
  readonly histogramCount: number;
  /** The first `histogramCount` are of this series. */
  readonly histograms: readonly HistogramView[];
  readonly exemplarCount: number;
  /** The first `exemplarCount` are of this series. */
  readonly exemplars: readonly ExemplarView[];
  readonly metadata: MetadataView;
  /** The series as it came, when it is a prometheus.TimeSeries and holds just what this view does, nothing unknown. */
  readonly original: Uint8Array | undefined;
}

/** A native histogram that keeps the rules of its kind (wire/histogram-rules.ts). */
export interface HistogramView {
  /** Counts are numbers in a float histogram, bigints (uint64) in an integer one. */
  readonly isFloat: boolean;
  readonly count: number | bigint;
  readonly sum: number;
  /** The bits of `sum`, which may be a stale marker. */
  readonly sumLow: number;
  readonly sumHigh: number;
  /** -4 to 52: buckets grow by 2^(2^-schema); -53: `customValues` are their upper bounds. */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number | bigint;
  readonly positive: BucketsView;
  readonly negative: BucketsView;
  readonly customValues: readonly number[];
  /** 0 unknown, 1 yes, 2 no, 3 gauge. */
  readonly resetHint: number;
  readonly timestampMs: number;
  /** 0 = not told. */
  readonly startTimestampMs: number;
}

/** The buckets of one side: runs of populated indexes, and a count for each. */
export interface BucketsView {
  /** A pair a run: steps from the end of the run before (the first: the index itself), and its length. */
  readonly spans: readonly number[];
  /** How many observations are in each bucket; absolute, not differences. */
  readonly counts: readonly (number | bigint)[];
}

export interface ExemplarView {
  /** What the labels are in. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly labelCount: number;
  /** As in `SeriesView`; sorted by name. */
  readonly labels: Int32Array;
  readonly value: number;
  readonly timestampMs: number;
}

/** What a request tells of a metric beside its samples. */
export interface MetadataView {
  /** What the ranges are in. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Index into METRIC_TYPES; 0 = not told. */
  readonly type: number;
  readonly helpStart: number;
  readonly helpEnd: number;
  readonly unitStart: number;
  readonly unitEnd: number;
}

/** Where a format puts the records of one series; topic and partition are already chosen. */
export interface RecordSink {
  /**
   * Starts a record; its value is what the caller writes to the returned writer before `end()`. `contents` is what
   * it holds, one float sample when left out.
   */
  begin(timestampMs: number, contents?: Contents): ByteWriter;
  /** Closes the record begun last. */
  end(): void;
}

/** What the records of a format have a place for. */
export interface Holds {
  readonly histograms: boolean;
  readonly exemplars: boolean;
}

/** Turns a series into record values. One file an implementation, one line in record/formats.ts. */
export interface RecordFormat {
  readonly name: string;
  /** The rest of a series never comes to `writeSeries`; everything does when left out. */
  readonly holds?: Holds;
  /**
   * Writes the records of one series, in the order of its samples. For one partition the sink is the same object
   * throughout a request.
   */
  writeSeries(series: SeriesView, sink: RecordSink): void;
  /** For formats whose records hold several series: writes what was gathered, once all series of a request are read. */
  endRequest?(): void;
  /** The request comes to nothing: forgets what was gathered. */
  abandonRequest?(): void;
  /**
   * For formats that need something from outside first, such as a schema id: resolves when it is there, at once from
   * then on; rejects with an AdapterError.
   */
  prepare?(): Promise<void>;
}

/** Headers of Kafka records: names as text, values as text or as bytes that may be none. */
export type RecordHeaders = Readonly<Record<string, string | Uint8Array>>;

/** What of a request will never be in Kafka, by reason. */
export type DroppedRecords = ReadonlyMap<DropReason, Contents>;

/** The records of one request, written in one synchronous step that ends by `commit` or `rollback`. */
export interface RequestRecords {
  /** Topics asked for whose partitions are not known yet: roll back, `learn` them, write again. */
  readonly unknownTopics: ReadonlySet<string>;
  /**
   * The sink for one series. `hash` (uint32) picks the partition, so equal hashes share one; `key` is that of its
   * records, undefined for none, and must not change before the request is committed.
   * Throws AdapterError `queue_full` when the records waiting for Kafka take all the memory they may.
   */
  series(topic: string, hash: number, key?: Uint8Array): RecordSink;
  /**
   * Hands the records over. Resolves when all in-sync replicas hold every one of them but those it names; rejects
   * with an AdapterError when that did not happen, or is not known to have happened, within the timeout.
   */
  commit(): Promise<DroppedRecords>;
  /** Forgets everything written since `open`; nothing of it reaches Kafka. */
  rollback(): void;
}

/** The last stage: takes records, gives back one promise a request. */
export interface Delivery {
  /** Starts reaching for the brokers in the background; never rejects because they are away. */
  start(): void;
  /** True once the brokers have been reached. */
  readonly ready: boolean;
  /** One line for /-/ready: what is being waited for, or `ready`. */
  readonly state: string;
  /**
   * Begins a request; there is one at a time, since writing one is a synchronous step. Each of its records carries
   * `headers`.
   */
  open(headers?: RecordHeaders): RequestRecords;
  /** Resolves when the partitions of the topics are known; rejects with an AdapterError when they cannot be. */
  learn(topics: ReadonlySet<string>): Promise<void>;
  /** Waits for what is under way, then lets go of the brokers. */
  stop(): Promise<void>;
}

/** The log by which replicas know each other: small records in a topic of its own. */
export interface FleetLog {
  /** Appends a record; resolves once it is acknowledged. Rejects with an Error that says what is in the way. */
  publish(key: string, value: string): Promise<void>;
  /**
   * The values appended since the last call, oldest first; the first call begins a few seconds back, so that who is
   * there is known at once. Bounded: behind by too much, it goes on at the end. Rejects as `publish`.
   */
  read(): Promise<readonly Uint8Array[]>;
  /** Lets go of the brokers; never rejects. */
  stop(): Promise<void>;
}
