/** Replicas that tell each other of themselves: who is known when, what is told when, and what happens when nothing can be. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HandClock, OTHER, type Replica, replicaOf, SharedTopic, settled } from './stage.ts';

interface Stage {
  readonly clock: HandClock;
  readonly topic: SharedTopic;
  /** Started, and a second later. */
  start(letter: string): Promise<Replica>;
}

function setUp(): Stage {
  const [clock, topic] = [new HandClock(), new SharedTopic()];
  return {
    clock,
    topic,
    start: async (letter) => {
      const replica = replicaOf(letter, clock, topic);
      replica.fleet.start();
      await clock.pass(1);
      return replica;
    },
  };
}

const ids = ({ fleet }: Replica): string[] => fleet.view.others.map(({ id }) => id);

async function metric({ fleet, metrics }: Replica, line: string): Promise<number> {
  fleet.measure();
  const found = (await metrics.text())
    .split('\n')
    .find((text) => text.startsWith(`kafka_adapter_fleet_${line} `));
  assert.ok(found, line);
  return Number(found.split(' ')[1]);
}

describe('replicas of a fleet', () => {
  test('know each other within two seconds, and how the load is spread', async () => {
    const { clock, start } = setUp();
    const [a, b, c] = [await start('a'), await start('b'), await start('c')];
    c!.figures.samplesPerSecond = 700;
    await clock.pass(3);
    assert.deepEqual(ids(a), ['b:8080', 'c:8080']);
    assert.deepEqual(ids(c), ['a:8080', 'b:8080']);
    for (const { fleet } of [a, b, c]) assert.deepEqual([fleet.isUsable, fleet.problem], [true, '']);
    const { replicas, share, imbalance } = c.fleet.view.standing;
    assert.deepEqual({ replicas, share, imbalance }, { replicas: 3, share: 700 / 900, imbalance: 700 / 300 });
    assert.equal(await metric(a, 'usable'), 1);
    assert.equal(await metric(a, 'replicas'), 3);
    assert.equal(await metric(c, 'share'), 700 / 900);
    assert.equal(await metric(b, 'imbalance_ratio'), 700 / 300);
  });

  test('say what they are, under a key by which older records can be cleaned up', async () => {
    const { topic, start } = setUp();
    await start('a');
    assert.equal(topic.records[0]?.key, 'default/a:8080');
    assert.deepEqual(topic.said()[0], {
      fleet: 'default',
      id: 'a:8080',
      instance: 'aaaaaaaa',
      epoch: 1000,
      version: '0.1.0',
      address: 'a:8080',
      state: 'ready',
      connections: 1,
      samplesPerSecond: 100,
      largestSamplesPerSecond: 50,
      cpu: 0.2,
      samplesPerCpuSecond: 0,
    });
  });

  test('speak every five seconds, every two while something changes', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    await clock.pass(20);
    assert.equal(topic.records.length, 5);
    for (let step = 0; step < 5; step++) {
      a.figures.samplesPerSecond *= 1.2;
      await clock.pass(2);
    }
    assert.equal(topic.records.length, 10);
    assert.equal(await metric(a, 'records_published_total'), 10);
  });

  test('forget one that is killed after fifteen seconds', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    topic.say({ id: 'k:8080' });
    await clock.pass(15);
    assert.deepEqual(ids(a), ['k:8080']);
    await clock.pass(2);
    assert.deepEqual(ids(a), []);
    assert.equal(a.fleet.view.standing.replicas, 1);
  });

  test('leave out of the standing who is not ready', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    topic.say({ state: 'draining' });
    await clock.pass(1);
    assert.deepEqual(ids(a), ['b:8080']);
    const { replicas, share, imbalance } = a.fleet.view.standing;
    assert.deepEqual({ replicas, share, imbalance }, { replicas: 1, share: 1, imbalance: 1 });
  });
});

describe('where it stands is told to be acted on', () => {
  test('every second, once it has heard itself', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    topic.say({ samplesPerSecond: 300 });
    await clock.pass(1);
    const before = a.standings.length;
    await clock.pass(5);
    assert.equal(a.standings.length, before + 5);
    assert.equal(a.standings.at(-1)?.dueSamplesPerSecond, 200);
  });

  test('never while it is not ready', async () => {
    const { clock, start } = setUp();
    const a = await start('a');
    a.figures.state = 'draining';
    await clock.pass(5);
    assert.deepEqual(a.standings, []);
  });

  test('never again once the topic is silent, until it is heard anew', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    await clock.pass(5);
    topic.readProblem = 'away';
    await clock.pass(20);
    const before = a.standings.length;
    await clock.pass(30);
    assert.equal(a.standings.length, before);
    topic.readProblem = '';
    await clock.pass(10);
    assert.ok(a.standings.length > before);
  });
});

describe('a replica that ends', () => {
  test('says that it is draining at once, not at the next second', async () => {
    const { topic, start } = setUp();
    const a = await start('a');
    a.figures.state = 'draining';
    a.fleet.announce();
    await settled();
    assert.equal(topic.said().at(-1)?.state, 'draining');
  });

  test('says so once what is under way is done', async () => {
    const { clock, topic } = setUp();
    const a = replicaOf('a', clock, topic);
    const letRead = topic.hold();
    a.fleet.start();
    letRead();
    const letWrite = topic.hold();
    await settled();
    a.figures.state = 'draining';
    a.fleet.announce();
    letWrite();
    await settled();
    assert.deepEqual(
      topic.said().map(({ state }) => state),
      ['ready', 'draining'],
    );
  });

  test('has the last word after what is under way', async () => {
    const { clock, topic } = setUp();
    const a = replicaOf('a', clock, topic);
    a.fleet.start();
    await clock.pass(1);
    a.figures.state = 'draining';
    const letRead = topic.hold();
    a.fleet.announce();
    letRead();
    const letWrite = topic.hold();
    await settled();
    // Whatever comes now is not held up.
    topic.held = undefined;
    const stopped = a.fleet.stop();
    await settled();
    letWrite();
    await stopped;
    assert.deepEqual(
      topic.said().map(({ state }) => state),
      ['ready', 'draining', 'gone'],
    );
  });

  test('says nothing when an answer comes after the end', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    a.figures.state = 'draining';
    const release = topic.hold();
    await clock.pass(1);
    const stopped = a.fleet.stop();
    await clock.pass(2);
    await stopped;
    release();
    await settled();
    assert.deepEqual(
      topic.said().map(({ state }) => state),
      ['ready', 'gone'],
    );
  });

  test('says good-bye, is forgotten by all at once, lets go of the log and has no timer left', async () => {
    const { clock, topic, start } = setUp();
    const [a, b] = [await start('a'), await start('b')];
    await b.fleet.stop();
    assert.equal(topic.said().at(-1)?.state, 'gone');
    assert.equal(b.log.isStopped, true);
    await clock.pass(1);
    assert.deepEqual(ids(a), []);
    await a.fleet.stop();
    assert.equal(clock.timers, 0);
    const { length } = topic.records;
    await clock.pass(10);
    assert.equal(topic.records.length, length, 'nothing is said after the end');
  });

  test('waits two seconds at most for Kafka, then lets go of the log all the same', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    topic.isSilent = true;
    let isOver = false;
    const stopped = a.fleet.stop().then(() => {
      isOver = true;
    });
    await clock.pass(1);
    assert.equal(isOver, false);
    await clock.pass(1);
    await stopped;
    assert.equal(a.log.isStopped, true);
  });

  test('does not wait at all when nobody has heard of it', async () => {
    const { clock, topic, start } = setUp();
    topic.writeProblem = 'away';
    const a = await start('a');
    topic.isSilent = true;
    await a.fleet.stop();
    assert.equal(clock.timers, 0);
  });
});

describe('a topic that cannot be used', () => {
  test('is told of once, after a while, and again only when it was usable in between', async () => {
    const { clock, topic, start } = setUp();
    topic.readProblem = 'cannot read topic fleet: nobody there';
    const a = await start('a');
    await clock.pass(14);
    assert.deepEqual(a.warnings, []);
    assert.equal(a.fleet.problem, topic.readProblem);
    await clock.pass(60);
    assert.deepEqual(a.warnings, [
      `no fleet: connections are spread by age alone {"fleet":"default","problem":"${topic.readProblem}"}`,
    ]);
    topic.readProblem = '';
    await clock.pass(10);
    assert.deepEqual([a.fleet.isUsable, a.fleet.problem, a.warnings.length], [true, '', 1]);
    topic.readProblem = 'away again';
    await clock.pass(60);
    assert.equal(a.warnings.length, 2);
  });

  test('takes fifteen seconds to mean that the others are not known, and that this is said in figures', async () => {
    const { clock, topic, start } = setUp();
    const [a] = [await start('a'), await start('b')];
    await clock.pass(5);
    topic.readProblem = 'away';
    await clock.pass(12);
    assert.deepEqual([a.fleet.isUsable, ids(a)], [true, ['b:8080']], 'a short failure changes nothing');
    await clock.pass(10);
    assert.deepEqual([a.fleet.isUsable, a.fleet.problem, ids(a)], [false, 'away', []]);
    assert.equal(await metric(a, 'usable'), 0);
    for (const name of ['share', 'imbalance_ratio']) assert.ok(Number.isNaN(await metric(a, name)), name);
    assert.ok((await metric(a, 'read_age_seconds')) > 20);
    assert.ok((await metric(a, 'publish_age_seconds')) <= 5);
    topic.readProblem = '';
    await clock.pass(6);
    assert.deepEqual([a.fleet.isUsable, ids(a)], [true, ['b:8080']]);
  });

  test('is tried again every five seconds at last', async () => {
    const { clock, topic, start } = setUp();
    topic.readProblem = 'away';
    const a = await start('a');
    await clock.pass(20);
    const { reads } = a.log;
    await clock.pass(50);
    assert.equal(a.log.reads - reads, 10);
  });

  test('by a replica that may read but not write is not usable either: nobody could know of it', async () => {
    const { clock, topic, start } = setUp();
    topic.writeProblem = 'cannot write topic fleet: refused';
    const a = await start('a');
    topic.say({});
    await clock.pass(20);
    assert.deepEqual([a.fleet.isUsable, a.fleet.problem], [false, topic.writeProblem]);
    assert.ok(Number.isNaN(await metric(a, 'publish_age_seconds')));
  });

  test('since it does not give back what was written is not usable', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    Object.assign(topic, { write: () => {} });
    await clock.pass(30);
    assert.match(a.fleet.problem, /does not come back/);
    assert.equal(a.warnings.length, 1);
  });

  test('because it never answers does not stop the clock', async () => {
    const { clock, topic, start } = setUp();
    const [a] = [await start('a'), await start('b')];
    topic.isSilent = true;
    await clock.pass(20);
    assert.deepEqual([a.fleet.isUsable, ids(a), a.warnings.length], [false, [], 1]);
  });
});

describe('what somebody else writes', () => {
  test('is ignored and counted by reason', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    topic.write('no record');
    topic.write('x'.repeat(3000));
    topic.say({ fleet: 'other' });
    topic.say({ epoch: 5 });
    topic.say({ epoch: 4 });
    await clock.pass(1);
    for (const reason of ['malformed', 'too_large', 'other_fleet', 'outdated'])
      assert.equal(await metric(a, `records_ignored_total{reason="${reason}"}`), 1, reason);
    assert.equal(await metric(a, 'records_ignored_total{reason="limit"}'), 0);
    assert.deepEqual(ids(a), ['b:8080']);
  });

  test('in a flood is taken in piece by piece, so that nothing else has to wait for all of it', async () => {
    const { topic, clock } = setUp();
    for (let i = 0; i < 900; i++) topic.say({ id: `r${i}` });
    const a = replicaOf('a', clock, topic);
    a.fleet.start();
    const known: number[] = [];
    while (known.at(-1) !== 900) {
      await settled();
      known.push(a.fleet.view.others.length);
    }
    assert.ok(known[0]! <= 100 && known.length >= 9, String(known));
  });

  test('under the id of this replica is told of once, as long as it goes on', async () => {
    const { clock, topic, start } = setUp();
    const a = await start('a');
    for (let second = 0; second < 30; second++) {
      topic.say({ id: 'a:8080' });
      await clock.pass(1);
    }
    assert.deepEqual(a.warnings, [
      'another replica has the same id: set replica.id of each to one of its own {"id":"a:8080"}',
    ]);
    assert.equal(a.fleet.view.hasNamesake, true);
    await clock.pass(16);
    assert.equal(a.fleet.view.hasNamesake, false);
  });

  test('under its id before it started is what had its place before', async () => {
    const { clock, topic, start } = setUp();
    topic.say({ id: 'a:8080', instance: OTHER.instance });
    const a = await start('a');
    await clock.pass(5);
    assert.deepEqual([a.warnings, a.fleet.view.hasNamesake], [[], false]);
  });
});
