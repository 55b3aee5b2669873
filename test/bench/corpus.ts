/** Write requests as a fleet of Prometheis sends them, made from a seed: the same bytes in every run. */

import { Buffer } from 'node:buffer';
import { compress } from 'snappyjs';
import { field, series, type TestSeries, type Value } from '../support/write-request.ts';
import { type Entry, requestWithSymbols } from './corpus-v2.ts';

export interface CorpusOptions {
  /** Different request bodies; a sender goes round them. */
  readonly bodies: number;
  readonly samplesPerRequest: number;
  readonly seed?: number;
  /** What the requests hold, always for the same series at the same times; `v1` when left out. */
  readonly kind?: CorpusKind;
}

/** Samples in 1.0, samples in 2.0, native histograms in 2.0. */
export const CORPUS_KINDS = ['v1', 'v2', 'histograms'] as const;
export type CorpusKind = (typeof CORPUS_KINDS)[number];

export interface Body {
  readonly compressed: Buffer;
  readonly decodedBytes: number;
  readonly samples: number;
  readonly version: 'v1' | 'v2';
}

const SUBSYSTEMS = [
  'http',
  'grpc',
  'db',
  'cache',
  'queue',
  'worker',
  'node_cpu',
  'node_disk',
  'go_gc',
  'process',
];
const QUANTITIES = [
  'request_duration_seconds',
  'response_size_bytes',
  'errors',
  'connections_open',
  'retries',
];
const SUFFIXES = ['_total', '_bucket', '_sum', '_count', ''];
const NAMESPACES = [
  'checkout',
  'payments',
  'catalogue',
  'identity',
  'search',
  'shipping',
  'monitoring',
  'ingress',
];
const CODES = ['200', '201', '204', '301', '400', '404', '429', '500', '503'];
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];

/** A small generator of the family mulberry32: uniform in 0 up to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 55 % integers, 25 % with two or three decimals, 20 % full doubles. */
function value(random: () => number): Value {
  const kind = random();
  if (kind < 0.55) return Math.floor(10 ** (random() * 9));
  if (kind < 0.8) return Math.floor(random() * 1e6) / (random() < 0.5 ? 100 : 1000);
  return random() * 10 ** Math.floor(random() * 12 - 4);
}

/** What all series of one scraped target share. */
interface Target {
  readonly cluster: string;
  readonly container: string;
  readonly instance: string;
  readonly job: string;
  readonly namespace: string;
  readonly pod: string;
}

type Pick = (values: readonly string[]) => string;

function makeTarget(random: () => number, pick: Pick): Target {
  const namespace = pick(NAMESPACES);
  const container = `${namespace}-${pick(['api', 'worker', 'web', 'cron'])}`;
  const replicaSet = (0x10000000 + Math.floor(random() * 40) * 7919).toString(16);
  return {
    cluster: pick(['eu-central-1a', 'eu-west-1b', 'us-east-1c']),
    container,
    instance: `10.${Math.floor(random() * 4)}.${Math.floor(random() * 30)}.${Math.floor(random() * 250)}:9102`,
    job: `${namespace}/${container}`,
    namespace,
    pod: `${container}-${replicaSet}-${Math.floor(random() * 9999) + 10000}`,
  };
}

/** One series with eleven labels of about the lengths that Kubernetes gives them. */
function makeSeries(target: Target, metric: string, pick: Pick): TestSeries['labels'] {
  return [
    ['__name__', metric],
    ['cluster', target.cluster],
    ['code', pick(CODES)],
    ['container', target.container],
    ['instance', target.instance],
    ['job', target.job],
    ['le', pick(BOUNDS)],
    ['method', pick(METHODS)],
    ['namespace', target.namespace],
    ['path', `/api/v2/${pick(NAMESPACES)}/{id}/${pick(QUANTITIES)}`],
    ['pod', target.pod],
  ];
}

/**
 * Request bodies of successive scrapes: runs of series of one target with one timestamp, in them runs of one
 * metric, as a shard of a sender queues them.
 */
export function makeCorpus(options: CorpusOptions): Body[] {
  const random = seededRandom(options.seed ?? 1);
  const pick: Pick = (values) => values[Math.floor(random() * values.length)]!;
  const startMs = 1_795_341_600_000;
  return Array.from({ length: options.bodies }, (_, index) => {
    const entries: Entry[] = [];
    let target = makeTarget(random, pick);
    let metric = '';
    let timestampMs = startMs + index * 15_000;
    for (let i = 0; i < options.samplesPerRequest; i++) {
      if (random() < 0.02) {
        target = makeTarget(random, pick);
        timestampMs += Math.floor(random() * 200);
      }
      if (metric === '' || random() < 0.15)
        metric = `${pick(SUBSYSTEMS)}_${pick(QUANTITIES)}${pick(SUFFIXES)}`;
      const labels = makeSeries(target, metric, pick);
      entries.push({ labels, value: value(random), timestampMs });
    }
    const kind = options.kind ?? 'v1';
    const decoded = kind === 'v1' ? requestV1(entries) : requestWithSymbols(entries, kind === 'histograms');
    return {
      compressed: compress(decoded),
      decodedBytes: decoded.length,
      samples: options.samplesPerRequest,
      version: kind === 'v1' ? 'v1' : 'v2',
    };
  });
}

function requestV1(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.map((entry) =>
      field(1, series({ labels: entry.labels, samples: [[entry.value, entry.timestampMs]] })),
    ),
  );
}
