/** Records of every format, of every odd value there is, on the whole way and into readers that nobody here wrote. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { compress, uncompress } from 'snappyjs';
import { CORPUS } from '../record/corpus.ts';
import { goldenRecords } from '../record/golden.ts';
import { startAdapter } from '../support/adapter.ts';
import { createTopic, runtimeOfTests, type TestKafka, testKafka, uniqueTopic } from '../support/kafka.ts';
import { asJsonRecord, findPython, type PythonFormat, readByPython } from '../support/python-reader.ts';
import { Registry } from '../support/registry.ts';
import { HEADERS } from '../support/write-request.ts';
import { V2_HEADERS } from '../support/write-request-v2.ts';

const FORMATS = ['json', 'telefonica-json', 'telefonica-avro-json', 'avro', 'protobuf', 'remote-write'];
/** As the golden files show a record; text when left out. */
const SHOWN: Readonly<Record<string, (value: Buffer) => string>> = {
  avro: (value) => value.toString('hex'),
  protobuf: (value) => value.toString('hex'),
  'remote-write': (value) => Buffer.from(uncompress(value)).toString('hex'),
};
const CONFLUENT = 'avro-confluent';
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

const prefix = uniqueTopic('readers');
const topicOf = (format: string): string => `${prefix}-${format}`;
const cleanUps: (() => unknown)[] = [];
let kafka: TestKafka;
let registry: Registry;

before(async () => {
  kafka = await testKafka();
  const hooks = { after: (cleanUp: () => unknown) => void cleanUps.push(cleanUp) };
  registry = await Registry.start(hooks);
  for (const format of FORMATS) await write(format, [`--record.format=${format}`]);
  await write(CONFLUENT, ['--record.format=avro', `--avro.registry-url=${registry.url}`]);

  async function write(name: string, flags: readonly string[]): Promise<void> {
    const topic = await createTopic(kafka.brokers, { name: topicOf(name), partitions: 1 });
    const adapter = await startAdapter(hooks, {
      brokers: kafka.brokers,
      topic,
      flags: [...flags, '--limits.labels-per-series=300'],
    });
    await adapter.waitReady();
    for (const { version, bytes } of Object.values(CORPUS)) {
      const headers = version === 'v1' ? HEADERS : V2_HEADERS;
      const answer = await adapter.write(compress(Buffer.from(bytes)), { headers });
      assert.deepEqual([answer.status, answer.text], [204, '']);
    }
    await adapter.process.stop();
  }
});

after(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  await kafka.stop();
});

/** The values of a topic in their order, by kcat: a line with the length before each. */
function readByKcat(topic: string): Buffer[] {
  const args = ['-C', '-q', '-e', '-o', 'beginning', '-b', kafka.brokers, '-t', topic, '-f', '%S\n%s'];
  const { status, stdout, stderr } = spawnSync('kcat', args, { maxBuffer: MOST_OUTPUT_BYTES });
  assert.equal(status, 0, String(stderr));
  const values: Buffer[] = [];
  for (let at = 0; at < stdout.length; ) {
    const lineEnd = stdout.indexOf('\n', at);
    const end = lineEnd + 1 + Number(stdout.toString('latin1', at, lineEnd));
    values.push(stdout.subarray(lineEnd + 1, end));
    at = end;
  }
  return values;
}

const kcatMissing = spawnSync('kcat', ['-V']).error !== undefined && process.env['CI'] !== 'true';
const skip = kcatMissing ? 'NO kcat ON THIS MACHINE: what readers see is not tested' : false;

describe('kcat reads what the golden files hold, byte for byte', { skip }, () => {
  for (const format of FORMATS) {
    test(format, () => {
      const read = readByKcat(topicOf(format)).map(SHOWN[format] ?? String);
      assert.deepEqual(read, goldenRecords(format));
    });
  }
});

describe('the console consumer of Java', { skip }, () => {
  test('reads the same bytes of every format', async () => {
    const topics = [...FORMATS, CONFLUENT].map(topicOf);
    const expected = topics.flatMap(readByKcat);
    const { java, classPath } = await runtimeOfTests();
    const separator = '\n-- the next record --\n';
    const { status, stdout, stderr } = spawnSync(
      java,
      ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData']
        .concat(['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath])
        .concat(['org.apache.kafka.tools.consumer.ConsoleConsumer', '--bootstrap-server', kafka.brokers])
        .concat(['--include', `${prefix}-.*`, '--from-beginning', '--max-messages', String(expected.length)])
        .concat(['--timeout-ms', '60000', '--property', `line.separator=${separator}`]),
      { maxBuffer: MOST_OUTPUT_BYTES },
    );
    assert.equal(status, 0, String(stderr));
    const seen = stdout.toString('latin1').split(separator).slice(0, -1);
    const sorted = (values: readonly string[]): string[] => values.toSorted();
    assert.deepEqual(sorted(seen), sorted(expected.map((value) => value.toString('latin1'))));
  });
});

/** Records of the format json as far as another one holds them, and without the buckets, which follow from the rest. */
function expectedRecords(without: readonly string[] = []): object[] {
  return goldenRecords('json').map((text) => {
    const record = JSON.parse(text) as Record<string, unknown> & { histogram?: Record<string, unknown> };
    for (const field of without) delete record[field];
    if (record.histogram) delete record.histogram['buckets'];
    return record;
  });
}

/** What Remote-Write 1.0 has no place for. */
const NOT_IN_V1 = ['start_timestamp', 'type', 'unit', 'help'];

describe('Python reads every sample, histogram and exemplar', { skip }, () => {
  for (const [format, library, without] of [
    ['avro', 'fastavro, single-object encoding', []],
    [CONFLUENT, 'fastavro, wire format of a registry', []],
    ['protobuf', 'protobuf, by code that protoc made', []],
    ['remote-write', 'cramjam and protobuf, as a WriteRequest of 1.0', NOT_IN_V1],
  ] as readonly (readonly [PythonFormat, string, readonly string[]])[]) {
    test(`${format}, by ${library}`, (t) => {
      const python = findPython(t);
      if (python === undefined) return;
      const values = readByKcat(topicOf(format));
      const schema = format === CONFLUENT ? registry.schemaOf(values[0]!.readInt32BE(1)) : undefined;
      const items = readByPython(python, { format, values, schema });
      assert.deepEqual(items.map(asJsonRecord), expectedRecords(without));
      // Bit by bit, which JSON cannot tell.
      const numbers = items.map(({ value }) => value);
      for (const bits of ['7ff0000000000002', '7ff8000000000001', 'fff8000000000002', '7ff0000000000001'])
        assert.ok(numbers.includes(`f:${bits}`), bits);
    });
  }

  test('telefonica-avro-json, by fastavro and the schema of that adapter', (t) => {
    const python = findPython(t);
    if (python === undefined) return;
    const items = readByPython(python, {
      format: 'telefonica-avro-json',
      values: readByKcat(topicOf('telefonica-avro-json')),
    });
    assert.deepEqual(
      items,
      goldenRecords('telefonica-json').map((text) => JSON.parse(text) as object),
    );
  });
});
