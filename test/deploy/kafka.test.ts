/** The throw-away Kafka: it serves, it can be stopped, killed, paused and started again, and it leaves nothing. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { KafkaNode } from '../../deploy/local/kafka.ts';
import { askBrokerPorts } from '../../deploy/local/kafka-probe.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, kafkaClient, readTopic, runtimeOfTests, startKafka } from '../support/kafka.ts';

let node: KafkaNode;
before(async () => {
  node = await startKafka();
});
after(() => node.close());

async function produce(topic: string, values: string[]): Promise<void> {
  const producer = kafkaClient(node.brokers).producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  await producer.send({
    topic,
    acks: -1,
    messages: values.map((value) => ({ value, key: 'key', headers: { h: 'x' }, timestamp: '1000' })),
  });
  await producer.disconnect();
}

test('records are read back with everything they carry, and no consumer group stays', async () => {
  const topic = await createTopic(node.brokers, { partitions: 3 });
  await produce(topic, ['one', 'two']);
  const records = await readTopic(node.brokers, topic);
  const shown = records.map((record) => ({
    ...record,
    key: String(record.key),
    value: String(record.value),
  }));
  const common = { partition: 0, key: 'key', timestamp: 1000, headers: { h: 'x' } };
  assert.deepEqual(shown, [
    { ...common, offset: 0, value: 'one' },
    { ...common, offset: 1, value: 'two' },
  ]);
  const admin = kafkaClient(node.brokers).admin();
  await admin.connect();
  assert.deepEqual((await admin.listGroups()).groups, []);
  await admin.disconnect();
});

test('an empty topic is read as no records', async () => {
  const topic = await createTopic(node.brokers);
  assert.deepEqual(await readTopic(node.brokers, topic), []);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`after ${signal} it starts again on the same port with the same records`, async () => {
    const topic = await createTopic(node.brokers);
    await produce(topic, ['kept']);
    const address = node.brokers;
    await node.stop(signal);
    await assert.rejects(askBrokerPorts(Number(address.split(':')[1])));
    await node.start();
    assert.equal(node.brokers, address);
    assert.equal((await readTopic(node.brokers, topic)).length, 1);
  });
}

test('paused it does not answer, resumed it does', async () => {
  const port = Number(node.brokers.split(':')[1]);
  node.pause();
  // A signal reaches the threads of a process one after the other.
  const answers = (): Promise<boolean> =>
    askBrokerPorts(port).then(
      () => true,
      () => false,
    );
  await eventually(async () => !(await answers()), { what: 'the paused broker does not answer' });
  node.resume();
  assert.ok(await askBrokerPorts(port));
});

test('a start that fails rejects with the last lines of the broker', async (t) => {
  const broken = new KafkaNode({
    runtime: { java: 'java', classPath: '/nowhere' },
    address: { nodeId: 1, port: await freePort(), controllerPort: await freePort() },
  });
  t.after(() => broken.close());
  await assert.rejects(broken.start(), /exit status 1.*kafka\.tools\.StorageTool/s);
});

test('closed in the middle of a start it rejects and leaves nothing', async () => {
  const starting = new KafkaNode({ runtime: await runtimeOfTests() });
  const failed = assert.rejects(starting.start());
  await starting.close();
  await failed;
  await starting.close();
});

test('closed it is gone with its folder', async () => {
  const own = await startKafka();
  const { pid } = own;
  const folder = own.directory;
  assert.ok(existsSync(folder));
  assert.ok((await readdir(folder)).includes('data'));
  await own.close();
  assert.equal(existsSync(folder), false);
  assert.throws(() => process.kill(pid ?? 0, 0), { code: 'ESRCH' });
});
