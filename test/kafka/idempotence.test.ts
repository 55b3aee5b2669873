/** The broker takes our batches for those of an idempotent producer: a repetition is there once, a gap is refused. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeProduce, encodeProduce } from '../../src/kafka/produce-protocol.ts';
import { verdictOf } from '../../src/kafka/protocol-errors.ts';
import { type ProducerStamp, RecordBatch } from '../../src/kafka/record-batch.ts';
import { type BrokerLink, Transport } from '../../src/kafka/transport.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, readTopic, type TestKafka, testKafka } from '../support/kafka.ts';
import { NO_SECURITY } from './no-security.ts';
import { keepingLogger } from './stage.ts';

const TIMEOUT_MS = 10_000;
const OUT_OF_ORDER = 45;
const FENCED_EPOCH = 47;
const MAX_SEQUENCE = 2_147_483_647;

let kafka: TestKafka;
let link: BrokerLink;
let topic: string;
let producerId: bigint;

before(async () => {
  kafka = await testKafka();
  topic = await createTopic(kafka.brokers, { partitions: 8 });
  const options = {
    brokers: [kafka.brokers.split(',', 1)[0]!],
    clientId: 'test',
    ...NO_SECURITY,
    produceTimeoutMs: TIMEOUT_MS,
  };
  const transport = new Transport(options, TIMEOUT_MS, keepingLogger().logger);
  link = transport.link(transport.seeds[0]!);
  const ask = () => link.newProducerId().catch(() => undefined);
  producerId = await eventually(ask, { what: 'a producer id' });
});

after(async () => {
  await link.cut(new Error('the test is over'));
  await kafka.stop();
});

function batchOf(stamp: Omit<ProducerStamp, 'producerId'>, ...values: readonly string[]): RecordBatch {
  const batch = new RecordBatch(1024);
  for (const value of values) {
    batch.begin(Date.now()).ascii(value);
    batch.end();
  }
  batch.stamp = { producerId, ...stamp };
  return batch;
}

/** Sends the batch and gives the error code of the answer. */
async function produce(partition: number, batch: RecordBatch): Promise<number> {
  const payload = await link.produce(encodeProduce([{ topic, partition, batch: batch.seal(0) }], TIMEOUT_MS));
  const [answer, ...others] = decodeProduce(payload, link.produceVersion);
  assert.deepEqual(others, []);
  assert.deepEqual([answer!.topic, answer!.partition], [topic, partition]);
  return answer!.errorCode;
}

/** The values in a partition, in order. */
async function valuesIn(partition: number): Promise<string[]> {
  const records = await readTopic(kafka.brokers, topic);
  return records.filter((record) => record.partition === partition).map(({ value }) => String(value));
}

describe('a batch', () => {
  test('with the sequence of another that is there is acknowledged and thrown away', async () => {
    assert.equal(await produce(7, batchOf({ epoch: 0, sequence: 0 }, 'a', 'b')), 0);
    const verdict = verdictOf(await produce(7, batchOf({ epoch: 0, sequence: 0 }, 'c', 'd')));
    assert.ok(['ok', 'duplicate'].includes(verdict), verdict);
    assert.equal(await produce(7, batchOf({ epoch: 1, sequence: 0 }, 'e', 'f')), 0);
    assert.deepEqual(await valuesIn(7), ['a', 'b', 'e', 'f']);
  });

  test('that is sent again is answered as done, and is there once', async () => {
    const batch = batchOf({ epoch: 0, sequence: 0 }, 'a', 'b');
    assert.equal(await produce(0, batch), 0);
    for (let repeat = 0; repeat < 3; repeat++) {
      assert.ok(['ok', 'duplicate'].includes(verdictOf(await produce(0, batch))));
    }
    assert.equal(await produce(0, batchOf({ epoch: 0, sequence: 2 }, 'c')), 0);
    assert.ok(['ok', 'duplicate'].includes(verdictOf(await produce(0, batch))), 'with another behind it too');
    assert.deepEqual(await valuesIn(0), ['a', 'b', 'c']);
  });

  test('whose sequence goes on over the largest is taken, as is the next at its start', async () => {
    // The broker lets any sequence begin for a producer that it does not know yet.
    assert.equal(await produce(1, batchOf({ epoch: 0, sequence: MAX_SEQUENCE - 1 }, 'a', 'b', 'c')), 0);
    assert.equal(await produce(1, batchOf({ epoch: 0, sequence: 1 }, 'd')), 0);
    assert.deepEqual(await valuesIn(1), ['a', 'b', 'c', 'd']);
  });

  test('of the next epoch is taken from sequence 0 on', async () => {
    assert.equal(await produce(2, batchOf({ epoch: 0, sequence: 0 }, 'a')), 0);
    assert.equal(await produce(2, batchOf({ epoch: 1, sequence: 0 }, 'b')), 0);
    assert.equal(await produce(2, batchOf({ epoch: 1, sequence: 1 }, 'c')), 0);
    assert.deepEqual(await valuesIn(2), ['a', 'b', 'c']);
  });
});

describe('a batch is refused', () => {
  test('when its sequence leaves a gap: something before it was lost', async () => {
    assert.equal(await produce(3, batchOf({ epoch: 0, sequence: 0 }, 'a')), 0);
    assert.equal(await produce(3, batchOf({ epoch: 0, sequence: 5 }, 'b')), OUT_OF_ORDER);
    assert.deepEqual(await valuesIn(3), ['a']);
  });

  test('when it comes late out of an older epoch, and leaves nothing', async () => {
    assert.equal(await produce(4, batchOf({ epoch: 0, sequence: 0 }, 'a')), 0);
    assert.equal(await produce(4, batchOf({ epoch: 1, sequence: 0 }, 'b')), 0);
    assert.equal(await produce(4, batchOf({ epoch: 0, sequence: 1 }, 'late')), FENCED_EPOCH);
    assert.deepEqual(await valuesIn(4), ['a', 'b']);
  });
});
