/** Permissions that are missing are named, and check-kafka says in plain words what keeps records from the topic. */

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AdapterError } from '../../src/errors.ts';
import { allow } from '../support/access-control.ts';
import { startAdapter } from '../support/adapter.ts';
import { Authority, hasOpenssl } from '../support/authority.ts';
import { eventually } from '../support/eventually.ts';
import { countRecords, createTopic, uniqueTopic } from '../support/kafka.ts';
import { startProcess } from '../support/process.ts';
import {
  type ListenerName,
  NOBODY,
  PASSWORD,
  type SecureKafka,
  startSecureKafka,
  USER,
} from '../support/secure-kafka.ts';
import { body } from '../support/write-request.ts';
import { send, startProducer } from './real-producer.ts';
import { securityOf } from './security.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const WITHIN_MS = 10_000;

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

  const at = (listener: ListenerName): string => `127.0.0.1:${kafka.portOf(listener)}`;
  const login = (user: string): string[] => [
    '--kafka.sasl.mechanism=plain',
    `--kafka.sasl.username=${user}`,
    `--kafka.sasl.password=${PASSWORD}`,
  ];

  /** A topic for `adapter`; `nobody` may at most describe it. */
  async function ownTopic(isDescribed: boolean): Promise<string> {
    const topic = await createTopic(kafka.brokers, { partitions: 2 });
    await allow(kafka.brokers, { topic, user: `User:${USER}`, operation: 'WRITE' });
    if (isDescribed) await allow(kafka.brokers, { topic, user: `User:${NOBODY}`, operation: 'DESCRIBE' });
    return topic;
  }

  describe('a client without a permission', () => {
    test('is not ready, says which, and is ready once it is given', async (t) => {
      const topic = await ownTopic(false);
      const adapter = await startAdapter(t, { brokers: at('PLAIN'), topic, flags: login(NOBODY) });
      const text = await eventually(
        async () => {
          const answer = await adapter.get('/-/ready');
          return answer.text.includes('AUTHORIZATION') && answer.status === 503 ? answer.text : undefined;
        },
        { what: '/-/ready names the permission', withinMs: WITHIN_MS },
      );
      const sentence =
        `User:${NOBODY} has no permission for topic ${topic}: Kafka refuses Write or Describe or Create ` +
        `(TOPIC_AUTHORIZATION_FAILED); allow it with kafka-acls.sh --add --allow-principal 'User:${NOBODY}' ` +
        `--operation Write --operation Describe --operation Create --topic ${topic}`;
      assert.ok(text.includes(sentence), text);
      assert.deepEqual(
        adapter.logged('error').map(({ problem }) => problem),
        [sentence],
      );
      const series = body([{ labels: [['__name__', 'up']], samples: [[1, Date.now()]] }]);
      const refused = await adapter.write(series);
      assert.deepEqual([refused.status, refused.text], [503, `${sentence}\n`]);
      await allow(kafka.brokers, { topic, user: `User:${NOBODY}`, operation: 'WRITE' });
      await adapter.waitReady(WITHIN_MS);
      assert.equal((await adapter.write(series)).status, 204);
      assert.ok(!adapter.process.output.includes(PASSWORD));
    });

    test('who may describe but not write is answered 503 with the operation, logged once', async (t) => {
      const topic = await ownTopic(true);
      const { producer, lines } = await startProducer(t, at('PLAIN'), {
        topic,
        ...securityOf(login(NOBODY)),
      });
      for (let i = 0; i < 2; i++) {
        const records = [{ hash: 0, timestampMs: Date.now(), value: 'a' }];
        await assert.rejects(send(producer, topic, records), (error) => {
          assert.ok(error instanceof AdapterError);
          assert.equal(error.code, 'kafka_refused');
          assert.match(
            error.message,
            /^User:nobody has .* Kafka refuses Write \(TOPIC_AUTH.*--operation Write --topic/,
          );
          return true;
        });
      }
      const told = lines.filter(({ level }) => level === 'error');
      assert.equal(told.length, 1, JSON.stringify(told));
    });
  });

  describe('check-kafka', () => {
    async function check(t: TestContext, broker: string, flags: readonly string[]) {
      const started = startProcess(t, {
        args: [program, 'check-kafka', `--kafka.brokers=${broker}`, ...flags],
        environment: { KAFKA_BROKERS: undefined },
      });
      const { code } = await started.waitForExit();
      assert.ok(!started.output.includes(PASSWORD));
      return { code, text: started.stdout.replace(/\n {11}/g, ' ') };
    }

    test('ends with 0 where records can be written, tells partitions and settings, and writes nothing', async (t) => {
      const topic = await ownTopic(false);
      const flags = [
        '--kafka.tls.enabled',
        `--kafka.tls.ca-file=${authority.caFile}`,
        `--kafka.topic=${topic}`,
      ];
      const scram = login(USER).with(0, '--kafka.sasl.mechanism=scram-sha-512');
      const { code, text } = await check(t, at('SCRAM'), [...flags, ...scram]);
      assert.equal(code, 0, text);
      assert.match(text, /^ {2}ok +\S+ answers User:adapter$/m);
      assert.match(text, /^ {2}ok +broker 1 is reached by the address that it gives/m);
      assert.match(text, /^ {2}ok +User:adapter may write to topic/m);
      assert.match(text, /has 2 partitions, 1 copy of each$/m);
      assert.match(text, /records can be written\n$/);
      assert.equal(await countRecords(kafka.brokers, topic), 0);
      const { text: seen } = await check(t, kafka.brokers, [`--kafka.topic=${topic}`]);
      for (const name of ['min.insync.replicas=1', 'max.message.bytes=', 'message.timestamp.after.max.ms='])
        assert.ok(seen.includes(name), seen);
    });

    const failures: Record<string, () => Promise<[broker: string, flags: string[], says: RegExp]>> = {
      'a wrong password': async () => [
        at('PLAIN'),
        [...login(USER).slice(0, 2), '--kafka.sasl.password=wr0ng'],
        /^ {2}PROBLEM .* refuses the login of adapter by plain: Authentication failed/m,
      ],
      'an advertised address of no use': async () => [
        at('ASTRAY'),
        [`--kafka.topic=${await ownTopic(false)}`],
        /^ {2}PROBLEM .* names broker 1 is of no use here: .* set advertised\.listeners/m,
      ],
      'a topic that is not there': async () => [
        kafka.brokers,
        [`--kafka.topic=${uniqueTopic()}`],
        /^ {2}PROBLEM +topic \S+ does not exist; create it, or set kafka\.create_topics$/m,
      ],
      'no permission to write': async () => [
        at('PLAIN'),
        [...login(NOBODY), `--kafka.topic=${await ownTopic(true)}`],
        /^ {2}PROBLEM +User:nobody has no permission .* Kafka refuses Write .* --operation Write --topic/m,
      ],
      'more copies asked for than there are': async () => [
        kafka.brokers,
        [`--kafka.topic=${await createTopic(kafka.brokers, { settings: { 'min.insync.replicas': '2' } })}`],
        /^ {2}PROBLEM +min\.insync\.replicas is 2, but partitions have 1 copy: no record/m,
      ],
    };
    for (const [name, prepare] of Object.entries(failures)) {
      test(`ends with 1 for ${name} and says so`, async (t) => {
        const [broker, flags, says] = await prepare();
        const { code, text } = await check(t, broker, flags);
        assert.equal(code, 1, text);
        assert.match(text, says);
        assert.match(text, /records cannot be written until the problems are solved\n$/);
      });
    }
  });
});
