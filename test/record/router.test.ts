/** Rules are asked once a series; labels and topic are those that they say. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import type { SeriesView } from '../../src/contracts.ts';
import { ownLabels } from '../../src/pipeline/own-labels.ts';
import type { Label } from '../../src/record/decisions.ts';
import { Router, type Verdict } from '../../src/record/router.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import type { Series } from '../../src/wire/series.ts';
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
  return { router: new Router({ judge: counting, ownLabels, capacity }), asked: () => asked };
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

  test('forgets the series that were not seen for longest, and holds no more than it may', () => {
    const { router, asked } = routerOf(() => ({ topic: 't', labels: undefined }), 100);
    const many = Array.from({ length: 50 }, (_, i) => series([['__name__', `m${i}`]]));
    for (const each of many) router.route(each);
    for (const each of many) router.route(each);
    assert.equal(asked(), 50);
    for (let i = 0; i < 200; i++) router.route(series([['__name__', `other${i}`]]));
    router.route(many[0]!);
    assert.equal(asked(), 251);
  });
});
