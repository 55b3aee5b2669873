/** A mistyped name leads to the nearest known one, and a strange one to none. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closest, didYouMean, editDistance } from '../../src/lib/closest.ts';

describe('the edit distance', () => {
  it('counts letters that are inserted, removed, replaced or swapped', () => {
    const cases: [string, string, number][] = [
      ['', '', 0],
      ['', 'abc', 3],
      ['abc', '', 3],
      ['topic', 'topic', 0],
      ['topic', 'topics', 1],
      ['topic', 'toic', 1],
      ['topic', 'tobic', 1],
      ['topic', 'tpoic', 1],
      ['kitten', 'sitting', 3],
    ];
    for (const [from, to, distance] of cases) {
      assert.equal(editDistance(from, to), distance, `${from} -> ${to}`);
      assert.equal(editDistance(to, from), distance, `${to} -> ${from}`);
    }
  });
});

describe('the closest name', () => {
  const names = ['max_age', 'max_age_jitter', 'idle_timeout'];

  it('is the nearest of several', () => {
    assert.equal(closest('max_agee', names), 'max_age');
    assert.equal(closest('max_age_jiter', names), 'max_age_jitter');
    assert.equal(closest('idle_timeuot', names), 'idle_timeout');
  });

  it('is the first of equally near ones', () => {
    assert.equal(closest('bat', ['cat', 'hat']), 'cat');
    assert.equal(closest('bat', ['hat', 'cat']), 'hat');
  });

  it('is the later one when that is nearer', () => {
    assert.equal(closest('brokers', ['brokerss!', 'brokers']), 'brokers');
  });

  it('is none when nothing is near', () => {
    assert.equal(closest('elephant', names), undefined);
    assert.equal(closest('x', names), undefined);
    assert.equal(closest('', []), undefined);
  });

  it('is none beyond the distance asked for', () => {
    assert.equal(closest('max_agexx', names, 2), 'max_age');
    assert.equal(closest('max_agexx', names, 1), undefined);
  });

  it('is not looked for when the name is absurdly long', () => {
    const long = 'a'.repeat(101);
    assert.equal(closest(long, [long]), undefined);
  });
});

describe('the question behind a message', () => {
  it('names the suggestion', () => assert.equal(didYouMean('x'), ' (did you mean `x`?)'));
  it('is empty without one', () => assert.equal(didYouMean(undefined), ''));
});
