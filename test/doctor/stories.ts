/** A story for each finding: what is observed where that is the case. */

import type { Observations } from '../../src/doctor/observe.ts';
import type { FindingCode } from '../../src/doctor/table.ts';
import type { Whoami } from '../../src/doctor/whoami.ts';
import { type FrontKind, observations, World } from './synthetic.ts';

export interface Story {
  readonly observed: Observations;
  readonly expect?: number;
}

interface Setting {
  readonly front?: FrontKind;
  readonly a?: Partial<Whoami>;
  readonly b?: Partial<Whoami>;
}

/** Which of the replicas a and b. */
const inTurn = (index: number): string => (index % 2 === 0 ? 'a' : 'b');
const onA = (): string => 'a';

/** Two replicas behind a balancer that works, and what is different in this story. */
function two(
  setting: Setting = {},
  more: (world: World) => Partial<Observations> = () => ({}),
): Story & { observed: Observations } {
  const { front = 'layer4', a = {}, b = {} } = setting;
  const world = new World(front, { a, b });
  const isSpread = front === 'layer7_kept' || front === 'layer7_per_request';
  const held = [world.leaving('a', 51, 'b'), world.leaving('b', 70, 'a'), world.leaving('a', 62.5, 'a')];
  return {
    observed: observations({
      kept: world.one(100, isSpread ? inTurn : onA),
      fresh: world.each(40, inTurn),
      sources: world.each(4, inTurn, '192.0.2.2'),
      held: isSpread ? [world.one(78, inTurn)] : held,
      idle: world.idle('a', isSpread ? { ending: undefined, waitedMs: 78_000 } : {}),
      ...more(world),
    }),
  };
}

/** One replica answers everything from this address. */
function one(sources: (world: World) => Observations['sources'], front: FrontKind = 'layer4'): Story {
  const world = new World(front, {});
  return {
    observed: observations({
      kept: world.one(100, onA),
      fresh: world.each(40, onA),
      sources: sources(world),
      held: [world.leaving('a', 60, 'a')],
      idle: world.idle('a'),
    }),
  };
}

const loopback = (world: World, choose: (index: number) => string) =>
  Array.from({ length: 16 }, (_, index) => world.connection(`127.0.0.${index + 2}`)(choose(index)));

/** A kept connection that grows older than it may. */
function old(world: World): Observations['held'] {
  const ask = world.connection();
  return [[60, 74, 76, 78].map((connectionAgeSeconds) => ask('a', { connectionAgeSeconds }))];
}

export const HEALTHY: Story = two();

export const STORIES: Readonly<Record<FindingCode, Story>> = {
  direct: one(() => [], 'direct'),
  layer4: two(),
  layer7_kept: two({ front: 'layer7_kept' }),
  layer7_per_request: two({ front: 'layer7_per_request' }),
  several_addresses: two({}, () => ({ addresses: 3 })),
  balances_connections: two(),
  balances_requests: two({ front: 'layer7_kept' }),
  uneven: two({}, (world) => ({ fresh: world.each(40, (index) => (index < 35 ? 'a' : 'b')) })),
  sticky: one((world) => loopback(world, inTurn)),
  one_replica: one((world) => loopback(world, onA)),
  one_or_sticky: one((world) => world.each(2, onA, '192.0.2.2')),
  too_few_answers: two({}, (world) => ({ fresh: world.each(3, onA) })),
  one_expected: { ...one((world) => loopback(world, onA)), expect: 1 },
  fewer_replicas: { ...two(), expect: 3 },
  more_replicas: { ...two(), expect: 1 },
  http2_off: two({}, () => ({ http2: false })),
  http2_balanced: two({ front: 'layer7_kept' }, () => ({ http2: true })),
  http2_offered: two({}, () => ({ http2: true })),
  age_works: two(),
  age_off: two({ b: { maxAgeSeconds: 0 } }),
  age_not_needed: two({ front: 'layer7_kept', a: { maxAgeSeconds: 0 }, b: { maxAgeSeconds: 0 } }),
  age_hidden: two({ front: 'layer7_per_request' }),
  age_blocked: two({ front: 'layer7_tagged' }, (world) => ({ held: [world.one(78, onA)] })),
  age_missing: two({}, (world) => ({ held: old(world) })),
  cut: two({}, (world) => ({
    held: [[world.connection()('a'), world.connection()('b')], world.leaving('a', 60, 'b')],
  })),
  idle_fits: two(),
  idle_short: two({}, (world) => ({ idle: world.idle('a', { ending: { afterMs: 60_000, isReset: true } }) })),
  idle_dropped: two({}, (world) => ({
    idle: world.idle('a', { ending: undefined, waitedMs: 78_000, after: world.fail('no answer in time') }),
  })),
  idle_proxy: two({ front: 'layer7_kept' }),
  idle_kept: two({}, (world) => ({
    idle: world.idle('a', { ending: undefined, waitedMs: 78_000, after: world.connection()('a') }),
  })),
  not_seen: two({}, () => ({ held: [], idle: undefined, waitedMs: 0 })),
  ids_equal: two({ a: { id: 'same', hostname: 'host-1' }, b: { id: 'same', hostname: 'host-2' } }),
  restarted: two({ a: { id: 'same', hostname: 'h' }, b: { id: 'same', hostname: 'h' } }, (world) => ({
    sources: [],
    held: [],
    kept: world.one(100, onA),
    fresh: world.each(40, (index) => (index < 20 ? 'a' : 'b')),
    idle: world.idle('b'),
  })),
  draining: two({ b: { state: 'draining' } }),
  not_ready: two({ b: { state: 'starting' } }),
  versions_differ: two({ b: { version: '1.1.0' } }),
  settings_differ: two({ b: { idleTimeoutSeconds: 60 } }),
  requests_failed: two({}, (world) => ({
    fresh: [...world.each(40, inTurn), world.fail('ECONNREFUSED'), world.fail('ECONNREFUSED')],
  })),
};
