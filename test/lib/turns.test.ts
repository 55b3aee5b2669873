/** Jobs in turns with all other work. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Turns } from '../../src/lib/turns.ts';

/** Longer than a turn of jobs. */
function work(): void {
  const endMs = performance.now() + 2;
  while (performance.now() < endMs);
}

test('jobs are done in their order, and others have their turn between those that take long', async () => {
  const turns = new Turns();
  const order: string[] = [];
  for (const name of ['a', 'b', 'c'])
    turns.add(() => {
      order.push(name);
      work();
    });
  assert.equal(order.length, 0, 'not before whoever adds them is done');
  for (let i = 0; i < 4; i++) {
    await turn();
    order.push('other');
  }
  assert.deepEqual(order, ['a', 'other', 'b', 'other', 'c', 'other', 'other']);
});

test('short ones are done together, and one that adds another does not wait for itself', async () => {
  const turns = new Turns();
  let done = 0;
  for (let i = 0; i < 10; i++) turns.add(() => done++);
  turns.add(() => turns.add(() => done++));
  await turn();
  assert.equal(done, 11);
  turns.add(() => done++);
  await turn();
  assert.equal(done, 12);
});
