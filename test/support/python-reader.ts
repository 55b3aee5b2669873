/** Python as a reader of records: its libraries for Avro, protobuf and snappy, found or said to be missing. */

import type { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('python-reader.py', import.meta.url));
const proto = fileURLToPath(new URL('../../proto/', import.meta.url));
const schemaFile = new URL('../../proto/kafka_adapter/sample.avsc', import.meta.url);

const MODULES = ['fastavro', 'google.protobuf', 'grpc_tools', 'cramjam'];
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const STALE = 'f:7ff0000000000002';

/** The Python of `PYTHON_BIN`, else of the path; skips the test when it lacks a library, and fails it in CI. */
export function findPython(test: TestContext): string | undefined {
  const command = process.env['PYTHON_BIN'] || 'python3';
  const { status, error, stderr } = spawnSync(command, ['-c', `import ${MODULES.join(', ')}`], {
    encoding: 'utf8',
  });
  if (status === 0) return command;
  const why = error?.message ?? stderr.trimEnd().split('\n').at(-1);
  const problem = `${command} cannot read records: ${why}; .ci/run installs what it needs, or set PYTHON_BIN`;
  if (process.env['CI'] === 'true') throw new Error(`${problem} (required since CI=true)`);
  process.stderr.write(`\n!!! SKIPPED, NOT TESTED: ${test.name}\n!!! ${problem}\n\n`);
  test.skip(problem);
  return undefined;
}

/** As python-reader.py tells it; doubles by their bits, behind `f:`. */
interface Item {
  readonly labels: Readonly<Record<string, string>>;
  readonly name: string;
  readonly timestamp: number | string;
  readonly value?: string | null;
  readonly stale?: boolean;
  readonly start_timestamp?: number | null;
  readonly type?: string | null;
  readonly unit?: string | null;
  readonly help?: string | null;
  readonly histogram?: Readonly<Record<string, unknown>> | null;
  readonly exemplars?: readonly { labels: object; value: string; timestamp: number }[];
}

export type PythonFormat = 'avro' | 'avro-confluent' | 'telefonica-avro-json' | 'protobuf' | 'remote-write';

export interface Records {
  readonly format: PythonFormat;
  readonly values: readonly Buffer[];
  /** Of avro; the one in proto/ when left out. */
  readonly schema?: string | undefined;
}

/** What Python reads; throws with its words when it cannot. */
export function readByPython(command: string, records: Records): readonly Item[] {
  const { format, values, schema = readFileSync(schemaFile, 'utf8') } = records;
  const input = JSON.stringify({
    format,
    schema,
    proto,
    values: values.map((value) => value.toString('base64')),
  });
  const { status, stdout, stderr } = spawnSync(command, [program], {
    input,
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  if (status !== 0) throw new Error(`${command} ends with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Item[];
}

/** The item as a record of the format `json`, without the buckets that follow from the rest of a histogram. */
export function asJsonRecord(item: Item): object {
  const { labels, name, value, start_timestamp, type, histogram, exemplars = [] } = item;
  return {
    labels,
    name,
    timestamp: time(Number(item.timestamp)),
    ...(typeof value === 'string' && { value: text(value), ...(value === STALE && { stale: true }) }),
    ...(histogram && { histogram: histogramOf(histogram) }),
    ...(start_timestamp && { start_timestamp: time(start_timestamp) }),
    ...(type && type !== 'unknown' && { type }),
    ...(item.unit && { unit: item.unit }),
    ...(item.help && { help: item.help }),
    ...(exemplars.length > 0 && {
      exemplars: exemplars.map((one) => ({
        labels: one.labels,
        value: text(one.value),
        timestamp: time(one.timestamp),
      })),
    }),
  };
}

function histogramOf(histogram: Readonly<Record<string, unknown>>): object {
  const { reset_hint, float, ...rest } = histogram;
  const shown = Object.entries(rest).flatMap(([key, value]) => {
    if (!Array.isArray(value)) return [[key, typeof value === 'string' ? text(value) : value]];
    const parts = value as readonly unknown[];
    return parts.length === 0
      ? []
      : [[key, parts.map((part) => (typeof part === 'string' ? text(part) : part))]];
  });
  return {
    ...(Object.fromEntries(shown) as object),
    ...(reset_hint !== 'unknown' && { reset_hint }),
    ...(float === true && { float }),
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** Digits as the format `json` has them. */
function text(told: string): string {
  if (!told.startsWith('f:')) return told;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${told.slice(2)}`));
  const value = view.getFloat64(0);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
