/** The stages of the write path for the micro bench: each is one entry of a list. */

import { uncompress } from 'snappyjs';
import type { RecordSink } from '../../src/contracts.ts';
import { RecordBatch } from '../../src/kafka/record-batch.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { createFormat, FORMATS } from '../../src/record/formats.ts';
import { keepValid } from '../../src/wire/content-rules.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import { Series } from '../../src/wire/series.ts';
import { Decompressor } from '../../src/wire/snappy.ts';
import { V1Reader } from '../../src/wire/v1-reader.ts';
import { V2Memory, V2Reader } from '../../src/wire/v2-reader.ts';
import type { Body, CorpusKind } from './corpus.ts';
import { RULE_WORK, relabelling } from './rule-stages.ts';

const MAX_DECODED_BYTES = 32 * 1024 * 1024;
const FIRST_BATCH_BYTES = 64 * 1024;
const NO_COMPRESSION = 0;

/** Far from what the corpus holds. */
const LIMITS = {
  labelsPerSeries: 1000,
  samplesPerRequest: 1_000_000,
  bucketsPerHistogram: 10_000,
  bucketsPerRequest: 1_000_000,
  symbolsPerRequest: 1_000_000,
  textBytesPerRequest: MAX_DECODED_BYTES,
  textBytesPerSeries: 0,
};

export interface Stage {
  readonly name: string;
  /** The stage whose work `run` does too; what it costs alone is subtracted. */
  readonly after?: string;
  /** What the bodies hold; samples in 1.0 when left out. */
  readonly kind?: CorpusKind;
  /** Made once a process; the function is called with one body after the other. */
  make(): (body: Body) => void;
}

/** Does what comes before with a body that is decompressed, read, and handed over series by series. */
export function perSeries(
  start: () => void,
  each: (series: Series) => unknown,
  end: () => void = () => {},
): (body: Body) => void {
  const decompressor = new Decompressor();
  const series = new Series(LIMITS);
  const memory = new V2Memory(LIMITS);
  return ({ compressed, version }) => {
    const length = decompressor.decompress([compressed], MAX_DECODED_BYTES);
    series.useBytes(decompressor.bytes, decompressor.view);
    const reader =
      version === 'v1' ? new V1Reader(series, length, () => {}) : new V2Reader(series, length, memory);
    start();
    while (reader.next()) each(series);
    end();
  };
}

/** Keeps the records of one body, one behind the other. */
class BytesSink implements RecordSink {
  readonly out = new ByteWriter();

  begin(): ByteWriter {
    return this.out;
  }

  end(): void {}
}

export const FORMAT_SETTINGS = {
  json: { timestamp: 'rfc3339', value: 'string' },
  registry: undefined,
  maxRecordBytes: 675 * 1024,
} as const;
/** As many as the topics of the other scenarios. */
const PARTITIONS = 6;

function jsonInto(sink: RecordSink): (series: Series) => void {
  const format = createFormat('json', FORMAT_SETTINGS);
  return (series) => {
    if (canonicalise(series) === undefined) format.writeSeries(series, sink);
  };
}

/** A format with the partitions that a request spreads over. */
function formatStage(name: string): Stage {
  return {
    name,
    after: 'labels and hash',
    make: () => {
      const sinks = Array.from({ length: PARTITIONS }, () => new BytesSink());
      const format = createFormat(name, FORMAT_SETTINGS);
      return perSeries(
        () => {
          for (const sink of sinks) sink.out.truncate();
        },
        (series) => {
          if (canonicalise(series) === undefined)
            format.writeSeries(series, sinks[series.hash % PARTITIONS]!);
        },
        () => format.endRequest?.(),
      );
    },
  };
}

/** As the pipeline judges a series: its labels, then what it holds. */
const judge = (series: Series): void =>
  keepValid(series, {
    rules: { labelNameBytes: 0, labelValueBytes: 0, futureMs: 0 },
    nowMs: 0,
    needsContents: true,
    onDrop: (reason) => {
      throw new Error(`the corpus is invalid: ${reason}`);
    },
  });

/** From the body to series that can be written, of one kind of content; `prefix` tells the stages apart. */
function readingStages(kind: CorpusKind, prefix: string): Stage[] {
  return [
    {
      name: `${prefix}decompression`,
      kind,
      make: () => {
        const decompressor = new Decompressor();
        return (body) => {
          decompressor.decompress([body.compressed], MAX_DECODED_BYTES);
        };
      },
    },
    {
      name: `${prefix}reading`,
      after: `${prefix}decompression`,
      kind,
      make: () =>
        perSeries(
          () => {},
          () => {},
        ),
    },
    {
      name: `${prefix}labels and hash`,
      after: `${prefix}reading`,
      kind,
      make: () => perSeries(() => {}, kind === 'histograms' ? judge : canonicalise),
    },
  ];
}

function jsonStage(kind: CorpusKind, prefix: string): Stage {
  return {
    name: `${prefix}json`,
    after: `${prefix}labels and hash`,
    kind,
    make: () => {
      const sink = new BytesSink();
      const format = createFormat('json', FORMAT_SETTINGS);
      return perSeries(
        () => sink.out.truncate(),
        (series) => {
          judge(series);
          format.writeSeries(series, sink);
        },
      );
    },
  };
}

export const STAGES: readonly Stage[] = [
  {
    name: 'snappyjs',
    make: () => (body) => {
      uncompress(body.compressed);
    },
  },
  ...readingStages('v1', ''),
  ...Object.keys(FORMATS).map(formatStage),
  ...Object.entries(RULE_WORK).map(([name, makeWork]) => ({
    name,
    after: 'labels and hash',
    make: () => {
      const work = makeWork();
      return perSeries(
        () => {},
        (series) => canonicalise(series) === undefined && work(series),
      );
    },
  })),
  {
    name: 'json of relabelled series',
    after: 'relabelling by 10 rules',
    make: () => {
      const sink = new BytesSink();
      const format = createFormat('json', FORMAT_SETTINGS);
      const router = relabelling(10);
      return perSeries(
        () => sink.out.truncate(),
        (series) => {
          if (canonicalise(series) !== undefined) return;
          const route = router.route(series);
          if (typeof route === 'object') format.writeSeries(route.series, sink);
        },
      );
    },
  },
  {
    name: 'record framing',
    after: 'json',
    make: () => {
      const batch = new RecordBatch(FIRST_BATCH_BYTES);
      return perSeries(() => batch.clear(), jsonInto(batch));
    },
  },
  {
    name: 'CRC-32C',
    after: 'record framing',
    make: () => {
      const batch = new RecordBatch(FIRST_BATCH_BYTES);
      const fill = perSeries(() => batch.clear(), jsonInto(batch));
      return (body) => {
        fill(body);
        batch.seal(NO_COMPRESSION);
      };
    },
  },
  ...readingStages('v2', '2.0: '),
  jsonStage('v2', '2.0: '),
  ...readingStages('histograms', 'histograms: '),
  jsonStage('histograms', 'histograms: '),
];
