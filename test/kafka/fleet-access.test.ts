/** The fleet's log where brokers ask who may do what: each missing permission is named, with what gives it. */

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { FleetTopic } from '../../src/kafka/fleet-topic.ts';
import type { Status } from '../../src/status/status.ts';
import { allow, type Permission } from '../support/access-control.ts';
import { startAdapter } from '../support/adapter.ts';
import { Authority, hasOpenssl } from '../support/authority.ts';
import { eventually } from '../support/eventually.ts';
import { createTopic, uniqueTopic } from '../support/kafka.ts';
import { NOBODY, PASSWORD, type SecureKafka, startSecureKafka, USER } from '../support/secure-kafka.ts';
import { body } from '../support/write-request.ts';
import { securityOf } from './security.ts';
import { keepingLogger } from './stage.ts';

const FLAGS = [
  '--kafka.sasl.mechanism=plain',
  `--kafka.sasl.username=${NOBODY}`,
  `--kafka.sasl.password=${PASSWORD}`,
];
const LOGIN = securityOf(FLAGS);

describe('with an authorizer', { skip: !hasOpenssl() }, () => {
  let authority: Authority;
  let kafka: SecureKafka;
  before(async () => {
    authority = new Authority();
    kafka = await startSecureKafka(authority);
  });
  after(async () => {
    await kafka?.node.close();
    authority?.remove();
  });

  const give = (topic: string, operation: Permission['operation'], user = NOBODY): Promise<void> =>
    allow(kafka.brokers, { topic, user: `User:${user}`, operation });

  /** The log as `nobody` uses it. An entry for another user is what closes a topic to all others. */
  async function start(t: TestContext, topic: string): Promise<FleetTopic> {
    await give(topic, 'WRITE', USER);
    const brokers = [`127.0.0.1:${kafka.portOf('PLAIN')}`];
    const log = new FleetTopic({
      options: { brokers, clientId: 'test', ...LOGIN, produceTimeoutMs: 10_000 },
      topic,
      creates: true,
      logger: keepingLogger().logger,
    });
    t.after(() => log.stop());
    return log;
  }

  const sentence = (topic: string, operations: readonly string[]): string =>
    `User:${NOBODY} has no permission for topic ${topic}: Kafka refuses ${operations.join(' or ')} ` +
    `(TOPIC_AUTHORIZATION_FAILED); allow it with kafka-acls.sh --add --allow-principal 'User:${NOBODY}' ` +
    `${operations.map((operation) => `--operation ${operation}`).join(' ')} --topic ${topic}`;

  const works = (action: () => Promise<unknown>, what: string): Promise<true> =>
    eventually(
      () =>
        action().then(
          () => true as const,
          () => false,
        ),
      { what },
    );

  test('a user with no permission at all is told of all', async (t) => {
    const topic = await createTopic(kafka.brokers);
    const log = await start(t, topic);
    const message = sentence(topic, ['Read', 'Write', 'Create']);
    await assert.rejects(log.read(), { message });
    await assert.rejects(log.publish('k', 'v'), { message });
  });

  test('one who may describe the topic is told of reading and of writing, and goes on once both are given', async (t) => {
    const topic = await createTopic(kafka.brokers);
    const log = await start(t, topic);
    await give(topic, 'DESCRIBE');
    await assert.rejects(log.publish('k', 'v'), { message: sentence(topic, ['Write']) });
    await give(topic, 'WRITE');
    await works(() => log.publish('k', 'v'), 'a record is written');
    await assert.rejects(log.read(), /Kafka refuses (Read|Describe) /);
    await give(topic, 'READ');
    const heard = await eventually(
      async () => {
        const values = await log.read().catch(() => []);
        return values.length > 0 && values;
      },
      { what: 'it is read' },
    );
    assert.deepEqual(heard.map(String), ['v']);
  });

  test('one who may not create a missing topic is told so, and uses it once it is there', async (t) => {
    const topic = uniqueTopic('fleet');
    const log = await start(t, topic);
    for (const operation of ['READ', 'WRITE'] as const) await give(topic, operation);
    // Who may create any topic need not be allowed this one.
    await allow(kafka.brokers, { topic: undefined, user: `User:${USER}`, operation: 'CREATE' });
    const message = `topic ${topic} does not exist: ${sentence(topic, ['Create'])}`;
    await assert.rejects(log.publish('k', 'v'), { message });
    await assert.rejects(log.read(), { message });
    await createTopic(kafka.brokers, { name: topic });
    await works(() => log.publish('k', 'v'), 'a record is written');
  });

  test('an adapter whose user may not use the topic writes as ever, and says once why there is no fleet', async (t) => {
    const [topic, fleetTopic] = [await createTopic(kafka.brokers), await createTopic(kafka.brokers)];
    await give(fleetTopic, 'WRITE', USER);
    const adapter = await startAdapter(t, {
      brokers: `127.0.0.1:${kafka.portOf('PLAIN')}`,
      topic,
      flags: [...FLAGS, `--fleet.topic=${fleetTopic}`],
    });
    await adapter.waitReady();
    const series = body([{ labels: [['__name__', 'up']], samples: [[1, Date.now()]] }]);
    assert.equal((await adapter.write(series)).status, 204);
    const warnings = (): Record<string, unknown>[] =>
      adapter.logged('warn').filter(({ msg }) => String(msg).startsWith('no fleet'));
    await eventually(() => warnings().length > 0, { what: 'it is said' });
    const problem = sentence(fleetTopic, ['Read', 'Write', 'Create']);
    assert.deepEqual(
      warnings().map((warning) => warning['problem']),
      [problem],
    );
    assert.equal(await adapter.metric('kafka_adapter_fleet_usable'), 0);
    const { fleet, hints } = JSON.parse((await adapter.get('/api/v1/status')).text) as Status;
    assert.deepEqual([fleet?.isUsable, fleet?.problem], [false, problem]);
    assert.ok(hints.length <= 1, JSON.stringify(hints));
    for (const operation of ['READ', 'WRITE'] as const) await give(fleetTopic, operation);
    await eventually(async () => (await adapter.metric('kafka_adapter_fleet_usable')) === 1, {
      what: 'the fleet is used once it may be',
    });
    assert.deepEqual(adapter.logged('error'), []);
    assert.equal(warnings().length, 1);
  });
});
