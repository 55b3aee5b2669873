/** How many bytes a sample takes in Kafka, by format and compression, and what the compression costs. */

import { Buffer } from 'node:buffer';
import { CODECS } from '../../src/kafka/compression.ts';
import { HEADER_BYTES, RecordBatch } from '../../src/kafka/record-batch.ts';
import { createFormat, FORMATS } from '../../src/record/formats.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import { type Body, type CorpusOptions, makeCorpus } from './corpus.ts';
import { FORMAT_SETTINGS, perSeries } from './stages.ts';

/** The default of `kafka.max_batch_size`. */
const FULL_BATCH_BYTES = 900 * 1024;
const FIRST_BATCH_BYTES = 64 * 1024;
/** The first one warms up. */
const PASSES = 4;

export interface SizeFigures {
  readonly format: string;
  /** A value of `kafka.compression`. */
  readonly compression: string;
  /** With batches of one request each, as when Kafka is quick and little comes. */
  readonly requestBytes: number;
  /** With batches of `kafka.max_batch_size`, as under load. */
  readonly fullBytes: number;
  /** ns of CPU a sample, for full batches, the best of some passes. */
  readonly compressNs: number;
}

/** All formats with all compressions, over the same bodies. */
export async function measureSizes(corpus: CorpusOptions, partitions: number): Promise<SizeFigures[]> {
  const bodies = makeCorpus(corpus);
  const samples = bodies.reduce((sum, body) => sum + body.samples, 0);
  const figures: SizeFigures[] = [];
  for (const format of Object.keys(FORMATS)) {
    const small = batchesOf(format, bodies, { partitions, enoughBytes: 1 });
    const full = batchesOf(format, bodies, { partitions, enoughBytes: FULL_BATCH_BYTES });
    for (const compression of ['none', ...Object.keys(CODECS)]) {
      const requests = await compressAll(small, compression);
      let bytes = 0;
      let bestUs = Number.POSITIVE_INFINITY;
      for (let pass = 0; pass < PASSES; pass++) {
        const before = process.cpuUsage();
        bytes = await compressAll(full, compression);
        const { user, system } = process.cpuUsage(before);
        bestUs = Math.min(bestUs, user + system);
      }
      figures.push({
        format,
        compression,
        requestBytes: requests / samples,
        fullBytes: bytes / samples,
        compressNs: (bestUs * 1000) / samples,
      });
    }
  }
  return figures;
}

interface Spread {
  readonly partitions: number;
  /** A batch ends with the request in which it reaches so many. */
  readonly enoughBytes: number;
}

/** The records of all batches. */
function batchesOf(name: string, bodies: readonly Body[], { partitions, enoughBytes }: Spread): Buffer[] {
  const batches = Array.from({ length: partitions }, () => new RecordBatch(FIRST_BATCH_BYTES));
  const format = createFormat(name, FORMAT_SETTINGS);
  const done: Buffer[] = [];
  const end = (batch: RecordBatch): void => {
    if (batch.count > 0) done.push(Buffer.from(batch.records()));
    batch.clear();
  };
  const write = perSeries(
    () => {},
    (series) => {
      if (canonicalise(series) === undefined) format.writeSeries(series, batches[series.hash % partitions]!);
    },
    () => {
      format.endRequest?.();
      for (const batch of batches) if (batch.length >= enoughBytes) end(batch);
    },
  );
  for (const body of bodies) write(body);
  batches.forEach(end);
  return done;
}

/** Bytes of all of them as the broker keeps them. */
async function compressAll(batches: readonly Buffer[], compression: string): Promise<number> {
  let bytes = 0;
  for (const records of batches) {
    const compressed = await CODECS[compression]?.compress(records);
    bytes += HEADER_BYTES + (compressed ?? records).length;
  }
  return bytes;
}
