/** Topics: partitions by what the brokers say, and a clear answer about those that are not there. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import type { Metadata, PartitionInfo, TopicInfo } from '../../src/kafka/metadata.ts';
import { Topics } from '../../src/kafka/topics.ts';
import { NO_SECURITY } from './no-security.ts';
import { keepingLogger, PRODUCER_ID, Stage } from './stage.ts';

const TIMEOUT_MS = 250;
const LEADER_NOT_AVAILABLE = 5;
const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;
const UNAUTHORIZED = 29;

/** Metadata whose answers the test gives. */
class FakeMetadata {
  readonly added: string[] = [];
  readonly dropped: string[] = [];
  refreshes = 0;
  lastProblem = 'connection refused';
  onRefresh: () => void = () => {};

  addTopic(topic: string): void {
    this.added.push(topic);
  }

  dropTopic(topic: string): void {
    this.dropped.push(topic);
  }

  async refresh(): Promise<void> {
    this.refreshes++;
    this.onRefresh();
  }

  refreshSoon(): void {}
}

function setUp() {
  const metadata = new FakeMetadata();
  const clock: { skippedMs: number; stoppedMs?: number } = { skippedMs: 0 };
  const stage = new Stage();
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
    limits: stage.limits,
    giveUp() {},
    now: () => clock.stoppedMs ?? performance.now() + clock.skippedMs,
  });
  return { metadata, topics, stage, clock };
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
    assert.deepEqual(new Set(metadata.added), new Set(['metrics', 'other']));
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

describe('a topic that was refused a moment ago', () => {
  test('is refused by what is remembered, and asked for again after that', async () => {
    const { metadata, topics, clock } = setUp();
    metadata.onRefresh = () => topics.update([unknown('metrics', UNAUTHORIZED)]);
    const refusals = new Set<string>();
    // It stands still, however slow the machine is.
    clock.stoppedMs = 1000;
    for (let write = 0; write < 200; write++)
      refusals.add(String(await topics.learn(new Set(['metrics'])).catch((error: unknown) => error)));
    assert.equal(metadata.refreshes, 1);
    assert.equal(refusals.size, 1);
    assert.match([...refusals][0]!, /TOPIC_AUTHORIZATION_FAILED/);
    clock.stoppedMs = 1100;
    metadata.onRefresh = () => topics.update([known('metrics', 1)]);
    await topics.learn(new Set(['metrics']));
    assert.equal(metadata.refreshes, 2);
  });

  test('does not keep a missing one from being asked for', async () => {
    const { metadata, topics } = setUp();
    topics.update([unknown('metrics', UNKNOWN_TOPIC)]);
    metadata.onRefresh = () => topics.update([known('metrics', 1)]);
    await topics.learn(new Set(['metrics']));
    assert.equal(metadata.refreshes, 1);
  });
});

describe('a topic that nobody writes to', () => {
  const MINUTE_MS = 60_000;

  /** Topics `old` and `new` with two partitions each, learned one after the other. */
  function learned() {
    const parts = setUp();
    const { topics, clock, stage } = parts;
    for (const topic of ['old', 'new']) {
      topics.add(topic);
      clock.skippedMs++;
    }
    const isAsked = ({ topic }: TopicInfo): boolean => !parts.metadata.dropped.includes(topic);
    const refresh = (): void => topics.update([known('old', 1, 1), known('new', 1, 1)].filter(isAsked));
    refresh();
    const write = (topic: string): void => {
      Object.assign(stage, { partitions: topics.partitionsOf(topic) });
      stage.commit({ partition: 1, value: 'written' });
    };
    const acknowledge = (): void => void stage.drain(1);
    /** So many minutes, each with an answer of the brokers, in which `topic` is written to. */
    const pass = (minutes: number, topic?: string): void => {
      for (let minute = 0; minute < minutes; minute++) {
        clock.skippedMs += MINUTE_MS;
        if (topic !== undefined) {
          write(topic);
          acknowledge();
        }
        refresh();
      }
    };
    return { ...parts, refresh, write, acknowledge, pass };
  }

  test('is forgotten after five minutes, and the brokers are not asked for it any more', () => {
    const { topics, metadata, pass } = learned();
    pass(4, 'new');
    assert.deepEqual(metadata.dropped, []);
    pass(2, 'new');
    assert.deepEqual(metadata.dropped, ['old']);
    assert.ok(topics.partitionsOf('new'));
  });

  test('is learned again once somebody does, in an epoch that was not used', async () => {
    const { topics, metadata, stage, write, pass, refresh } = learned();
    pass(1, 'old');
    pass(6, 'new');
    assert.deepEqual(metadata.dropped, ['old']);
    assert.equal(topics.partitionsOf('old'), undefined);
    metadata.onRefresh = () => {
      metadata.dropped.length = 0;
      refresh();
    };
    await topics.learn(new Set(['old']));
    write('old');
    assert.deepEqual(stage.take(1).stamp, { producerId: PRODUCER_ID, epoch: 1, sequence: 0 });
  });

  test('stays while records wait for it or are under way', () => {
    const { metadata, write, acknowledge, stage, pass } = learned();
    write('old');
    const { partitions } = stage;
    pass(10, 'new');
    assert.deepEqual(metadata.dropped, []);
    partitions[1]!.take(PRODUCER_ID);
    pass(10, 'new');
    assert.deepEqual(metadata.dropped, []);
    Object.assign(stage, { partitions });
    stage.answer(0, { partition: 1 });
    acknowledge();
    pass(6, 'new');
    assert.deepEqual(metadata.dropped, ['old']);
  });

  test('stays when it was written to last, however long ago', () => {
    const { metadata, pass } = learned();
    pass(1, 'old');
    pass(60);
    assert.deepEqual(metadata.dropped, ['new']);
  });
});
