/** The same request in either version of Remote-Write, for tests of what holds for both. */

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { compress } from 'snappyjs';
import { HEADERS } from './write-request.ts';
import { requestV2, V2_HEADERS } from './write-request-v2.ts';

const file = new URL('../../proto/prometheus/remote_write_v1.proto', import.meta.url);
const typeV1 = protobuf
  .parse(readFileSync(file, 'utf8'), { keepCase: true })
  .root.lookupType('prometheus.WriteRequest');

export type Version = '1.0' | '2.0';
export const VERSIONS = ['1.0', '2.0'] as const;

export const HEADERS_OF: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
  '1.0': HEADERS,
  '2.0': V2_HEADERS,
};

type Labels = readonly (readonly [string, string])[];

export interface Entry {
  readonly labels: Labels;
  /** Samples and histograms as protobufjs takes them: fields by the names in proto/. */
  readonly samples?: readonly object[];
  readonly histograms?: readonly object[];
  readonly exemplars?: readonly ExemplarEntry[];
  /** Left out in 1.0, which has it elsewhere. */
  readonly metadata?: { readonly type?: number; readonly help?: string; readonly unit?: string };
}

export interface ExemplarEntry {
  readonly labels?: Labels;
  readonly value?: number;
  readonly timestamp?: number;
}

/** A whole body. */
export function message(version: Version, entries: readonly Entry[]): Buffer {
  return compressed(version === '1.0' ? messageV1(entries) : messageV2(entries));
}

export function compressed(bytes: Uint8Array): Buffer {
  return Buffer.from(compress(bytes));
}

function messageV1(entries: readonly Entry[]): Uint8Array {
  const named = (labels: Labels = []): object[] => labels.map(([name, value]) => ({ name, value }));
  const timeseries = entries.map(({ labels, exemplars = [], metadata: _, ...rest }) => ({
    ...rest,
    labels: named(labels),
    exemplars: exemplars.map((exemplar) => ({ ...exemplar, labels: named(exemplar.labels) })),
  }));
  return typeV1.encode(typeV1.fromObject({ timeseries })).finish();
}

function messageV2(entries: readonly Entry[]): Uint8Array {
  const symbols = [''];
  const ref = (text = ''): number => {
    if (!symbols.includes(text)) symbols.push(text);
    return symbols.indexOf(text);
  };
  const refs = (labels: Labels = []): number[] => labels.flatMap(([name, value]) => [ref(name), ref(value)]);
  const timeseries = entries.map(({ labels, exemplars = [], metadata = {}, ...rest }) => ({
    ...rest,
    labels_refs: refs(labels),
    exemplars: exemplars.map(({ labels: own, ...more }) => ({ ...more, labels_refs: refs(own) })),
    metadata: { type: metadata.type ?? 0, help_ref: ref(metadata.help), unit_ref: ref(metadata.unit) },
  }));
  return requestV2({ symbols, timeseries });
}
