/** Formats on the whole way: remote_write in, Kafka, and out of it into a reader that nobody here wrote. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import avro from 'avsc';
import { compress } from 'snappyjs';
import { freePort } from '../../deploy/local/ports.ts';
import { type RunningAdapter, startAdapter } from '../support/adapter.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, readTopic, type TestKafka, testKafka } from '../support/kafka.ts';
import { findPrometheus } from '../support/prometheus.ts';
import { startReceiver } from '../support/prometheus-receiver.ts';
import { Registry } from '../support/registry.ts';
import { body, type TestSeries } from '../support/write-request.ts';
import { requestV2, V2_HEADERS } from '../support/write-request-v2.ts';

const SERIES = 200;
const NOW = Date.now();

let kafka: TestKafka;
before(async () => {
  kafka = await testKafka();
});
after(() => kafka.stop());

function entries(samples: number): TestSeries[] {
  return Array.from({ length: SERIES }, (_, i) => ({
    labels: [
      ['__name__', 'replayed'],
      ['path', `/ä/"${i}"\\`],
    ],
    samples: Array.from({ length: samples }, (_, at) => [i + at / 8, NOW - 1000 * (samples - at)] as const),
  }));
}

async function written(adapter: RunningAdapter, samples: number): Promise<void> {
  const answer = await adapter.write(body(entries(samples)));
  assert.deepEqual([answer.status, answer.text], [204, '']);
}

describe('records of the format remote-write', () => {
  test('are taken by a Prometheus as they are, every sample of them', async (t) => {
    const command = findPrometheus(t);
    if (command === undefined) return;
    const { brokers } = kafka;
    const topic = await createTopic(brokers, { partitions: 3 });
    const adapter = await startAdapter(t, { brokers, topic, flags: ['--record.format=remote-write'] });
    await adapter.waitReady();
    await written(adapter, 3);
    const fromV2 = {
      labels_refs: [1, 2],
      samples: [{ value: 7, timestamp: NOW, start_timestamp: NOW - 5000 }],
      metadata: { type: 1 },
    };
    const v2 = requestV2({ symbols: ['', '__name__', 'from_v2'], timeseries: [fromV2] });
    assert.equal((await adapter.write(compress(Buffer.from(v2)), { headers: V2_HEADERS })).status, 204);
    assert.equal(await adapter.metric('kafka_adapter_samples_written_total{type="float"}'), SERIES * 3 + 1);

    const records = await readTopic(brokers, topic);
    assert.ok(records.length <= 4, `${records.length} records for two requests on three partitions`);
    const prometheus = await startReceiver(t, command);
    for (const { value } of records) assert.equal(await prometheus.receive(value!), 204);
    const stored = await prometheus.query('{__name__=~"replayed|from_v2"}[1m]', NOW);
    assert.equal(stored.length, SERIES + 1);
    for (const { metric, values } of stored) {
      if (metric['__name__'] === 'from_v2') assert.deepEqual(values, [[NOW / 1000, '7']]);
      else {
        const i = Number(/\d+/.exec(metric['path']!)![0]);
        assert.equal(metric['path'], `/ä/"${i}"\\`);
        assert.deepEqual(
          values,
          entries(3)[i]!.samples!.map(([value, ms]) => [Number(ms) / 1000, String(value)]),
        );
      }
    }
  });
});

describe('records of the format avro', () => {
  test('wait for the registry, then carry its id and outlive it', async (t) => {
    const { brokers } = kafka;
    const topic = await createTopic(brokers, { partitions: 1 });
    const port = await freePort();
    const adapter = await startAdapter(t, {
      brokers,
      topic,
      flags: ['--record.format=avro', `--avro.registry-url=http://127.0.0.1:${port}`],
    });
    const starting = await eventually(
      async () => {
        const answer = await adapter.get('/-/ready');
        return answer.text.includes('registry') && answer;
      },
      { what: '/-/ready waits for the registry' },
    );
    assert.equal(starting.status, 503);
    const refused = await adapter.write(body(entries(1)));
    assert.equal(refused.status, 503);
    assert.match(refused.text, /the schema registry at 127\.0\.0\.1:\d+ cannot be reached/);

    const registry = await Registry.start(t, port);
    await adapter.waitReady();
    await registry.stop();
    await written(adapter, 1);
    assert.deepEqual(registry.calls, [`POST /subjects/${topic}-value/versions`]);

    const records = await readTopic(brokers, topic);
    assert.equal(records.length, SERIES);
    const type = avro.Type.forSchema(JSON.parse(registry.schemaOf(records[0]!.value!.readInt32BE(1))!));
    const read = records.map(({ value }) => {
      assert.equal(value![0], 0);
      return type.fromBuffer(value!.subarray(5)) as { name: string; value: number; labels: object };
    });
    const values = read.map(({ name, value }) => [name, value]).sort(([, a], [, b]) => Number(a) - Number(b));
    assert.deepEqual(
      values,
      Array.from({ length: SERIES }, (_, i) => ['replayed', i]),
    );
  });
});

describe('records of the format telefonica-json', () => {
  test('are read by kcat as the lines that the adapter of that name writes', async (t) => {
    if (spawnSync('kcat', ['-V']).status !== 0) {
      if (process.env['CI'] === 'true') throw new Error('kcat is missing (required since CI=true)');
      process.stderr.write(`\n!!! SKIPPED, NOT TESTED: ${t.name}\n!!! kcat is missing\n\n`);
      return t.skip('kcat is missing');
    }
    const { brokers } = kafka;
    const topic = await createTopic(brokers, { partitions: 1 });
    const adapter = await startAdapter(t, { brokers, topic, flags: ['--record.format=telefonica-json'] });
    await adapter.waitReady();
    await written(adapter, 1);
    const { stdout } = spawnSync('kcat', ['-b', brokers, '-C', '-t', topic, '-e', '-q'], {
      encoding: 'utf8',
    });
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, SERIES);
    const time = `${new Date(NOW - 1000).toISOString().slice(0, 19)}Z`;
    assert.ok(
      lines.includes(
        `{"labels":{"__name__":"replayed","path":"/ä/\\"7\\"\\\\"},"name":"replayed","timestamp":"${time}","value":"7"}`,
      ),
      lines[0],
    );
  });
});
