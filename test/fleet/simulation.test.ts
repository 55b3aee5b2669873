/** Virtual fleets with the real decisions: how fast they even out, how even they stay, and that nothing swings. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Plan, type SceneFigures, summarise } from '../bench/fleet/summary.ts';
import type { Scene } from '../bench/fleet/world.ts';

type Shape = Omit<Scene, 'seed' | 'maxAgeMs' | 'isFleetOn'>;

const LONG_AGE_MS = 300_000;
const DEFAULT_AGE_MS = 60_000;
const USUAL: Plan = { runs: 60, seconds: 450 };
/** Chance alone: figures of so many runs. */
const CHANCE = 1.06;

const fleet = (shape: Shape, plan = USUAL): SceneFigures =>
  summarise({ ...shape, maxAgeMs: LONG_AGE_MS, isFleetOn: true }, plan);
const age = (shape: Shape, maxAgeMs: number, plan = USUAL): SceneFigures =>
  summarise({ ...shape, maxAgeMs, isFleetOn: false }, plan);

const TWO_TO_THREE: Shape = { balancer: 'round robin', replicas: [2, 3], connections: 50 };

describe('a fleet of 2 that becomes 3, with 50 connections of uneven load', () => {
  const figures = fleet(TWO_TO_THREE, { runs: 200, seconds: 450 });

  test('is even within 15 s in nine of ten cases', () => {
    const [median, p90] = figures.evenSeconds;
    assert.ok(median <= 10 && p90 <= 15, `${median}, ${p90}`);
  });

  test('fills the newcomer to 80 % of its share within 20 s', () => {
    assert.ok(figures.filledSeconds[1] <= 20, String(figures.filledSeconds));
  });

  test('stays even', () => assert.ok(figures.steady[1] <= 1.2, String(figures.steady)));

  test('costs less than half of the reconnects that the default age alone does', () => {
    const alone = age(TWO_TO_THREE, DEFAULT_AGE_MS);
    assert.ok(figures.reconnects[1] <= alone.reconnects[1] / 2, `${figures.reconnects}, ${alone.reconnects}`);
  });
});

describe('a fleet', () => {
  test('of 3 that becomes 8 fills all five', () => {
    const { evenSeconds, steady } = fleet(
      { balancer: 'round robin', replicas: [3, 8], connections: 200 },
      { runs: 20, seconds: 300 },
    );
    assert.ok(evenSeconds[0] <= 15 && evenSeconds[1] <= 25, String(evenSeconds));
    assert.ok(steady[1] <= 1.25, String(steady));
  });

  test('of 20 that becomes 21 fills it in less than the default age, of which each alone hardly feels the lack', () => {
    const { filledSeconds } = fleet(
      { balancer: 'round robin', replicas: [20, 21], connections: 2000 },
      { runs: 1, seconds: 120 },
    );
    assert.ok(filledSeconds[1] <= 45, String(filledSeconds));
  });

  test('of 100 replicas and 10 000 connections stays even, and each tells the others little', () => {
    const figures = fleet(
      { balancer: 'round robin', replicas: [100, 100], connections: 10_000 },
      { runs: 1, seconds: 60 },
    );
    // The highest of a hundred.
    assert.ok(figures.steady[1] <= 1.3, String(figures.steady));
    // A record with all that Kafka adds is at most 400 bytes (test/fleet/record.test.ts).
    assert.ok(figures.published * 400 < 100, `${figures.published} records a second and replica`);
  });

  test('gives a replica that is half as fast less', () => {
    const shape: Shape = { ...TWO_TO_THREE, firstSpeed: 0.5 };
    const [with_, without] = [fleet(shape), age(shape, DEFAULT_AGE_MS)];
    assert.ok(with_.steady[0] <= 1.15, String(with_.steady));
    assert.ok(with_.overloaded < without.overloaded / 2, `${with_.overloaded}, ${without.overloaded}`);
  });
});

describe('whatever the balancer, a fleet does not swing', () => {
  for (const balancer of ['round robin', 'round robin by TMM', 'random'] as const) {
    test(balancer, () => {
      const shape: Shape = { ...TWO_TO_THREE, balancer, utilization: 0.5 };
      const [figures, alone] = [fleet(shape), age(shape, LONG_AGE_MS)];
      assert.ok(figures.steady[1] <= 1.25, String(figures.steady));
      assert.ok(figures.steady[1] < alone.steady[1], `${figures.steady}, ${alone.steady}`);
      // Less than one connection in two minutes and replica.
      assert.ok(figures.lateBalanceCloses < 1 / 10, String(figures.lateBalanceCloses));
    });
  }
});

describe('circumstances that are not ideal', () => {
  const plan = { runs: 12, seconds: 400 };

  test('as a balancer that takes the newcomer in half a minute late cost one round and a rest', () => {
    const shape: Shape = { ...TWO_TO_THREE, lateMs: 30_000, utilization: 0.5 };
    const [{ filledSeconds }, alone] = [fleet(shape, plan), age(shape, LONG_AGE_MS, plan)];
    assert.ok(filledSeconds[1] <= 120, String(filledSeconds));
    assert.ok(filledSeconds[0] < alone.filledSeconds[0] / 2, `${filledSeconds}, ${alone.filledSeconds}`);
  });

  test('as weights of the balancer are made up for', () => {
    const shape: Shape = { ...TWO_TO_THREE, balancer: 'weighted round robin', utilization: 0.5 };
    const [{ steady }, alone] = [fleet(shape, plan), age(shape, LONG_AGE_MS, plan)];
    assert.ok(steady[0] <= 1.15, String(steady));
    assert.ok(steady[0] < alone.steady[0] - 0.2, `${steady}, ${alone.steady}`);
  });

  test('as one connection with half of the load leave its replica little else', () => {
    const shape: Shape = { ...TWO_TO_THREE, firstFlow: 0.5, utilization: 0.5 };
    const [{ steady, lateBalanceCloses }, alone] = [fleet(shape, plan), age(shape, LONG_AGE_MS, plan)];
    // 1.5 is the flow alone.
    assert.ok(steady[1] <= 1.5 * 1.2, String(steady));
    assert.ok(steady[1] < alone.steady[1], `${steady}, ${alone.steady}`);
    assert.ok(lateBalanceCloses < 1 / 5, String(lateBalanceCloses));
  });
});

describe('senders that write once a minute', () => {
  const shape: Shape = { ...TWO_TO_THREE, connections: 500, intervalMs: 60_000, utilization: 0.5 };
  const plan = { runs: 4, seconds: 900 };

  test('are spread no worse than by age alone, and not asked to leave for ever', () => {
    const [figures, alone] = [fleet(shape, plan), age(shape, LONG_AGE_MS, plan)];
    for (const index of [0, 1])
      assert.ok(
        figures.steady[index]! <= alone.steady[index]! * CHANCE,
        `${figures.steady}, ${alone.steady}`,
      );
    // A second and replica, of 167 connections.
    assert.ok(figures.lateBalanceCloses < 1 / 10, String(figures.lateBalanceCloses));
  });
});

describe('where closing does not spread', () => {
  test('behind a sticky balancer the closes stop', () => {
    const shape: Shape = { ...TWO_TO_THREE, balancer: 'sticky', utilization: 0.5 };
    const { lateBalanceCloses } = fleet(shape, { runs: 30, seconds: 1800 });
    assert.ok(lateBalanceCloses < 1 / 300, String(lateBalanceCloses));
  });
});

/** What is moved there comes back, and the busiest first. */
describe('behind least connections a fleet is no worse than age alone', () => {
  /** With the standard errors of the ratios of fleet to age alone, at these runs (jackknife, rounded up): p50, p95, reconnects. */
  const SCENES = [
    // It takes some minutes to learn, until the steady state begins.
    { replicas: [2, 3], connections: 50, runs: 60, seconds: 2700, errors: [0.01, 0.015, 0.005] },
    { replicas: [3, 4], connections: 100, runs: 120, seconds: 900, errors: [0.012, 0.015, 0.005] },
    // The p95 is that of the few runs with one large flow.
    { replicas: [20, 21], connections: 400, runs: 8, seconds: 900, errors: [0.02, 0.06, 0.01] },
  ] as const;
  for (const { replicas, connections, errors, ...plan } of SCENES) {
    test(`with ${replicas.join(' and then ')} replicas and ${connections} connections`, () => {
      const shape: Shape = { balancer: 'least connections', replicas, connections, utilization: 0.5 };
      const [figures, alone] = [fleet(shape, plan), age(shape, LONG_AGE_MS, plan)];
      const compared = ({ steady, reconnects }: SceneFigures): number[] => [...steady, reconnects[1]];
      const ratios = compared(figures).map((figure, index) => figure / compared(alone)[index]!);
      assert.ok(
        ratios.every((ratio, index) => ratio <= 1 + errors[index]!),
        `${ratios}, at most one and ${errors}`,
      );
      assert.ok(
        figures.evenSeconds[0] <= alone.evenSeconds[0],
        `${figures.evenSeconds}, ${alone.evenSeconds}`,
      );
      const { filledSeconds } = figures;
      assert.ok(filledSeconds[1] < alone.filledSeconds[1], `${filledSeconds}, ${alone.filledSeconds}`);
    });
  }
});
