/** The share of a core: what it settles at, and how fast it follows. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CpuShare } from '../../src/fleet/cpu-share.ts';

/** Reads once a second while so much of it is busy; the last reading. */
function run(
  seconds: number,
  share: number,
  cpu = newShare(),
): { share: number; cpu: ReturnType<typeof newShare> } {
  let read = 0;
  for (let second = 0; second < seconds; second++) {
    cpu.state.userMicros += share * 600_000;
    cpu.state.systemMicros += share * 400_000;
    cpu.state.nowMs += 1000;
    read = cpu.share.read(cpu.state.nowMs);
  }
  return { share: read, cpu };
}

function newShare() {
  const state = { userMicros: 5_000_000, systemMicros: 1_000_000, nowMs: 0 };
  const share = new CpuShare(() => ({ user: state.userMicros, system: state.systemMicros }));
  assert.equal(share.read(0), 0, 'what was before the first look is not counted');
  return { state, share };
}

describe('the share of a core', () => {
  test('comes to be what is used, also of more than one core', () => {
    for (const used of [0, 0.25, 1, 1.7]) {
      const { share } = run(240, used);
      assert.ok(Math.abs(share - used) < 0.001, `${share} instead of ${used}`);
    }
  });

  test('follows a change for two thirds within twenty seconds, and hardly within one', () => {
    const { cpu } = run(240, 0.2);
    const soon = run(1, 1.2, cpu).share;
    assert.ok(soon < 0.3, `${soon}`);
    const later = run(19, 1.2, cpu).share;
    assert.ok(later > 0.2 + 0.6 && later < 0.2 + 0.66, `${later}`);
  });

  test('of this process is a number', () => {
    const cpu = new CpuShare();
    cpu.read(performance.now() - 1000);
    const share = cpu.read(performance.now());
    assert.ok(share >= 0 && share < 64, `${share}`);
  });
});
