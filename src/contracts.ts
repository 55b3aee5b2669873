/** The seams between the stages, types only: so no stage imports another. */

import type { ByteWriter } from './lib/byte-writer.ts';

/**
 * A borrowed view of one series of a request: valid until the reader moves on, so nobody may keep it.
 * Labels are byte ranges into `bytes`, sorted by name, without empty values.
 */
export interface SeriesView {
  /** The decompressed request. */
  readonly bytes: Uint8Array;
  readonly labelCount: number;
  /** Four offsets a label: name start, name end, value start, value end. */
  readonly labels: Int32Array;
  /** Index of the label `__name__`. */
  readonly nameLabel: number;
  readonly sampleCount: number;
  readonly values: Float64Array;
  /** The same memory as `values`, two words a value, low word first: keeps NaN payloads bit for bit. */
  readonly valueWords: Uint32Array;
  /** Milliseconds since 1970; int64 on the wire, exact up to 2^53. */
  readonly timestampsMs: Float64Array;
}

/** Where a format puts the records of one series; topic and partition are already chosen. */
export interface RecordSink {
  /** Starts a record; its value is what the caller writes to the returned writer before `end()`. */
  begin(timestampMs: number): ByteWriter;
  /** Closes the record begun last. */
  end(): void;
}

/** Turns a series into record values. One file an implementation, one line in record/formats.ts. */
export interface RecordFormat {
  readonly name: string;
  /** Writes the records of one series, in the order of its samples. */
  writeSeries(series: SeriesView, sink: RecordSink): void;
}

/** The records of one request, from the first one to the acknowledgement. Ends by `commit` or `rollback`. */
export interface RequestRecords {
  /** The sink for one series. `seriesHash` (uint32) picks the partition, so equal hashes share one. */
  series(topic: string, seriesHash: number): RecordSink;
  /**
   * Hands the records over. Resolves when all in-sync replicas hold every one of them; rejects with an
   * AdapterError when that did not happen, or is not known to have happened, within the timeout.
   */
  commit(): Promise<void>;
  /** Forgets everything written so far; nothing of it reaches Kafka. */
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
  open(): RequestRecords;
  /** Waits for what is under way, then lets go of the brokers. */
  stop(): Promise<void>;
}
