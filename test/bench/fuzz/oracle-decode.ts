/** Decodes requests by the decoder that protobufjs makes of proto/: the oracle's first half. */

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

/** A double as its bits. */
export type Bits = bigint;
/** Bytes of a text, one character each, so that texts compare as their bytes do. */
export type Text = string;

export interface OracleSample {
  readonly bits: Bits;
  readonly timeMs: bigint;
  readonly startMs: bigint;
}

export interface OracleSide {
  readonly spans: readonly (readonly [offset: number, length: number])[];
  readonly deltas: readonly bigint[];
  readonly counts: readonly Bits[];
}

export interface OracleHistogram {
  readonly isFloat: boolean;
  /** Of the kind that `isFloat` says: bits or a uint64. */
  readonly count: bigint;
  readonly zeroCount: bigint;
  readonly sum: Bits;
  readonly schema: number;
  readonly zeroThreshold: Bits;
  readonly positive: OracleSide;
  readonly negative: OracleSide;
  readonly bounds: readonly Bits[];
  readonly hint: number;
  readonly timeMs: bigint;
  readonly startMs: bigint;
}

/** Labels as the version has them: pairs of texts, or references. */
export interface OracleLabels {
  readonly texts?: readonly (readonly [name: Text, value: Text])[];
  readonly refs?: readonly number[];
}

export interface OracleExemplar extends OracleLabels {
  readonly bits: Bits;
  readonly timeMs: bigint;
}

export interface OracleSeries extends OracleLabels {
  readonly samples: readonly OracleSample[];
  readonly histograms: readonly OracleHistogram[];
  readonly exemplars: readonly OracleExemplar[];
  readonly type: number;
  readonly helpRef: number;
  readonly unitRef: number;
}

export interface OracleFamily {
  readonly type: number;
  readonly name: Text;
  readonly help: Text;
  readonly unit: Text;
}

export interface OracleRequest {
  readonly symbols: readonly Text[];
  readonly series: readonly OracleSeries[];
  readonly families: readonly OracleFamily[];
}

/**
 * Where decoders differ, and what this project does. `oracle` says how the oracle comes to the same.
 * Prometheus decodes by gogoproto, whose generated code is the reference where the encoding leaves a choice.
 */
export const DIFFERENCES: readonly {
  what: string;
  here: string;
  others: string;
  why: string;
  oracle: string;
}[] = [
  {
    what: 'a text that is not UTF-8',
    here: 'spoils its series or the metadata of its family, or is replaced in help and unit',
    others: 'protobufjs refuses the message, gogoproto does not look',
    why: 'one bad label must not cost a whole request (Remote-Write 2.0, "Partial Write")',
    oracle: 'has bytes in the place of string',
  },
  {
    what: 'NaN with a payload',
    here: 'kept bit for bit',
    others: 'gogoproto keeps it, protobufjs may change it',
    why: 'the stale marker is one',
    oracle: 'has fixed64 in the place of double',
  },
  {
    what: 'a varint of over ten bytes in a field nobody knows',
    here: 'malformed',
    others: 'gogoproto: malformed; protobufjs steps over it',
    why: 'no varint is longer (Protocol Buffers encoding, "Base 128 Varints")',
    oracle: 'replaces the `skip` of its reader',
  },
  {
    what: 'a known field number with a wire type that is not its own',
    here: 'stepped over as unknown',
    others: 'protobufjs and the official decoders: the same; gogoproto refuses the message',
    why: 'the encoding lets parsers keep what they do not know, and types may be widened',
    oracle: 'needs nothing',
  },
  {
    what: 'a tag or a length of more than five bytes, or over 32 bits',
    here: 'malformed',
    others:
      'protobufjs and the official C++ decoder: the same; gogoproto takes ten bytes and drops high bits',
    why: 'no encoder writes it; tags are numbers of 32 bits',
    oracle: 'needs nothing',
  },
  {
    what: 'a group that ends by the number of another, or with the number 0',
    here: 'malformed',
    others: 'protobufjs: the same; gogoproto only counts how deep it is',
    why: 'the encoding asks for the same number',
    oracle: 'needs nothing',
  },
  {
    what: 'packed numbers that end within one',
    here: 'malformed',
    others: 'protobufjs: the same; gogoproto reads on into the next field',
    why: 'what a length measures ends there',
    oracle: 'needs nothing',
  },
  {
    what: 'groups in groups',
    here: 'malformed beyond a depth of 100',
    others: 'protobufjs counts the messages around them too; gogoproto follows without end',
    why: 'a bound on recursion, as the official decoders have',
    oracle: 'is given none that is near the limit',
  },
];

const FOLDER = new URL('../../../proto/prometheus/', import.meta.url);

function messageType(file: string, name: string): protobuf.Type {
  const text = readFileSync(new URL(file, FOLDER), 'utf8')
    .replace(/\bstring(?= \w+ = \d)/g, 'bytes')
    .replace(/\bdouble(?= \w+ = \d)/g, 'fixed64');
  return protobuf.parse(text, { keepCase: true }).root.lookupType(name);
}

const WriteRequest = messageType('remote_write_v1.proto', 'prometheus.WriteRequest');
const Request = messageType('remote_write_v2.proto', 'io.prometheus.write.v2.Request');

/** A message as protobufjs gives it, whose fields are looked up by name. */
interface Message {
  readonly [field: string]: unknown;
}

/** A reader that refuses a varint of more than ten bytes where protobufjs 8.8.1 goes on to its end. */
function strictReader(bytes: Buffer): protobuf.Reader {
  const reader = protobuf.Reader.create(bytes);
  const usual = reader.skip;
  reader.skip = function skip(length?: number) {
    const before = this.pos;
    usual.call(this, length);
    if (length === undefined && this.pos - before > 10) throw new Error('a varint of over ten bytes');
    return this;
  };
  return reader;
}

/** The request that the bytes are, undefined when they are none. */
export function decode(bytes: Buffer, version: 'v1' | 'v2'): OracleRequest | undefined {
  let message: Message;
  try {
    const type = version === 'v1' ? WriteRequest : Request;
    message = type.decode(strictReader(bytes)) as unknown as Message;
  } catch {
    return undefined;
  }
  return {
    symbols: (list(message, 'symbols') as Uint8Array[]).map(text),
    series: messages(message, 'timeseries').map((series) => seriesOf(series, version)),
    families: messages(message, 'metadata').map((family) => ({
      type: Number(family['type'] ?? 0),
      name: text(family['metric_family_name'] as Uint8Array),
      help: text(family['help'] as Uint8Array),
      unit: text(family['unit'] as Uint8Array),
    })),
  };
}

function list(message: Message, field: string): unknown[] {
  return (message[field] ?? []) as unknown[];
}

function messages(message: Message, field: string): Message[] {
  return list(message, field) as Message[];
}

function text(bytes: Uint8Array): Text {
  return Buffer.from(bytes).toString('latin1');
}

/** A 64-bit field, without sign; protobufjs has an object of two halves or, for the default, a number. */
function bits(value: unknown): bigint {
  if (typeof value !== 'object' || value === null) return BigInt.asUintN(64, BigInt((value as number) ?? 0));
  const { low, high } = value as { low: number; high: number };
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function int64(value: unknown): bigint {
  return BigInt.asIntN(64, bits(value));
}

function labelsOf(message: Message, version: 'v1' | 'v2'): OracleLabels {
  if (version === 'v2') return { refs: list(message, 'labels_refs') as number[] };
  return {
    texts: messages(message, 'labels').map(
      (label) => [text(label['name'] as Uint8Array), text(label['value'] as Uint8Array)] as const,
    ),
  };
}

function seriesOf(message: Message, version: 'v1' | 'v2'): OracleSeries {
  const metadata = (message['metadata'] ?? {}) as Message;
  return {
    ...labelsOf(message, version),
    samples: messages(message, 'samples').map((sample) => ({
      bits: bits(sample['value']),
      timeMs: int64(sample['timestamp']),
      startMs: int64(sample['start_timestamp']),
    })),
    histograms: messages(message, 'histograms').map(histogramOf),
    exemplars: messages(message, 'exemplars').map((exemplar) => ({
      ...labelsOf(exemplar, version),
      bits: bits(exemplar['value']),
      timeMs: int64(exemplar['timestamp']),
    })),
    type: Number(metadata['type'] ?? 0),
    helpRef: Number(metadata['help_ref'] ?? 0),
    unitRef: Number(metadata['unit_ref'] ?? 0),
  };
}

function histogramOf(message: Message): OracleHistogram {
  const isFloat = message['count'] === 'count_float';
  // Of a oneof only the member that came last is there.
  const zeroKind = isFloat ? 'zero_count_float' : 'zero_count_int';
  const side = (name: string): OracleSide => ({
    spans: messages(message, `${name}_spans`).map(
      (span) => [Number(span['offset']), Number(span['length'])] as const,
    ),
    deltas: list(message, `${name}_deltas`).map(int64),
    counts: list(message, `${name}_counts`).map(bits),
  });
  return {
    isFloat,
    count: bits(isFloat ? message['count_float'] : message['count_int']),
    zeroCount: message['zero_count'] === zeroKind ? bits(message[zeroKind]) : 0n,
    sum: bits(message['sum']),
    schema: Number(message['schema']),
    zeroThreshold: bits(message['zero_threshold']),
    positive: side('positive'),
    negative: side('negative'),
    bounds: list(message, 'custom_values').map(bits),
    hint: Number(message['reset_hint']),
    timeMs: int64(message['timestamp']),
    startMs: int64(message['start_timestamp']),
  };
}
