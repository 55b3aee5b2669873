/** What a record format makes of a request, without Kafka: each record with its time and what it holds. */

import type { Buffer } from 'node:buffer';
import type { RecordFormat, RecordSink } from '../../src/contracts.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { type Contents, ONE_FLOAT } from '../../src/lib/contents.ts';
import { keepHeld, keepValid } from '../../src/wire/content-rules.ts';
import { readerOf, v2ReaderOf } from './series.ts';

export interface FormatRecord {
  readonly timestampMs: number;
  readonly contents: Contents;
  readonly value: Buffer;
  /** Index of the partition. */
  readonly partition: number;
}

class Collector implements RecordSink {
  readonly #out = new ByteWriter();
  readonly #partition: number;
  readonly #records: FormatRecord[];
  #begun: Omit<FormatRecord, 'value' | 'partition'> = { timestampMs: 0, contents: ONE_FLOAT };

  constructor(partition: number, records: FormatRecord[]) {
    this.#partition = partition;
    this.#records = records;
  }

  begin(timestampMs: number, contents: Contents = ONE_FLOAT): ByteWriter {
    // Not at 0: in Kafka a record is never first in its memory.
    this.#out.truncate();
    this.#out.ascii('before');
    this.#begun = { timestampMs, contents };
    return this.#out;
  }

  end(): void {
    this.#records.push({
      ...this.#begun,
      value: this.#out.slice('before'.length),
      partition: this.#partition,
    });
  }
}

export interface FormatRequest {
  readonly version: 'v1' | 'v2';
  /** Not compressed. */
  readonly bytes: Uint8Array;
}

/** All records of one request, in the order in which they are written. */
export function recordsOf(format: RecordFormat, request: FormatRequest, partitions = 1): FormatRecord[] {
  const { version, bytes } = request;
  const { reader, series } = version === 'v1' ? readerOf(bytes) : v2ReaderOf(bytes);
  const records: FormatRecord[] = [];
  const sinks = Array.from({ length: partitions }, (_, index) => new Collector(index, records));
  const filter = {
    rules: { labelNameBytes: 0, labelValueBytes: 0, futureMs: 0 },
    nowMs: 0,
    needsContents: false,
    onDrop: () => {},
  };
  while (reader.next()) {
    keepValid(series, filter);
    if (format.holds) keepHeld(series, format.holds, filter.onDrop);
    if (series.sampleCount + series.histogramCount + series.exemplarCount > 0)
      format.writeSeries(series, sinks[series.hash % partitions]!);
  }
  format.endRequest?.();
  return records;
}
