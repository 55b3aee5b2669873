/** What is a replica's due, from what it and the others carry. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Member } from '../../src/fleet/members.ts';
import { type Figures, type Standing, standingOf } from '../../src/fleet/standing.ts';

function figures(samplesPerSecond: number, changes: Partial<Figures> = {}): Figures {
  return {
    state: 'ready',
    connections: 10,
    samplesPerSecond,
    largestSamplesPerSecond: samplesPerSecond / 10,
    cpu: 0.5,
    samplesPerCpuSecond: 0,
    ...changes,
  };
}

const standing = (own: Figures, ...others: Figures[]): Standing => standingOf(own, others as Member[]);

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9 * Math.max(1, expected), `${actual}, not ${expected}`);
}

describe('the standing', () => {
  test('of equal replicas is even', () => {
    const { replicas, share, imbalance, dueSamplesPerSecond, least } = standing(figures(50), figures(50));
    assert.deepEqual(
      { replicas, share, imbalance, due: dueSamplesPerSecond, least },
      {
        replicas: 2,
        share: 0.5,
        imbalance: 1,
        due: 50,
        least: 1,
      },
    );
  });

  test('of a replica that has all is that of one of N', () => {
    const { share, imbalance, dueSamplesPerSecond, below, least } = standing(
      figures(90),
      figures(0, { connections: 0 }),
      figures(0, { connections: 0 }),
    );
    assert.deepEqual(
      { share, imbalance, due: dueSamplesPerSecond, below, least },
      {
        share: 1,
        imbalance: 3,
        due: 30,
        below: 2,
        least: 0,
      },
    );
  });

  test('counts the ready ones alone', () => {
    const one = standing(figures(40), figures(20), figures(900, { state: 'draining' }));
    assert.equal(one.replicas, 2);
    assert.equal(one.dueSamplesPerSecond, 30);
    assert.equal(standing(figures(40), figures(0, { state: 'starting' })).replicas, 1);
    assert.equal(standing(figures(40, { state: 'draining' }), figures(20)).replicas, 1);
  });

  test('of one that is not ready has no share', () => {
    for (const others of [[], [figures(20)]])
      assert.ok(Number.isNaN(standing(figures(40, { state: 'draining' }), ...others).share));
  });

  test('without load has no share', () => {
    const { share, imbalance } = standing(figures(0), figures(0));
    assert.ok(Number.isNaN(share));
    assert.ok(Number.isNaN(imbalance));
  });

  test('takes a replica that has enough connections, all of them small, for unlucky and not for new', () => {
    assert.equal(standing(figures(150), figures(50)).least, 1);
    near(standing(figures(150), figures(50, { connections: 2 })).least, 0.5);
  });
});

describe('the due', () => {
  test('is less where a sample costs more than elsewhere', () => {
    const fast = figures(60, { samplesPerCpuSecond: 100_000 });
    const slow = figures(60, { samplesPerCpuSecond: 50_000 });
    near(standing(slow, fast, fast).dueSamplesPerSecond, 180 * 0.2);
    near(standing(fast, slow, fast).dueSamplesPerSecond, 180 * 0.4);
    assert.ok(standing(slow, fast, fast).imbalance > 1.5);
  });

  test('minds no small difference of cost, and nothing that cannot be told', () => {
    const usual = figures(60, { samplesPerCpuSecond: 100_000 });
    near(standing(figures(60, { samplesPerCpuSecond: 85_000 }), usual, usual).dueSamplesPerSecond, 60);
    near(standing(figures(60), usual, usual).dueSamplesPerSecond, 60);
    near(standing(figures(60), figures(60)).dueSamplesPerSecond, 60);
  });

  test('changes without a step as the cost does', () => {
    const usual = figures(60, { samplesPerCpuSecond: 100_000 });
    let before = standing(figures(60, { samplesPerCpuSecond: 100_000 }), usual, usual).dueSamplesPerSecond;
    for (let speed = 99_000; speed >= 20_000; speed -= 1000) {
      const due = standing(figures(60, { samplesPerCpuSecond: speed }), usual, usual).dueSamplesPerSecond;
      assert.ok(due <= before + 1e-9 && before - due < 2, `from ${before} to ${due} at ${speed}`);
      before = due;
    }
  });

  test('is bounded, however slow or fast a replica says it is', () => {
    const usual = figures(60, { samplesPerCpuSecond: 100_000 });
    near(standing(figures(60, { samplesPerCpuSecond: 1 }), usual, usual).dueSamplesPerSecond, 180 / 9);
    near(
      standing(figures(60, { samplesPerCpuSecond: 1e12 }), usual, usual).dueSamplesPerSecond,
      180 * (4 / 6),
    );
  });

  test('of the others is what is left by a replica with one connection that is more than its due', () => {
    const stuck = figures(100, { connections: 1, largestSamplesPerSecond: 100 });
    near(standing(figures(30), figures(20), stuck).dueSamplesPerSecond, 25);
    const more = figures(120, { connections: 5, largestSamplesPerSecond: 100 });
    near(standing(figures(30), figures(20), more).dueSamplesPerSecond, 35);
  });

  test('of such a replica is that one connection, so that it keeps it and gives away all else', () => {
    const stuck = figures(100, { connections: 1, largestSamplesPerSecond: 100 });
    near(standing(stuck, figures(30), figures(20)).dueSamplesPerSecond, 100);
    near(standing(stuck, figures(30), figures(20)).below, 1);
    const more = figures(110, { connections: 2, largestSamplesPerSecond: 100 });
    near(standing(more, figures(0, { connections: 0 })).dueSamplesPerSecond, 100);
    near(standing(figures(0, { connections: 0 }), more).dueSamplesPerSecond, 10);
  });

  test('counts each such connection that is more than what the others leave', () => {
    const first = figures(90, { connections: 1, largestSamplesPerSecond: 90 });
    const second = figures(20, { connections: 1, largestSamplesPerSecond: 20 });
    near(standing(figures(8), figures(2), second, first).dueSamplesPerSecond, 5);
    near(standing(second, figures(8), figures(2), first).dueSamplesPerSecond, 20);
  });

  test('of all together is what there is, whatever they say of their busiest connection', () => {
    const all = [
      figures(40, { largestSamplesPerSecond: 1e15 }),
      figures(0, { largestSamplesPerSecond: 1e15 }),
      figures(20, { largestSamplesPerSecond: 19, samplesPerCpuSecond: 5 }),
      figures(30, { largestSamplesPerSecond: 3, samplesPerCpuSecond: 10 }),
    ];
    const dues = all.map((one) => standing(one, ...all.filter((other) => other !== one)).dueSamplesPerSecond);
    assert.ok(
      dues.every((due) => due >= 0),
      String(dues),
    );
    near(
      dues.reduce((sum, due) => sum + due, 0),
      90,
    );
  });
});

describe('connections are level', () => {
  const isLevel = (...counts: number[]): boolean => {
    const [own, ...others] = counts.map((connections) => figures(50, { connections }));
    return standing(own!, ...others).isLevel;
  };

  test('when all have equally many, or nearly', () => {
    assert.ok(isLevel(25, 25, 25));
    assert.ok(isLevel(25, 26, 23));
    assert.ok(isLevel(0, 0));
  });

  test('when one that is a moment behind differs', () => {
    assert.ok(isLevel(...Array.from({ length: 19 }, () => 50), 55));
  });

  test('not when chance has spread them, nor when one lacks all', () => {
    assert.ok(!isLevel(25, 29, 21));
    assert.ok(!isLevel(33, 33, 33, 0));
  });

  test('also when there are few and one is between two replicas', () => {
    assert.ok(isLevel(3, 2, 2));
    assert.ok(!isLevel(4, 1, 2));
  });

  test('whatever is due to each', () => {
    const slow = figures(25, { samplesPerCpuSecond: 1000 });
    const [one, two] = [
      figures(50, { samplesPerCpuSecond: 4000 }),
      figures(50, { samplesPerCpuSecond: 4000 }),
    ];
    assert.ok(standing(slow, one, two).isLevel);
  });
});
