/** A broker that hangs, or hangs up, once it has answered is not taken for one that wants a login. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { type TestContext, test } from 'node:test';
import { encodeProduce } from '../../src/kafka/produce-protocol.ts';
import { type BrokerLink, Transport } from '../../src/kafka/transport.ts';
import { type GreetingBroker, startGreetingBroker } from './greeting-broker.ts';
import { NO_SECURITY } from './no-security.ts';
import { keepingLogger } from './stage.ts';

const TIMEOUT_MS = 300;

/** A link without a login, over which nothing was asked yet. */
async function start(t: TestContext): Promise<{ broker: GreetingBroker; link: BrokerLink }> {
  const broker = await startGreetingBroker(t);
  const options = {
    brokers: [broker.address],
    clientId: 'test',
    ...NO_SECURITY,
    produceTimeoutMs: TIMEOUT_MS,
  };
  const transport = new Transport(options, TIMEOUT_MS, keepingLogger().logger);
  const link = transport.link(transport.seeds[0]!);
  t.after(() => link.cut(new Error('the test is over')));
  return { broker, link };
}

async function produce(link: BrokerLink): Promise<void> {
  const batch = [Buffer.from('batch')];
  await link.produce(encodeProduce([{ topic: 'metrics', partition: 0, batch }], TIMEOUT_MS));
}

async function failureOf(link: BrokerLink): Promise<string> {
  const error = await link.metadata(['metrics'], false).catch((reason: unknown) => reason);
  assert.ok(error instanceof Error, 'metadata is not answered');
  return error.message;
}

test('a broker that hangs at the first request after the greeting does not answer in time', async (t) => {
  const { link } = await start(t);
  assert.match(
    await failureOf(link),
    /does not answer in time: Request Metadata.*; look whether that broker hangs/,
  );
});

test('a broker that has answered Produce and hangs then does not answer in time', async (t) => {
  const { link } = await start(t);
  await produce(link);
  assert.match(await failureOf(link), /does not answer in time: Request Metadata/);
});

test('a broker that has answered Produce and ends the connection then wants no login', async (t) => {
  const { broker, link } = await start(t);
  broker.otherwise = 'ends the connection';
  await produce(link);
  assert.match(await failureOf(link), / fails: .*closed/i);
});

test('a broker that ends the connection at the first request after the greeting wants one', async (t) => {
  const { broker, link } = await start(t);
  broker.otherwise = 'ends the connection';
  assert.match(await failureOf(link), /as a listener with a login does; set kafka\.sasl\.mechanism/);
});
