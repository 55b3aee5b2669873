/** What a sample costs, as far as it can be told. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cost } from '../../src/fleet/cost.ts';

/** After so many seconds of `cpu` of a core and `samples` a second, on top of what was before. */
function after(seconds: number, { cpu, samples }: { cpu: number; samples: number }, cost = new Cost()): Cost {
  for (let second = 0; second <= seconds; second++)
    cost.note({ cpuSeconds: 7 + second * cpu, samples: 1000 + second * samples }, 5000 + second * 1000);
  return cost;
}

describe('the cost of a sample', () => {
  test('is told in samples a CPU-second, whatever the start of the process cost', () => {
    assert.equal(Math.round(after(90, { cpu: 0.5, samples: 50_000 }).samplesPerCpuSecond), 100_000);
  });

  test('is not told by a replica that is nearly idle', () => {
    assert.equal(after(120, { cpu: 0.05, samples: 1000 }).samplesPerCpuSecond, 0);
    assert.equal(new Cost().samplesPerCpuSecond, 0);
  });

  test('leaves out the first minute, in which code is being compiled', () => {
    assert.equal(after(60, { cpu: 1, samples: 1000 }).samplesPerCpuSecond, 0);
    const cost = new Cost();
    for (let second = 0; second <= 100; second++) {
      const cpuSeconds = second < 60 ? second : 60 + (second - 60) * 0.25;
      cost.note({ cpuSeconds, samples: second * 50_000 }, second * 1000);
    }
    assert.equal(Math.round(cost.samplesPerCpuSecond), 200_000);
  });

  test('follows a change within minutes', () => {
    const cost = after(120, { cpu: 0.5, samples: 50_000 });
    for (let second = 1; second <= 300; second++)
      cost.note({ cpuSeconds: 67 + second, samples: 6_001_000 + second * 50_000 }, 125_000 + second * 1000);
    assert.ok(Math.abs(cost.samplesPerCpuSecond - 50_000) < 1000, String(cost.samplesPerCpuSecond));
  });
});
