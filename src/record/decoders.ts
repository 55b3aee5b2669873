/** Records read back for people: whatever the format, lines of JSON with the labels they are about. */

import type { Buffer } from 'node:buffer';
import avsc, { type Schema } from 'avsc';
import { uncompress } from 'snappyjs';
import type { LabelMap } from '../lib/label-map.ts';
import { loadProto } from '../lib/proto-fields.ts';
import { readSampleSchema } from './avro-schema.ts';
import { metricTypeName } from './metric-types.ts';
import { formatNumber } from './number-text.ts';

/** One line to print, and what it is about. */
export interface Line {
  readonly labels: LabelMap;
  readonly text: string;
}

export type Decoder = (value: Buffer) => readonly Line[];

interface Labelled {
  readonly labels?: Readonly<Record<string, string>> | readonly { name: string; value: string }[];
}

/** A series as protobufjs gives it, int64 as text. */
interface SeriesMessage extends Labelled {
  readonly samples?: readonly { value?: number | string; timestamp?: string; start_timestamp?: string }[];
  readonly histograms?: readonly object[];
  readonly exemplars?: readonly (Labelled & { value?: number | string; timestamp?: string })[];
  readonly type?: number;
  readonly unit?: string;
  readonly help?: string;
}

/** What stands in front of an Avro record: 0 and the id of the schema, or C3 01 and its fingerprint. */
const CONFLUENT_MARK = 0;
const CONFLUENT_BYTES = 5;
const SINGLE_OBJECT_BYTES = 10;

const AS_SHOWN = { longs: String, json: true, enums: Number } as const;

/** By the name of the format. The JSON formats are printed as they are. */
const DECODERS: Readonly<Record<string, () => Decoder>> = {
  avro: avroDecoder,
  protobuf: seriesDecoder,
  'remote-write': requestDecoder,
};

export function decoderOf(format: string): Decoder {
  return DECODERS[format]?.() ?? textDecoder;
}

/** Throws when the value is no JSON, as that of another format is not. */
function textDecoder(value: Buffer): Line[] {
  const text = value.toString('utf8');
  const { labels = {} } = JSON.parse(text) as { labels?: Record<string, string> };
  return [{ labels: new Map(Object.entries(labels)), text }];
}

interface AvroSample extends Labelled {
  readonly timestamp: number;
  readonly value: number | null;
  readonly stale: boolean;
  readonly start_timestamp: number | null;
}

/** Of the schema that this version writes, whichever way it is named in front. */
function avroDecoder(): Decoder {
  const type = avsc.Type.forSchema(readSampleSchema() as Schema);
  return (value) => {
    const {
      labels,
      timestamp,
      value: number,
      stale,
      start_timestamp: start,
      ...rest
    } = type.fromBuffer(
      value.subarray(value[0] === CONFLUENT_MARK ? CONFLUENT_BYTES : SINGLE_OBJECT_BYTES),
    ) as AvroSample;
    const shown = {
      labels,
      ...rest,
      timestamp: new Date(timestamp).toISOString(),
      ...(number === null ? {} : { value: formatNumber(number) }),
      ...(stale ? { stale } : {}),
      ...(start === null ? {} : { start_timestamp: new Date(start).toISOString() }),
    };
    const text = JSON.stringify(shown, (_key, part: unknown) => (isNothing(part) ? undefined : part));
    return [{ labels: labelsOf({ labels: labels ?? {} }), text }];
  };
}

/** What a schema has a place for and a record nothing to say about. */
function isNothing(part: unknown): boolean {
  return part === null || (Array.isArray(part) && part.length === 0);
}

function seriesDecoder(): Decoder {
  const type = loadProto('kafka_adapter/record.proto').lookupType('kafka_adapter.Series');
  return (value) => linesOf(type.toObject(type.decode(value), AS_SHOWN) as SeriesMessage);
}

function requestDecoder(): Decoder {
  const type = loadProto('prometheus/remote_write_v1.proto').lookupType('prometheus.WriteRequest');
  return (value) => {
    const request = type.toObject(type.decode(uncompress(value)), AS_SHOWN) as {
      timeseries?: SeriesMessage[];
    };
    return (request.timeseries ?? []).flatMap(linesOf);
  };
}

/** In the order of the format json: a line a sample and histogram, the exemplars with the last or alone. */
function linesOf(series: SeriesMessage): Line[] {
  const labels = labelsOf(series);
  const head = { labels: Object.fromEntries(labels), name: labels.get('__name__') ?? '' };
  const { type = 0, unit = '', help = '' } = series;
  const about = {
    ...(type === 0 ? {} : { type: metricTypeName(type) }),
    ...(unit === '' ? {} : { unit }),
    ...(help === '' ? {} : { help }),
  };
  const samples = (series.samples ?? []).map(({ value = 0, timestamp, start_timestamp: start }) => ({
    timestamp: timeText(timestamp),
    value: formatNumber(Number(value)),
    ...(start === undefined || start === '0' ? {} : { start_timestamp: timeText(start) }),
  }));
  const histograms = (series.histograms ?? []).map((histogram) => ({
    timestamp: timeText((histogram as { timestamp?: string }).timestamp),
    histogram,
  }));
  const exemplars = (series.exemplars ?? []).map((exemplar) => ({
    labels: Object.fromEntries(labelsOf(exemplar)),
    value: formatNumber(Number(exemplar.value ?? 0)),
    timestamp: timeText(exemplar.timestamp),
  }));
  const alone = samples.length + histograms.length === 0 ? [{}] : [];
  const entries = [...samples, ...histograms, ...alone];
  return entries.map((entry, index) => {
    const isLast = index === entries.length - 1;
    const extras = isLast && exemplars.length > 0 ? { exemplars } : {};
    return { labels, text: JSON.stringify({ ...head, ...entry, ...about, ...extras }) };
  });
}

function labelsOf({ labels = {} }: Labelled): Map<string, string> {
  if (!Array.isArray(labels)) return new Map(Object.entries(labels));
  return new Map((labels as { name: string; value: string }[]).map(({ name, value }) => [name, value]));
}

function timeText(timestampMs = '0'): string {
  return new Date(Number(timestampMs)).toISOString();
}
