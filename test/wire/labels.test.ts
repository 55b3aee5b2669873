/** The rules for the labels of one series. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import type { DropReason } from '../../src/errors.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import type { Series } from '../../src/wire/series.ts';
import { seriesOf as read } from '../support/series.ts';
import type { TestSeries } from '../support/write-request.ts';

function labelsOf(series: Series): [string, string][] {
  const { bytes, labels } = series;
  const text = (at: number): string => Buffer.from(bytes.subarray(labels[at], labels[at + 1])).toString();
  return Array.from({ length: series.labelCount }, (_, i) => [text(i * 4), text(i * 4 + 2)]);
}

const NAME = ['__name__', 'up'] as const;

describe('canonicalise', () => {
  test('leaves sorted labels as they are and finds the name', () => {
    const series = read({ labels: [['A', 'x'], NAME, ['job', 'j']] });
    assert.equal(canonicalise(series), undefined);
    assert.deepEqual(labelsOf(series), [['A', 'x'], [...NAME], ['job', 'j']]);
    assert.equal(series.nameLabel, 1);
  });

  test('sorts unsorted labels by the bytes of their names', () => {
    const series = read({ labels: [['b', '2'], ['ä', '3'], ['a', '1'], ['ab', '4'], NAME] });
    assert.equal(canonicalise(series), undefined);
    assert.deepEqual(
      labelsOf(series).map(([name]) => name),
      ['__name__', 'a', 'ab', 'b', 'ä'],
    );
  });

  test('drops labels with an empty value, before and after the name', () => {
    const series = read({ labels: [['A', ''], NAME, ['b', ''], ['c', 'x']] });
    assert.equal(canonicalise(series), undefined);
    assert.deepEqual(labelsOf(series), [[...NAME], ['c', 'x']]);
    assert.equal(series.nameLabel, 0);
  });

  test('accepts any valid UTF-8 in names and values', () => {
    assert.equal(canonicalise(read({ labels: [NAME, ['größe.λ', '😀\u0000"']] })), undefined);
  });

  const refusals: [string, DropReason, TestSeries['labels']][] = [
    ['no labels at all', 'name_missing', []],
    ['labels without __name__', 'name_missing', [['job', 'a']]],
    [
      'an empty __name__',
      'name_missing',
      [
        ['__name__', ''],
        ['job', 'a'],
      ],
    ],
    ['an empty label name', 'label_name_empty', [['', 'x'], NAME]],
    ['the same name twice in a row', 'label_duplicate', [NAME, ['a', '1'], ['a', '1']]],
    ['the same name twice apart', 'label_duplicate', [['a', '1'], NAME, ['a', '2']]],
    ['the same name twice, once empty', 'label_duplicate', [NAME, ['a', ''], ['a', '2']]],
    ['a name that is not UTF-8', 'label_not_utf8', [NAME, [Buffer.from([0x61, 0xff]), 'x']]],
    ['a value that is not UTF-8', 'label_not_utf8', [NAME, ['a', Buffer.from([0xc3])]]],
    ['an overlong encoding', 'label_not_utf8', [NAME, ['a', Buffer.from([0xc0, 0x80])]]],
    ['a surrogate', 'label_not_utf8', [NAME, ['a', Buffer.from([0xed, 0xa0, 0x80])]]],
  ];
  for (const [what, reason, labels] of refusals) {
    test(`refuses ${what} as ${reason}`, () => assert.equal(canonicalise(read({ labels })), reason));
  }

  test('sorts a hundred thousand labels in reverse order without taking quadratic time', () => {
    const labels = Array.from({ length: 100_000 }, (_, i) => [`l${900_000 - i}`, 'v'] as const);
    const series = read({ labels: [...labels, NAME] });
    assert.equal(canonicalise(series), undefined);
    assert.equal(series.nameLabel, 0);
  });
});

describe('the hash of the labels', () => {
  const hash = (labels: TestSeries['labels']): number => {
    const series = read({ labels });
    canonicalise(series);
    return series.hash;
  };
  const base = [
    ['__name__', 'up'],
    ['a', 'b'],
    ['c', 'd'],
  ] as const;

  test('is the same whatever the order of the labels and whatever empty labels there are', () => {
    assert.equal(
      hash(base),
      hash([
        ['c', 'd'],
        ['empty', ''],
        ['__name__', 'up'],
        ['a', 'b'],
      ]),
    );
  });

  test('differs when a byte moves from a value to the next name', () => {
    assert.notEqual(
      hash([
        ['__name__', 'up'],
        ['a', 'bc'],
        ['d', 'e'],
      ]),
      hash([
        ['__name__', 'up'],
        ['a', 'b'],
        ['cd', 'e'],
      ]),
    );
  });

  test('spreads ten thousand series evenly over six partitions', () => {
    const counts = new Array(6).fill(0);
    for (let i = 0; i < 10_000; i++) counts[hash([...base, ['instance', `host-${i}:9100`]]) % 6]++;
    for (const count of counts) assert.ok(count > 1400 && count < 1950, String(counts));
  });

  test('stays what it was in earlier releases, so that an upgrade leaves each series in its partition', () => {
    assert.equal(hash(base), 2_210_574_910);
    assert.equal(
      hash([
        ['__name__', 'http_requests_total'],
        ['instance', '10.0.0.1:9100'],
        ['job', 'größe'],
      ]),
      1_930_348_749,
    );
  });

  test('is a uint32', () => {
    for (let i = 0; i < 100; i++)
      assert.equal(hash([['__name__', `m${i}`]]) >>> 0, hash([['__name__', `m${i}`]]));
  });
});
