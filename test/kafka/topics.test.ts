/** Topics: partitions by what the brokers say, and a clear answer about those that are not there. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import type { Metadata, PartitionInfo, TopicInfo } from '../../src/kafka/metadata.ts';
import { Topics } from '../../src/kafka/topics.ts';
import { NO_SECURITY } from './no-security.ts';
import { keepingLogger, Stage } from './stage.ts';

const TIMEOUT_MS = 250;
const LEADER_NOT_AVAILABLE = 5;
const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;
const UNAUTHORIZED = 29;

/** Metadata whose answers the test gives. */
class FakeMetadata {
  readonly added: string[] = [];
  refreshes = 0;
  lastProblem = 'connection refused';
  onRefresh: () => void = () => {};

  addTopic(topic: string): void {
    this.added.push(topic);
  }

  async refresh(): Promise<void> {
    this.refreshes++;
    this.onRefresh();
  }

  refreshSoon(): void {}
}

function setUp() {
  const metadata = new FakeMetadata();
  const options = {
    brokers: ['one:9092', 'two:9092'],
    clientId: 'test',
    ...NO_SECURITY,
    produceTimeoutMs: TIMEOUT_MS,
    creation: undefined,
  };
  const topics = new Topics({
    user: () => 'User:test',
    options,
    metadata: metadata as unknown as Metadata,
    logger: keepingLogger().logger,
    limits: new Stage().limits,
    giveUp() {},
  });
  return { metadata, topics };
}

const known = (topic: string, ...leaders: readonly number[]): TopicInfo => ({
  topic,
  errorCode: 0,
  partitions: leaders.map((leader, index): PartitionInfo => ({ index, leader })),
});

const unknown = (topic: string, errorCode: number): TopicInfo => ({ topic, errorCode, partitions: [] });

describe('the partitions of a topic', () => {
  test('are unknown until the brokers have told', () => {
    const { topics } = setUp();
    assert.equal(topics.partitionsOf('metrics'), undefined);
    topics.update([unknown('metrics', UNKNOWN_TOPIC)]);
    assert.equal(topics.partitionsOf('metrics'), undefined);
    topics.update([known('metrics', 1, 2)]);
    assert.deepEqual(
      topics.partitionsOf('metrics')!.map(({ topic, index, leader }) => [topic, index, leader]),
      [
        ['metrics', 0, 1],
        ['metrics', 1, 2],
      ],
    );
  });

  test('stay the same, records and all, when their leaders move or new ones appear', () => {
    const { topics } = setUp();
    topics.update([known('metrics', 1, 2)]);
    const before = [...topics.partitionsOf('metrics')!];
    topics.update([known('metrics', 2, -1, 3)]);
    const after = topics.partitionsOf('metrics')!;
    assert.deepEqual(after.slice(0, 2), before);
    assert.ok(after.slice(0, 2).every((partition, i) => partition === before[i]));
    assert.deepEqual(
      after.map(({ leader }) => leader),
      [2, -1, 3],
    );
  });

  test('are kept while the brokers do not know the topic for a while', () => {
    const { topics } = setUp();
    topics.update([known('metrics', 1)]);
    const [before] = topics.partitionsOf('metrics')!;
    topics.update([unknown('metrics', UNKNOWN_TOPIC)]);
    assert.equal(topics.partitionsOf('metrics')![0], before);
  });

  test('of all topics are gone through together', () => {
    const { topics } = setUp();
    topics.update([known('a', 1, 1), known('b', 1)]);
    assert.deepEqual(
      [...topics.partitions()].map(({ topic, index }) => `${topic} ${index}`),
      ['a 0', 'a 1', 'b 0'],
    );
  });
});

describe('learning of a topic', () => {
  test('resolves once the brokers tell its partitions, however often they have to be asked', async () => {
    const { metadata, topics } = setUp();
    metadata.onRefresh = () => {
      if (metadata.refreshes === 1)
        topics.update([unknown('metrics', LEADER_NOT_AVAILABLE), known('other', 1)]);
      else topics.update([known('metrics', 1)]);
    };
    await topics.learn(new Set(['metrics', 'other']));
    assert.deepEqual(metadata.added, ['metrics', 'other']);
    assert.equal(metadata.refreshes, 2);
  });

  const refusals: Readonly<Record<string, readonly [number | undefined, ErrorCode, RegExp]>> = {
    'that does not exist': [
      UNKNOWN_TOPIC,
      'topic_missing',
      /^topic metrics does not exist, create it or set kafka\.create_topics$/,
    ],
    'with a name that Kafka refuses': [
      INVALID_TOPIC,
      'kafka_refused',
      /topic metrics: INVALID_TOPIC_EXCEPTION$/,
    ],
    'that is not ours': [
      UNAUTHORIZED,
      'kafka_refused',
      /^User:test has no .* metrics: Kafka refuses Write .*\(TOPIC_AUTHORIZATION_FAILED\); allow it with kafka-acls/,
    ],
    'while nobody answers': [
      undefined,
      'kafka_unavailable',
      /^Kafka at one:9092,two:9092 does not answer: connection refused$/,
    ],
  };
  for (const [name, [errorCode, code, text]] of Object.entries(refusals)) {
    test(`${name} rejects with ${code}, within the timeout`, async () => {
      const { metadata, topics } = setUp();
      metadata.onRefresh = () => {
        if (errorCode !== undefined) topics.update([unknown('metrics', errorCode)]);
      };
      await assert.rejects(topics.learn(new Set(['metrics'])), (error) => {
        assert.ok(error instanceof AdapterError);
        assert.equal(error.code, code);
        assert.match(error.message, text);
        return true;
      });
    });
  }

  test('that a repeat does not cure is given up at the first answer', async () => {
    const { metadata, topics } = setUp();
    metadata.onRefresh = () => topics.update([unknown('metrics', UNAUTHORIZED)]);
    await assert.rejects(topics.learn(new Set(['metrics'])));
    assert.equal(metadata.refreshes, 1);
  });
});
