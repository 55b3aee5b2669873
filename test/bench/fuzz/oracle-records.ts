/** What a request has to become: verdict, counts and the text of every record. */

import { Buffer } from 'node:buffer';
import type { DropReason } from '../../../src/errors.ts';
import { type Contents, NOTHING, plus } from '../../../src/lib/contents.ts';
import { numberText } from './number-text.ts';
import {
  decode,
  type OracleExemplar,
  type OracleFamily,
  type OracleHistogram,
  type OracleSeries,
  type Text,
} from './oracle-decode.ts';
import { bucketTable, type ExpectedBucket, histogramText } from './oracle-histogram.ts';
import {
  checkExemplarLabels,
  checkSeriesLabels,
  exceeded,
  histogramReason,
  isUtf8,
  type Label,
  numberOf,
  resolve,
  timeReason,
} from './oracle-rules.ts';
import { STALE_BITS } from './values.ts';

const TYPES = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];

export interface ExpectedRecord {
  /** Its JSON, without the buckets of a histogram. */
  readonly text: string;
  readonly buckets?: readonly ExpectedBucket[];
  readonly timestampMs: number;
  readonly contents: Contents;
  /** The label set, in a form that is equal for equal sets. */
  readonly series: string;
}

export interface ExpectedFamily {
  readonly text: string;
  readonly name: Text;
}

/** What becomes of a request that is decoded. */
export interface Expected {
  readonly records: ExpectedRecord[];
  readonly families: ExpectedFamily[];
  received: Contents;
  readonly dropped: Map<DropReason, Contents>;
}

/** A request may be over a limit before the place where it is malformed. */
const MALFORMED = ['protobuf_invalid', 'limit_exceeded', 'decoded_too_large'];

/** What becomes of the bytes; a list of codes, of which it is one, when nothing of them is written. */
export function expect(bytes: Buffer, version: 'v1' | 'v2'): Expected | readonly string[] {
  const request = decode(bytes, version);
  if (request === undefined) return MALFORMED;
  const { symbols, series, families } = request;
  const expected: Expected = {
    records: [],
    families: families.filter(({ name }) => name !== '' && isUtf8(name)).map(familyOf),
    received: NOTHING,
    dropped: new Map(),
  };
  for (const entry of series) {
    const { samples, histograms, exemplars } = entry;
    expected.received = plus(expected.received, {
      float: samples.length,
      histogram: histograms.length,
      exemplar: exemplars.length,
    });
  }
  const over = exceeded(request);
  if (over.length > 0) return over;
  for (const entry of series) new Entry(entry, symbols, expected).judge(version);
  return expected;
}

function familyOf({ name, type, help, unit }: OracleFamily): ExpectedFamily {
  const text = JSON.stringify({
    name: shown(name),
    type: TYPES[type] ?? 'unknown',
    help: shown(help),
    unit: shown(unit),
  });
  return { text, name };
}

/** As a string; what is not UTF-8 is replaced. */
function shown(text: Text): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function timeText(timeMs: bigint): string {
  return new Date(Number(timeMs)).toISOString();
}

/** By hand, for an object would sort names that look like numbers to the front. */
function labelsText(labels: readonly Label[]): string {
  return `{${labels.map((label) => label.map((text) => JSON.stringify(shown(text))).join(':')).join(',')}}`;
}

/** One series on its way to its records. */
class Entry {
  readonly #series: OracleSeries;
  readonly #symbols: readonly Text[];
  readonly #expected: Expected;

  constructor(series: OracleSeries, symbols: readonly Text[], expected: Expected) {
    this.#series = series;
    this.#symbols = symbols;
    this.#expected = expected;
  }

  judge(version: 'v1' | 'v2'): void {
    const { samples, histograms, exemplars } = this.#series;
    const labels = this.#labels(version);
    if (typeof labels === 'string') {
      this.#drop(labels, {
        float: samples.length,
        histogram: histograms.length,
        exemplar: exemplars.length,
      });
      return;
    }
    if (version === 'v2' && samples.length + histograms.length + exemplars.length === 0)
      this.#drop('series_empty', NOTHING);
    const keptSamples = samples.filter(({ timeMs, startMs }) =>
      this.#keeps(timeReason(timeMs, startMs), { ...NOTHING, float: 1 }),
    );
    const keptHistograms = histograms.filter((histogram) =>
      this.#keeps(histogramReason(histogram), { ...NOTHING, histogram: 1 }),
    );
    const keptExemplars = exemplars.filter((exemplar) =>
      this.#keeps(this.#exemplarReason(exemplar), { ...NOTHING, exemplar: 1 }),
    );
    this.#write(labels, {
      ...this.#series,
      samples: keptSamples,
      histograms: keptHistograms,
      exemplars: keptExemplars,
    });
  }

  #labels(version: 'v1' | 'v2'): Label[] | DropReason {
    const { helpRef, unitRef } = this.#series;
    const labels = resolve(this.#series, this.#symbols);
    if (labels === undefined) return 'label_ref_invalid';
    const isOutside = [helpRef, unitRef].some((ref) => ref > 0 && ref >= this.#symbols.length);
    if (version === 'v2' && isOutside) return 'metadata_ref_invalid';
    return checkSeriesLabels(labels);
  }

  #exemplarReason(exemplar: OracleExemplar): DropReason | undefined {
    const labels = checkExemplarLabels(resolve(exemplar, this.#symbols));
    return typeof labels === 'string' ? labels : timeReason(exemplar.timeMs);
  }

  #keeps(reason: DropReason | undefined, contents: Contents): boolean {
    if (reason !== undefined) this.#drop(reason, contents);
    return reason === undefined;
  }

  #drop(reason: DropReason, contents: Contents): void {
    const { dropped } = this.#expected;
    dropped.set(reason, plus(dropped.get(reason) ?? NOTHING, contents));
  }

  #write(labels: Label[], { samples, histograms, exemplars }: OracleSeries): void {
    const { records } = this.#expected;
    const series = labelsText(labels);
    const name = JSON.stringify(shown(labels.find(([known]) => known === '__name__')![1]));
    const before = records.length;
    const add = (
      timeMs: bigint,
      contents: Contents,
      parts: Pick<ExpectedRecord, 'text' | 'buckets'>,
    ): void => {
      const text = `{"labels":${series},"name":${name},"timestamp":"${timeText(timeMs)}"${parts.text}`;
      records.push({ ...parts, text, contents, timestampMs: Number(timeMs), series });
    };
    for (const { bits, timeMs, startMs } of samples)
      add(
        timeMs,
        { ...NOTHING, float: 1 },
        {
          text: `,"value":"${numberText(numberOf(bits))}"${this.#afterValue(bits, startMs)}`,
        },
      );
    for (const histogram of histograms)
      add(histogram.timeMs, { ...NOTHING, histogram: 1 }, this.#histogramParts(histogram));
    if (exemplars.length > 0) {
      if (records.length === before) add(exemplars.at(-1)!.timeMs, NOTHING, { text: this.#metadataText() });
      const last = records.pop()!;
      records.push({
        ...last,
        text: last.text + this.#exemplarsText(exemplars),
        contents: { ...last.contents, exemplar: exemplars.length },
      });
    }
    for (let i = before; i < records.length; i++)
      records[i] = { ...records[i]!, text: `${records[i]!.text}}` };
  }

  #histogramParts(histogram: OracleHistogram): Pick<ExpectedRecord, 'text' | 'buckets'> {
    const after = this.#afterValue(histogram.sum, histogram.startMs);
    return { text: `,"histogram":${histogramText(histogram)}${after}`, buckets: bucketTable(histogram) };
  }

  #afterValue(bits: bigint, startMs: bigint): string {
    const stale = bits === STALE_BITS ? ',"stale":true' : '';
    const start = startMs === 0n ? '' : `,"start_timestamp":"${timeText(startMs)}"`;
    return stale + start + this.#metadataText();
  }

  #metadataText(): string {
    const { type, unitRef, helpRef } = this.#series;
    const text = (field: string, ref: number): string => {
      const symbol = ref === 0 ? '' : this.#symbols[ref]!;
      return symbol === '' ? '' : `,"${field}":${JSON.stringify(shown(symbol))}`;
    };
    const shownType = type === 0 ? '' : `,"type":"${TYPES[type] ?? 'unknown'}"`;
    return shownType + text('unit', unitRef) + text('help', helpRef);
  }

  #exemplarsText(exemplars: readonly OracleExemplar[]): string {
    const texts = exemplars.map((exemplar) => {
      const labels = checkExemplarLabels(resolve(exemplar, this.#symbols)) as Label[];
      const value = numberText(numberOf(exemplar.bits));
      return `{"labels":${labelsText(labels)},"value":"${value}","timestamp":"${timeText(exemplar.timeMs)}"}`;
    });
    return `,"exemplars":[${texts.join(',')}]`;
  }
}
