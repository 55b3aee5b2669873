/** What held and idle connections say of the age limit and of idle timeouts. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diagnose } from '../../src/doctor/findings.ts';
import type { Observations } from '../../src/doctor/observe.ts';
import type { FindingCode } from '../../src/doctor/table.ts';
import { type FrontKind, observations, World } from './synthetic.ts';

/** The findings of the wait, in front of two replicas. */
function findings(
  parts: (world: World) => Partial<Observations>,
  front: FrontKind = 'layer4',
): Partial<Record<FindingCode, string>> {
  const world = new World(front, {});
  const fresh = world.each(40, (index) => (index % 2 === 0 ? 'a' : 'b'));
  const found = diagnose(observations({ fresh, ...parts(world) })).findings;
  const waiting = found.filter(({ code }) => /^(age|idle|cut|not_seen)/.test(code));
  return Object.fromEntries(waiting.map(({ code, seen }) => [code, seen]));
}

const ages = (world: World, seconds: readonly number[]) => {
  const ask = world.connection();
  return seconds.map((connectionAgeSeconds) => ask('a', { connectionAgeSeconds }));
};

describe('the age limit', () => {
  test('works when connections were asked to leave, and it is told when and where to', () => {
    const { age_works: text } = findings((world) => ({
      held: [world.leaving('a', 47.2, 'b'), world.leaving('a', 75.9, 'a')],
    }));
    assert.equal(
      text,
      '2 of 2 at an age of 47.2 to 75.9 s, limit 60 s ± 25 %; 1 of 2 came to another replica then.',
    );
  });

  test('works too when some connections were still too young', () => {
    const found = findings((world) => ({ held: [world.leaving('a', 50, 'b'), ages(world, [1, 70])] }));
    assert.match(found.age_works ?? '', /^1 of 2 at an age of 50\.0 s/);
  });

  test('is unknown when no connection was old enough', () => {
    const found = findings((world) => ({ held: [ages(world, [1, 60, 74])], waitedMs: 74_000 }));
    assert.deepEqual(found, {
      not_seen:
        'Not seen: the age limit and the idle timeout. Waited 74 s of the 80 s that the settings of the replicas need.',
    });
  });

  test('is missing as soon as one answer of a connection that is too old does not end it', () => {
    const found = findings((world) => ({ held: [world.leaving('a', 60, 'b'), ages(world, [74, 75.2])] }));
    assert.equal(found.age_missing, 'Oldest seen: 75.2 s; limit 60 s ± 25 %.');
  });

  test('works also when the request came late that was answered with the end', () => {
    assert.ok('age_works' in findings((world) => ({ held: [world.leaving('a', 78, 'b')] })));
  });

  test('is not proven by replicas that drain', () => {
    const found = findings((world) => {
      const ask = world.connection();
      return { held: [[ask('a'), ask('a', { isLast: true, state: 'draining' }), world.connection()('b')]] };
    });
    assert.ok(!('age_works' in found));
  });

  test('behind a proxy that passes it on works as anywhere', () => {
    const found = findings((world) => ({ held: [world.leaving('a', 60, 'b')] }), 'layer7_tagged');
    assert.ok('age_works' in found);
  });

  test('behind a proxy is unknown when there was no time', () => {
    const found = findings((world) => ({ held: [world.one(5, () => 'a')], waitedMs: 5000 }), 'layer7_kept');
    assert.match(found.not_seen ?? '', /the age limit/);
  });

  test('behind a proxy is hidden, and not called blocked, when there is one replica anyway', () => {
    const world = new World('layer7_tagged', {});
    const observed = observations({ fresh: world.each(40, () => 'a'), held: [world.one(78, () => 'a')] });
    const codes = diagnose(observed).findings.map(({ code }) => code);
    assert.ok(codes.includes('age_hidden'));
  });
});

describe('a connection in use that ends without a word', () => {
  test('is a cut', () => {
    const found = findings((world) => ({
      held: [
        [...ages(world, [1, 2]), ...ages(world, [1])],
        [...ages(world, [1]), ...ages(world, [1])],
      ],
    }));
    assert.equal(found.cut, '2 of the held connections.');
  });

  test('is none after a failed request, which is told of by itself, nor behind a proxy', () => {
    const failed = (world: World) => ({
      held: [[...ages(world, [1]), world.fail('ECONNRESET'), ...ages(world, [1])]],
    });
    assert.ok(!('cut' in findings(failed)));
    const ended = (world: World) => ({ held: [[...ages(world, [1]), ...ages(world, [1])]] });
    assert.ok(!('cut' in findings(ended, 'layer7_tagged')));
  });
});

describe('an idle connection', () => {
  test('that the replica ends fits', () => {
    const found = findings((world) => ({
      idle: world.idle('a', { ending: { afterMs: 74_900, isReset: false } }),
    }));
    assert.equal(found.idle_fits, 'Idle timeout of the replica 75 s; it ended after 74.9 s, in order.');
  });

  test('that something else resets before is told with the time', () => {
    const found = findings((world) => ({
      idle: world.idle('a', { ending: { afterMs: 30_000, isReset: true } }),
    }));
    assert.equal(found.idle_short, 'Idle timeout of the replica 75 s; it ended after 30.0 s, by a reset.');
  });

  test('that ends early says nothing when connections in use were cut as well', () => {
    const found = findings((world) => ({
      held: [[...ages(world, [1]), ...ages(world, [1])]],
      idle: world.idle('a', { ending: { afterMs: 30_000, isReset: true } }),
    }));
    assert.ok(!('idle_short' in found));
    assert.match(found.not_seen ?? '', /idle timeout/);
  });

  test('that was still open when time was up says nothing', () => {
    const idle = { ending: undefined, waitedMs: 20_000 };
    const found = findings((world) => ({
      idle: world.idle('a', { ...idle, after: world.connection()('a') }),
    }));
    assert.match(found.not_seen ?? '', /idle timeout/);
  });

  test('that was never answered says nothing', () => {
    const found = findings((world) => ({ idle: { ...world.idle('a'), first: world.fail('ECONNRESET') } }));
    assert.match(found.not_seen ?? '', /idle timeout/);
  });
});
