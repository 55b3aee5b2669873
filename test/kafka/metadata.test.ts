/** Metadata: who leads what, asked again when it is wrong, of another broker when one is away. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Metadata, type TopicInfo } from '../../src/kafka/metadata.ts';
import { ProducerIdentity } from '../../src/kafka/producer-identity.ts';
import { eventually } from '../support/eventually.ts';
import type { TestHooks } from '../support/process.ts';
import { type FakeLink, FakeTransport, fakeBrokers } from './fake-transport.ts';
import { keepingLogger, type LogLine } from './stage.ts';

interface Parts {
  readonly transport: FakeTransport;
  readonly metadata: Metadata;
  readonly answers: (readonly TopicInfo[])[];
  readonly lines: LogLine[];
}

function start(test: TestHooks, brokers = 3): Parts {
  const transport = new FakeTransport(fakeBrokers(brokers));
  const answers: (readonly TopicInfo[])[] = [];
  const { logger, lines } = keepingLogger();
  const metadata = new Metadata({
    transport: transport.asTransport,
    brokersMayCreate: true,
    logger,
    onChange: (topics) => void answers.push(topics),
  });
  test.after(() => metadata.stop());
  return { transport, metadata, answers, lines };
}

const linkOf = (metadata: Metadata, nodeId: number): FakeLink | undefined =>
  metadata.linkOf(nodeId) as unknown as FakeLink | undefined;

const partition = (partitionId: number, leader: number) => ({ partitionErrorCode: 0, partitionId, leader });

describe('an answer', () => {
  test('tells of the topics asked for: partitions by index, leaders, errors', async (t) => {
    const { transport, metadata, answers } = start(t);
    transport.topics = [
      {
        topic: 'metrics',
        topicErrorCode: 0,
        partitionMetadata: [partition(2, 1), partition(0, 3), partition(1, -1)],
      },
      { topic: 'missing', topicErrorCode: 3, partitionMetadata: [] },
      { topic: 'foreign', topicErrorCode: 0, partitionMetadata: [partition(0, 1)] },
    ];
    metadata.addTopic('metrics');
    metadata.addTopic('missing');
    assert.equal(metadata.isReached, false);
    await metadata.refresh();
    assert.equal(metadata.isReached, true);
    assert.deepEqual(answers, [
      [
        {
          topic: 'metrics',
          errorCode: 0,
          partitions: [
            { index: 0, leader: 3 },
            { index: 1, leader: -1 },
            { index: 2, leader: 1 },
          ],
        },
        { topic: 'missing', errorCode: 3, partitions: [] },
      ],
    ]);
  });

  test('tells of no topic that was not asked for, or is not any more', async (t) => {
    const { transport, metadata, answers } = start(t);
    transport.topics = [{ topic: 'foreign', topicErrorCode: 0, partitionMetadata: [partition(0, 1)] }];
    await metadata.refresh();
    metadata.addTopic('foreign');
    await metadata.refresh();
    metadata.dropTopic('foreign');
    await metadata.refresh();
    assert.deepEqual(
      answers.map((topics) => topics.map(({ topic }) => topic)),
      [[], ['foreign'], []],
    );
  });

  test('gives a link to every broker, and ends the connection it was asked over', async (t) => {
    const { transport, metadata } = start(t);
    await metadata.refresh();
    const ports = [1, 2, 3].map((nodeId) => linkOf(metadata, nodeId)!.address.port);
    assert.deepEqual(ports, [9001, 9002, 9003]);
    const [seed] = transport.links;
    assert.equal(seed!.cuts, 1);
    assert.equal(metadata.linkOf(4), undefined);
  });

  test('leaves the link of a broker that has not moved, and cuts those of one that has and of one that left', async (t) => {
    const { transport, metadata } = start(t);
    await metadata.refresh();
    const [first, second, third] = [1, 2, 3].map((nodeId) => linkOf(metadata, nodeId)!);
    transport.brokers = [transport.brokers[0]!, { nodeId: 2, host: 'elsewhere', port: 9002 }];
    await metadata.refresh();
    assert.equal(linkOf(metadata, 1), first);
    assert.equal(first!.cuts, 0);
    assert.deepEqual(linkOf(metadata, 2)!.address, { host: 'elsewhere', port: 9002 });
    assert.match(second!.lastCut, /broker 2 has moved to elsewhere:9002/);
    assert.equal(metadata.linkOf(3), undefined);
    assert.match(third!.lastCut, /broker 3 has left/);
  });

  test('is shared by all who ask at the same time', async (t) => {
    const { transport, metadata } = start(t);
    await Promise.all([metadata.refresh(), metadata.refresh(), metadata.refresh()]);
    assert.equal(transport.asked.length, 1);
    await metadata.refresh();
    assert.equal(transport.asked.length, 2);
  });
});

describe('soon after an answer', () => {
  test('another is asked for when somebody says it is wrong, long before it is old', async (t) => {
    const { transport, metadata } = start(t);
    await metadata.refresh();
    metadata.refreshSoon();
    metadata.refreshSoon();
    await eventually(() => transport.asked.length === 2, {
      what: 'metadata is asked for again',
      withinMs: 5000,
    });
  });
});

describe('while no broker can be reached', () => {
  test('it says why, takes another seed each time, and comes back by itself', async (t) => {
    const { transport, metadata, lines } = start(t);
    for (const { port } of transport.brokers) transport.away.set(port, `nobody at ${port}`);
    await metadata.refresh();
    assert.equal(metadata.isReached, false);
    assert.match(metadata.lastProblem, /^nobody at 900\d$/);
    assert.deepEqual(new Set(transport.connects), new Set(['broker:9001', 'broker:9002', 'broker:9003']));
    assert.ok(
      lines.some(({ level, fields }) => level === 'warn' && fields['problem'] === metadata.lastProblem),
    );
    transport.away.clear();
    await eventually(() => metadata.isReached, { what: 'it is reached again', withinMs: 5000 });
  });

  test('one seed that answers is enough', async (t) => {
    const { transport, metadata } = start(t);
    transport.away.set(9001, 'away');
    transport.away.set(9002, 'away');
    await metadata.refresh();
    assert.equal(metadata.isReached, true);
  });

  test('nor can the address by which a broker names itself, it says so, and it is reached once that helps', async (t) => {
    const { transport, metadata, answers } = start(t, 1);
    transport.brokers = [{ nodeId: 9, host: 'inside', port: 9999 }];
    transport.away.set(9999, 'inside:9999 cannot be reached');
    await metadata.refresh();
    assert.equal(metadata.isReached, false);
    assert.match(
      metadata.lastProblem,
      /^Kafka at broker:9001 answers, but .* names broker 9 .*: inside:9999 cannot be reached; set advertised\.listeners/,
    );
    assert.deepEqual(answers, []);
    transport.away.clear();
    await eventually(() => metadata.isReached, { what: 'it is reached', withinMs: 5000 });
  });

  test('the brokers it knew are asked first once they are back', async (t) => {
    const { transport, metadata } = start(t);
    transport.brokers = [{ nodeId: 9, host: 'inside', port: 9999 }];
    await metadata.refresh();
    await linkOf(metadata, 9)!.cut(new Error('lost'));
    transport.connects.length = 0;
    await metadata.refresh();
    assert.deepEqual(transport.connects, ['inside:9999']);
  });
});

describe('a broker that does not answer', () => {
  test('is cut off, so that the next request goes elsewhere', async (t) => {
    const { transport, metadata } = start(t);
    const silent: FakeLink[] = [];
    transport.beforeAnswer = async (link) => {
      if (silent.length > 0) return;
      silent.push(link);
      throw new Error('timed out');
    };
    await metadata.refresh();
    assert.equal(metadata.lastProblem, 'timed out');
    assert.ok(silent[0]!.cuts > 0);
    await eventually(() => metadata.isReached, { what: 'another answers', withinMs: 5000 });
  });
});

describe('when it is stopped', () => {
  for (const [outcome, isAway] of [
    ['fails', true],
    ['succeeds', false],
  ] as const)
    test(`a connection under way that ${outcome} is the last, and none stays`, async (t) => {
      const { transport, metadata } = start(t);
      const { promise, resolve: release } = Promise.withResolvers<void>();
      transport.beforeConnect = () => promise;
      if (isAway) for (const { port } of transport.brokers.slice(0, 2)) transport.away.set(port, 'away');
      const late = metadata.refresh();
      assert.equal(transport.connects.length, 1);
      const stopped = metadata.stop();
      release();
      await Promise.all([late, stopped]);
      assert.equal(transport.connects.length, 1, 'no other seed is tried');
      assert.deepEqual(transport.asked, []);
      assert.ok(transport.links.every(({ isConnected }) => !isConnected));
    });

  test('the connections to addresses that brokers give are cut, also those under way', async (t) => {
    const { transport, metadata } = start(t);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    transport.beforeAnswer = async () => {
      transport.beforeConnect = () => promise;
    };
    const late = metadata.refresh();
    await eventually(() => transport.connects.length > 1, { what: 'the addresses are tried' });
    const stopped = metadata.stop();
    release();
    await Promise.all([late, stopped]);
    await eventually(() => transport.links.every(({ isConnected }) => !isConnected), {
      what: 'none stays',
      withinMs: 1000,
    });
  });

  test('it connects to nobody any more, whoever asks', async (t) => {
    const { transport, metadata } = start(t);
    await metadata.refresh();
    await metadata.stop();
    const connects = transport.connects.length;
    await metadata.refresh();
    assert.equal(transport.connects.length, connects);
    assert.ok(transport.links.every(({ isConnected }) => !isConnected));
  });

  test('all links are cut, nothing is asked any more', async (t) => {
    const { transport, metadata, answers } = start(t);
    let release: () => void = () => {};
    await metadata.refresh();
    transport.beforeAnswer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const late = metadata.refresh();
    await eventually(() => transport.asked.length === 2, { what: 'the second question' });
    const stopped = metadata.stop();
    release();
    await Promise.all([late, stopped]);
    assert.equal(answers.length, 1, 'an answer that comes too late is nobody’s');
    metadata.refreshSoon();
    for (const nodeId of [1, 2, 3]) assert.ok(linkOf(metadata, nodeId)!.cuts > 0);
    assert.equal(metadata.connectedBrokers, 0);
  });
});

describe('the producer id', () => {
  test('is fetched once a broker is reached, again after a failure, and anew on request', async (t) => {
    const { transport, metadata } = start(t);
    const { logger, lines } = keepingLogger();
    const changes: (bigint | undefined)[] = [];
    const identity = new ProducerIdentity({
      metadata,
      logger,
      onChange: () => changes.push(identity.producerId),
      whoMayNot: String,
    });
    t.after(() => identity.stop());
    let next = 0n;
    transport.newProducerId = async () => {
      next++;
      if (next === 1n) throw new Error('not yet');
      return next;
    };
    identity.renew();
    assert.equal(identity.producerId, undefined);
    await metadata.refresh();
    await eventually(() => identity.producerId === 2n, { what: 'a producer id', withinMs: 5000 });
    assert.ok(lines.some(({ fields }) => /not yet/.test(String(fields['problem']))));
    identity.renew();
    assert.equal(identity.producerId, undefined, 'nothing is sent with the old one');
    await eventually(() => identity.producerId === 3n, { what: 'another one', withinMs: 5000 });
    assert.deepEqual(changes, [2n, 3n]);
  });
});
