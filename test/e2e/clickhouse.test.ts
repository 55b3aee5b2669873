/** A real ClickHouse reads the topics, by the very tables that docs/formats.md shows. */

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startAdapter } from '../support/adapter.ts';
import { createTopic, type TestKafka, testKafka, uniqueTopic } from '../support/kafka.ts';
import { Registry } from '../support/registry.ts';
import { body, STALE_BITS, type TestSeries } from '../support/write-request.ts';

const program = fileURLToPath(new URL('../support/clickhouse-reader.py', import.meta.url));
const schema = fileURLToPath(new URL('../../proto/kafka_adapter/record', import.meta.url));
const page = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');

const SECONDS = 60;
const TIME = 1_795_341_600_123;
const STAMP = '2026-11-22 10:00:00.123';
/** As ClickHouse shows them; what JSON has no word for it shows as text. */
const VALUES = [
  [1, 1],
  [-0.25, -0.25],
  [1e21, 1e21],
  [5e-324, 5e-324],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
  [STALE_BITS, 'nan'],
] as const;

const entries: TestSeries[] = VALUES.map(([value], i) => ({
  labels: [
    ['__name__', 'up'],
    ['path', `/ä/"${i}"\\`],
  ],
  samples: [[value, TIME]],
}));

let kafka: TestKafka;
before(async () => {
  kafka = await testKafka();
});
after(() => kafka.stop());

function findClickHouse(t: TestContext): string | undefined {
  const command = process.env['PYTHON_BIN'] || 'python3';
  const { status } = spawnSync(command, ['-c', 'import chdb']);
  if (status === 0) return command;
  const problem = `${command} has no chDB, the ClickHouse in a Python package; .ci/run installs it, or set PYTHON_BIN`;
  if (process.env['CI'] === 'true') throw new Error(`${problem} (required since CI=true)`);
  process.stderr.write(`\n!!! SKIPPED, NOT TESTED: ${t.name}\n!!! ${problem}\n\n`);
  t.skip(problem);
  return undefined;
}

/** The statements for ClickHouse that the page has under the heading of a format; the first makes the queue. */
function statementsOf(format: string): readonly [queue: string, ...others: string[]] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${format}\n`)) ?? '';
  const blocks = [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!);
  const [queue, ...others] = blocks
    .filter((sql) => sql.includes('ENGINE = '))
    .flatMap((sql) => sql.split(';'))
    .filter((statement) => statement.trim() !== '');
  assert.match(queue ?? '', /^CREATE TABLE queue /, `docs/formats.md has no table for ${format}`);
  return [queue!, ...others];
}

interface Reading {
  readonly format: string;
  readonly topic: string;
  readonly registryUrl?: string;
  readonly columns: string;
  readonly rows: number;
}

async function read(command: string, reading: Reading): Promise<object[]> {
  const { format, topic, registryUrl = '', columns, rows } = reading;
  const [queue, ...after] = statementsOf(format);
  const before = queue
    .replace('kafka:9092', kafka.brokers)
    .replace("'metrics'", `'${topic}'`)
    // A group of its own: one that an earlier reader has left would have to wait for it.
    .replace("'clickhouse'", `'${topic}'`)
    .replace('http://registry:8081', registryUrl)
    .replace('record:Series', `${schema}:Series`);
  const select = `SELECT ${columns} FROM queue SETTINGS stream_like_engine_allow_direct_select = 1, output_format_json_quote_denormals = 1`;
  // Not in the way of the registry, which answers in this process.
  const running = promisify(execFile)(command, [program]);
  const request = { before: [before], select, rows, seconds: SECONDS, after };
  running.child.stdin?.end(JSON.stringify(request));
  return JSON.parse((await running).stdout) as object[];
}

async function write(t: TestContext, format: string, flags: readonly string[]): Promise<string> {
  const name = uniqueTopic(`clickhouse-${format}`);
  const topic = await createTopic(kafka.brokers, { name, partitions: 1 });
  const options = [`--record.format=${format}`, ...flags];
  const adapter = await startAdapter(t, { brokers: kafka.brokers, topic, flags: options });
  await adapter.waitReady();
  assert.equal((await adapter.write(body(entries))).status, 204);
  return topic;
}

const LABELS = entries.map(({ labels }) => Object.fromEntries(labels) as object);

describe('ClickHouse reads', () => {
  const COLUMNS = 'name, labels, timestamp, value, stale';
  const EXPECTED = VALUES.map(([value, shown], i) => ({
    name: 'up',
    labels: LABELS[i],
    timestamp: STAMP,
    value: shown,
    stale: value === STALE_BITS,
  }));

  test('json', async (t) => {
    const command = findClickHouse(t);
    if (command === undefined) return;
    const topic = await write(t, 'json', []);
    const rows = VALUES.length;
    assert.deepEqual(await read(command, { format: 'json', topic, columns: COLUMNS, rows }), EXPECTED);
  });

  test('avro, by the registry', async (t) => {
    const command = findClickHouse(t);
    if (command === undefined) return;
    const registry = await Registry.start(t);
    const topic = await write(t, 'avro', [`--avro.registry-url=${registry.url}`]);
    const rows = VALUES.length;
    const reading = { format: 'avro', topic, registryUrl: registry.url, columns: COLUMNS, rows };
    assert.deepEqual(await read(command, reading), EXPECTED);
  });

  test('protobuf', async (t) => {
    const command = findClickHouse(t);
    if (command === undefined) return;
    const topic = await write(t, 'protobuf', []);
    const columns = 'labels, samples.value, samples.timestamp';
    const rows = VALUES.length;
    assert.deepEqual(
      await read(command, { format: 'protobuf', topic, columns, rows }),
      VALUES.map(([, shown], i) => ({
        labels: LABELS[i],
        'samples.value': [shown],
        'samples.timestamp': [TIME],
      })),
    );
  });
});
