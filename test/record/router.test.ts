/** Rules are asked once a series; labels and topic are those that they say. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import type { SeriesView } from '../../src/contracts.ts';
import { createOwnLabels } from '../../src/pipeline/own-labels.ts';
import type { Label } from '../../src/record/decisions.ts';
import { Router, type Verdict } from '../../src/record/router.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import type { Series } from '../../src/wire/series.ts';
import { seededRandom } from '../support/random.ts';
import { seriesOf } from '../support/series.ts';

function series(labels: readonly Label[]): Series {
  const made = seriesOf({ labels, samples: [[1, 1]] });
  assert.equal(canonicalise(made), undefined);
  return made;
}

function labelsOf({ bytes, labels, labelCount }: SeriesView): Label[] {
  const text = (at: number): string => Buffer.from(bytes.subarray(labels[at], labels[at + 1])).toString();
  return Array.from({ length: labelCount }, (_, i) => [text(i * 4), text(i * 4 + 2)] as const);
}

function routerOf(
  judge: (labels: readonly Label[]) => Verdict,
  capacity = 1000,
): { router: Router; asked: () => number } {
  let asked = 0;
  const counting = (labels: readonly Label[]): Verdict => {
    asked++;
    return judge(labels);
  };
  return {
    router: new Router({ judge: counting, ownLabels: createOwnLabels(), capacity }),
    asked: () => asked,
  };
}

const UP: readonly Label[] = [
  ['__name__', 'up'],
  ['job', 'a'],
];

describe('the router', () => {
  test('gives the labels and the topic of the rules, canonical', () => {
    const { router } = routerOf((labels) => ({ topic: 't', labels: [...labels, ['a', '1'], ['empty', '']] }));
    const route = router.route(series(UP));
    assert.ok(typeof route === 'object');
    assert.equal(route.topic, 't');
    assert.deepEqual(labelsOf(route.series), [
      ['__name__', 'up'],
      ['a', '1'],
      ['job', 'a'],
    ]);
    assert.equal(route.series.nameLabel, 0);
    assert.equal(route.series.sampleCount, 1);
    assert.equal(route.series.original, undefined);
    assert.equal(route.series.hash, series([...UP, ['a', '1']]).hash, 'as if the labels had been sent so');
  });

  test('leaves the series as it is when the rules do', () => {
    const { router } = routerOf(() => ({ topic: 't', labels: undefined }));
    const sent = series(UP);
    assert.deepEqual(router.route(sent), { topic: 't', series: sent });
  });

  test('says why a series goes nowhere', () => {
    assert.equal(routerOf(() => ({ drop: 'filtered' })).router.route(series(UP)), 'filtered');
    const nameless = routerOf(() => ({ topic: 't', labels: [['job', 'a']] }));
    assert.equal(nameless.router.route(series(UP)), 'relabelled_invalid');
  });

  test('asks the rules once a series, whatever hash the labels share', () => {
    const { router, asked } = routerOf((labels) => ({ topic: labels[0]![0], labels: undefined }));
    // The hash is over the values alone.
    const swapped = [
      ['A', 'up'],
      ['__name__', 'a'],
    ] as const;
    const first = series([
      ['__name__', 'x'],
      ['b', 'y'],
    ]);
    const second = series([
      ['__name__', 'x'],
      ['c', 'y'],
    ]);
    assert.equal(first.hash, second.hash);
    for (let i = 0; i < 3; i++) {
      for (const each of [first, second, series(UP), series(swapped)]) router.route(each);
    }
    assert.equal(asked(), 4);
  });

  test('remembers all series that were asked for among half as many as it may hold', () => {
    const { router, asked } = routerOf(() => ({ topic: 't', labels: undefined }), 100);
    const many = Array.from({ length: 50 }, (_, i) => series([['__name__', `m${i}`]]));
    for (const each of [...many, ...many]) router.route(each);
    assert.equal(asked(), 50);
    const large = routerOf(() => ({ topic: 't', labels: undefined }), 10_000);
    for (let i = 0; i < 10_000; i++) large.router.route(series([['__name__', `m${i % 5000}`]]));
    assert.equal(large.asked(), 5000);
    for (let i = 0; i < 1000; i++) router.route(series([['__name__', `other${i}`]]));
    router.route(many[0]!);
    assert.equal(asked(), 1051, 'the first one is forgotten');
    assert.equal(router.evaluated, 1051);
  });

  test('knows a good part of the series when there are more of them than it may hold, in turn', () => {
    const { router, asked } = routerOf((labels) => ({ topic: labels[0]![1], labels: undefined }), 100);
    const many = Array.from({ length: 130 }, (_, i) => series([['__name__', `m${i}`]]));
    for (let round = 0; round < 40; round++) for (const each of many) router.route(each);
    const before = asked();
    for (let round = 0; round < 10; round++)
      for (const [i, each] of many.entries())
        assert.deepEqual(router.route(each), { topic: `m${i}`, series: each });
    const share = (asked() - before) / (10 * many.length);
    assert.ok(share < 0.75, `${share} of them are asked for again`);
  });

  test('learns new series although its memory is full of others', () => {
    const { router, asked } = routerOf(() => ({ topic: 't', labels: undefined }), 100);
    for (let i = 0; i < 1000; i++) router.route(series([['__name__', `old${i}`]]));
    const fresh = Array.from({ length: 20 }, (_, i) => series([['__name__', `new${i}`]]));
    for (let round = 0; round < 100; round++) for (const each of fresh) router.route(each);
    const before = asked();
    for (const each of fresh) router.route(each);
    assert.equal(asked(), before);
  });

  test('looks at few series only, however many share a hash', () => {
    const { router, asked } = routerOf((labels) => ({ topic: labels[1]![0], labels: undefined }), 10_000);
    const many = Array.from({ length: 1000 }, (_, i) =>
      series([
        ['__name__', 'x'],
        // Eight letters, which are compared as two whole words.
        [`l${String(i).padStart(7, '0')}`, 'y'],
      ]),
    );
    assert.equal(new Set(many.map(({ hash }) => hash)).size, 1);
    for (let round = 0; round < 2; round++)
      for (const [i, each] of many.entries())
        assert.deepEqual(router.route(each), { topic: `l${String(i).padStart(7, '0')}`, series: each });
    assert.equal(asked(), 2000 - 16, 'sixteen are found again');
  });

  test('says of random label sets what the rules say, remembered or not', () => {
    const random = seededRandom(7);
    const below = (limit: number): number => Math.floor(random() * limit);
    const letters = ['a', 'Z', '_', '0', 'é', '€', '😀', '"', ' '];
    const text = (most: number): string =>
      Array.from({ length: 1 + below(most) }, () => letters[below(letters.length)]).join('');
    const sets = Array.from({ length: 300 }, () => {
      const others = Array.from({ length: below(below(60) + 1) }, () => [text(9), text(70)] as const);
      return new Map<string, string>([['__name__', text(20)], ...others]);
    });
    const rule = (labels: readonly Label[]): Label[] =>
      labels.map(([name, value]) => [name, name === '__name__' ? value : `${value}${value}`]);
    const { router, asked } = routerOf((labels) => ({ topic: 't', labels: rule(labels) }), 200);
    for (let i = 0; i < 5000; i++) {
      const set = [...sets[below(sets.length)]!];
      const sent = series(set);
      const route = router.route(sent);
      assert.ok(typeof route === 'object');
      const expected = series(rule(set));
      assert.deepEqual(labelsOf(route.series), labelsOf(expected));
      const { hash, isPlain, nameLabel } = route.series;
      assert.deepEqual([hash, isPlain, nameLabel], [expected.hash, expected.isPlain, expected.nameLabel]);
    }
    assert.ok(asked() > 300 && asked() < 4500, `${asked()} of 5000`);
  });

  test('keeps no memory for a series that is very large, and writes it all the same', () => {
    const { router, asked } = routerOf((labels) => ({ topic: 't', labels: [...labels, ['z', '1']] }));
    const large = series([...UP, ['large', 'x'.repeat(100_000)]]);
    for (let i = 0; i < 3; i++) {
      const route = router.route(large);
      assert.ok(typeof route === 'object');
      assert.equal(labelsOf(route.series).at(-2)![1].length, 100_000);
    }
    assert.equal(asked(), 3);
  });
});
