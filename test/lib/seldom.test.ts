/** Log lines that are not repeated every second. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Seldom } from '../../src/lib/seldom.ts';

describe('what would be said again and again', () => {
  test('is said at once, and then once a minute', () => {
    const seldom = new Seldom();
    const said = Array.from({ length: 181 }, (_, second) => seldom.isDue('away', second * 1000));
    assert.deepEqual(
      said.flatMap((isDue, second) => (isDue ? [second] : [])),
      [0, 60, 120, 180],
    );
  });

  test('is said at once when it is another thing', () => {
    const seldom = new Seldom();
    assert.deepEqual(
      ['a', 'b', 'b', 'a'].map((text, i) => seldom.isDue(text, i)),
      [true, true, false, true],
    );
  });

  test('is said anew after its end, and the end is known to be one', () => {
    const seldom = new Seldom();
    assert.equal(seldom.end(), false);
    seldom.isDue('away', 0);
    assert.equal(seldom.end(), true);
    assert.equal(seldom.isDue('away', 1), true);
  });
});
