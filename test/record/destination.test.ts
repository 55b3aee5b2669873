/** Keys and partitions of records. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { murmur2 } from '../../src/lib/murmur2.ts';
import { destinations } from '../../src/record/destination.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import type { Series } from '../../src/wire/series.ts';
import { seriesOf } from '../support/series.ts';

function series(labels: readonly (readonly [string, string])[]): Series {
  const made = seriesOf({ labels, samples: [[1, 1]] });
  assert.equal(canonicalise(made), undefined);
  return made;
}

const UP = series([
  ['__name__', 'up'],
  ['instance', 'ä:1'],
  ['job', 'a'],
]);

function keyOf(key: string, of = UP): string | undefined {
  const bytes = destinations({ key, partitionBy: 'series' })(of).key;
  return bytes && Buffer.from(bytes).toString();
}

describe('the key of a record', () => {
  for (const [choice, key] of [
    ['none', undefined],
    ['series', '__name__=up,instance=ä:1,job=a'],
    ['metric', 'up'],
    ['label:job', 'a'],
    ['label:job,instance', 'a;ä:1'],
    ['label:zone', ''],
    ['label:zone,job', ';a'],
  ] as const) {
    test(`is ${key} by ${choice}`, () => assert.equal(keyOf(choice), key));
  }
});

describe('characters of a key that stand between its parts', () => {
  const named = (...labels: (readonly [string, string])[]): Series => series([['__name__', 'kc'], ...labels]);

  test('are escaped in names and values of a series', () => {
    for (const [labels, key] of [
      [[['a', '1,b=2']], '__name__=kc,a=1\\,b=2'],
      [
        [
          ['a', '1'],
          ['b', '2'],
        ],
        '__name__=kc,a=1,b=2',
      ],
      [[['a=b', 'c']], '__name__=kc,a\\=b=c'],
      [[['a', 'b=c']], '__name__=kc,a=b=c'],
      [[['a,b\\', 'c\\']], '__name__=kc,a\\,b\\\\=c\\\\'],
      [[['a', ',é,,']], '__name__=kc,a=\\,é\\,\\,'],
    ] as const)
      assert.equal(keyOf('series', named(...labels)), key);
  });

  test('are escaped in the values of several labels, and not in one', () => {
    const first = named(['instance', 'c'], ['job', 'a;b']);
    const second = named(['instance', 'b;c'], ['job', 'a']);
    assert.equal(keyOf('label:job,instance', first), 'a\\;b;c');
    assert.equal(keyOf('label:job,instance', second), 'a;b\\;c');
    assert.equal(keyOf('label:job', first), 'a;b');
    assert.equal(keyOf('label:job,instance', named(['instance', ';'], ['job', 'a\\'])), 'a\\\\;\\;');
  });

  test('make no two series the same, however they are put together', () => {
    const texts = ['', ',', '=', '\\', 'b', ',b=', '\\,b=', 'a=a,b='];
    const keys = new Set<string | undefined>();
    let made = 0;
    for (const name of texts.slice(1))
      for (const value of texts.slice(1))
        for (const other of texts) {
          keys.add(keyOf('series', named(['b!', other], [`~${name}`, value])));
          made++;
        }
    assert.equal(keys.size, made);
  });

  test('may be so many that memory has to grow', () => {
    assert.equal(keyOf('series', named(['a', ','.repeat(5000)])), `__name__=kc,a=${'\\,'.repeat(5000)}`);
  });
});

describe('the partition of a record', () => {
  const hash = (partitionBy: string, key = 'none', of = UP): number =>
    destinations({ key, partitionBy })(of).hash;
  const other = series([
    ['__name__', 'up'],
    ['job', 'b'],
  ]);

  test('is by the hash of the series unless said otherwise', () => {
    assert.equal(hash('series'), UP.hash);
    assert.notEqual(hash('series'), hash('series', 'none', other));
  });

  test('is by murmur2 of the key, as a Java producer would have it', () => {
    assert.equal(hash('key', 'label:job'), murmur2(Buffer.from('a')));
    assert.equal(hash('key', 'series'), murmur2(Buffer.from('__name__=up,instance=ä:1,job=a')));
  });

  test('is the same for one metric, or for the same labels', () => {
    assert.equal(hash('metric'), hash('metric', 'none', other));
    assert.equal(hash('metric'), murmur2(Buffer.from('up')));
    assert.equal(hash('label:job'), murmur2(Buffer.from('a')));
  });

  test('is each in turn by round-robin', () => {
    const next = destinations({ key: 'none', partitionBy: 'round-robin' });
    assert.deepEqual([next(UP).hash, next(UP).hash, next(UP).hash], [0, 1, 2]);
  });
});
