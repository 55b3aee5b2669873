/** When the others are told: how soon after a change, how often without one. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PublishPlan } from '../../src/fleet/publish-plan.ts';
import type { Figures } from '../../src/fleet/standing.ts';

const FIGURES: Figures = {
  state: 'ready',
  connections: 10,
  samplesPerSecond: 1000,
  largestSamplesPerSecond: 100,
  cpu: 0.5,
  samplesPerCpuSecond: 0,
};

/** Seconds until it is due again when asked every second, a little late or early each time. */
function secondsUntilDue(changes: Partial<Figures>, lateMs = 3): number {
  const plan = new PublishPlan();
  plan.told(FIGURES, 10_000);
  for (let second = 1; ; second++)
    if (plan.isDue({ ...FIGURES, ...changes }, 10_000 + second * (1000 + lateMs))) return second;
}

describe('the others are told', () => {
  test('at once at the start', () => assert.equal(new PublishPlan().isDue(FIGURES, 0), true));

  test('every five seconds when nothing has changed, or too little', () => {
    for (const lateMs of [-3, 0, 3])
      for (const changes of [{}, { connections: 11 }, { samplesPerSecond: 900 }, { samplesPerSecond: 1100 }])
        assert.equal(secondsUntilDue(changes, lateMs), 5, JSON.stringify(changes));
  });

  test('every two seconds when connections or load moved by more than a tenth, up or down', () => {
    for (const lateMs of [-3, 0, 3])
      for (const changes of [
        { connections: 12 },
        { connections: 8 },
        { samplesPerSecond: 1101 },
        { samplesPerSecond: 0 },
      ])
        assert.equal(secondsUntilDue(changes, lateMs), 2, JSON.stringify(changes));
  });

  test('within two seconds of the first connection', () => {
    const plan = new PublishPlan();
    const idle = { ...FIGURES, connections: 0, samplesPerSecond: 0 };
    plan.told(idle, 0);
    assert.equal(plan.isDue({ ...idle, connections: 1 }, 2000), true);
    assert.equal(plan.isDue(idle, 2000), false);
  });

  test('at once when the state is another', () => {
    assert.equal(secondsUntilDue({ state: 'draining' }), 1);
  });

  test('not of its CPU alone, which is nobody’s business', () => {
    assert.equal(secondsUntilDue({ cpu: 1 }), 5);
  });
});
