/** Labels told by references: the same series as in 1.0, whatever is known of the symbols already. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { viewOf } from '../../src/lib/byte-writer.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import { Series } from '../../src/wire/series.ts';
import { V2Memory, V2Reader } from '../../src/wire/v2-reader.ts';
import { seededRandom } from '../support/random.ts';
import { seriesOf, TEST_LIMITS, v2ReaderOf } from '../support/series.ts';
import { requestV2, type V2Request } from '../support/write-request-v2.ts';

type Labels = readonly (readonly [string, string])[];

const LIMITS = { ...TEST_LIMITS, labelsPerSeries: 100 };

/** All that is known of a series once its labels are canonical, and the reason against it. */
function known(series: Series) {
  const reason = canonicalise(series);
  if (reason !== undefined) return reason;
  const { labels, labelCount, bytes, hash, isPlain, isAsSent, nameLabel } = series;
  const texts = Array.from({ length: labelCount * 2 }, (_, i) =>
    Buffer.from(bytes.subarray(labels[i * 2], labels[i * 2 + 1])).toString(),
  );
  return { texts, hash, isPlain, isAsSent, nameLabel };
}

/** A request of these series, each text once in the table, which begins with the texts of `first`. */
function requestOf(sets: readonly Labels[], first: readonly string[] = []): V2Request {
  const symbols = [...new Set(['', ...first, ...sets.flat(2)])];
  return {
    symbols,
    timeseries: sets.map((labels) => ({ labels_refs: labels.flat().map((text) => symbols.indexOf(text)) })),
  };
}

function assertAsIn1(sets: readonly Labels[], first: readonly string[] = []): void {
  const { reader, series } = v2ReaderOf(requestV2(requestOf(sets, first)), LIMITS);
  for (const labels of sets) {
    assert.ok(reader.next());
    assert.deepEqual(known(series), known(seriesOf({ labels })), JSON.stringify(labels));
  }
  assert.equal(reader.next(), false);
}

describe('a series told by references is that of 1.0, with its hash,', () => {
  const base: Labels = [
    ['__name__', 'up'],
    ['a', 'b'],
    ['job', 'node'],
  ];

  test('for labels of every length, plain, escaped or beyond ASCII, in and out of order', () => {
    const random = seededRandom(11);
    const letters = ['a', 'b', '0', '/', '"', '\\', 'ä', '😀'];
    const text = (length: number): string =>
      Array.from({ length }, () => letters[Math.floor(random() * (length % 3 === 0 ? 8 : 4))]).join('');
    for (let round = 0; round < 300; round++) {
      const sets = Array.from({ length: 4 }, (_, i): Labels => {
        const labels = [
          ['__name__', text(1 + (round % 30))],
          ...Array.from({ length: (round + i) % 5 }, (_, j) => [`n${j}${text(i)}`, text((round * j) % 23)]),
        ] as [string, string][];
        return (round + i) % 3 === 0 ? labels.reverse() : labels;
      });
      assertAsIn1(sets);
    }
  });

  test('when names follow each other in one order and then in another', () => {
    const reversed = base.toReversed();
    const without = base.filter(([name]) => name !== 'a');
    assertAsIn1([base, reversed, base, without, base, reversed, without], ['job', 'a', '__name__']);
  });

  test('when the table has a text twice', () => {
    const { symbols } = requestOf([base]);
    const twice = [...symbols, ...symbols];
    const refs = (offset: number): number[] =>
      base.flat().map((one, i) => symbols.indexOf(one) + (i % 2) * offset);
    const timeseries = [refs(0), refs(symbols.length)].map((labels_refs) => ({ labels_refs }));
    const { reader, series } = v2ReaderOf(requestV2({ symbols: twice, timeseries }), LIMITS);
    for (let i = 0; i < 2; i++) {
      assert.ok(reader.next());
      assert.deepEqual(known(series), known(seriesOf({ labels: base })));
    }
  });

  for (const [what, labels] of [
    ['no labels', []],
    ['no name', [['a', 'b']]],
    ['an empty name of the metric', [['__name__', '']]],
    ['an empty value', [...base, ['z', '']]],
    ['an empty label name', [['', 'x'], ...base]],
    ['a label twice', [...base, ['job', 'x']]],
    ['a label twice in a row with one value', [base[0], ['a', 'b'], ['a', 'b']]],
    ['a name that another begins with', [base[0], ['a', '1'], ['ab', '2'], ['abc', '3']]],
  ] as [string, Labels][]) {
    test(`with ${what}`, () => assertAsIn1([base, labels, base, labels]));
  }

  test('one label over the limit', () => {
    const labels = Array.from(
      { length: LIMITS.labelsPerSeries + 1 },
      (_, i) => [`l${1000 + i}`, 'v'] as const,
    );
    const { reader, series } = v2ReaderOf(requestV2(requestOf([labels, labels.slice(1)])), LIMITS);
    assert.ok(reader.next());
    assert.equal(canonicalise(series), 'labels_too_many');
    assert.ok(reader.next());
    assert.equal(canonicalise(series), 'name_missing');
  });
});

test('nothing of the symbols of one request is taken for those of the next, however large it was', () => {
  const series = new Series(LIMITS);
  const memory = new V2Memory(LIMITS);
  const read = (labels: Labels, first: readonly string[]): void => {
    const bytes = requestV2(requestOf([labels], first));
    const padded = Buffer.concat([bytes, Buffer.alloc(8)]);
    series.useBytes(padded, viewOf(padded));
    const reader = new V2Reader(series, bytes.length, memory);
    assert.ok(reader.next());
    assert.deepEqual(known(series), known(seriesOf({ labels })));
  };
  const many = Array.from({ length: 70_000 }, (_, i) => `s${i}`);
  for (let round = 0; round < 3; round++) {
    read(
      [
        ['__name__', 'up'],
        ['b', 'c'],
      ],
      [],
    );
    // Other texts at the same places, where the first label name stands before the second no more.
    read(
      [
        ['b', 'y'],
        ['__name__', 'other'],
      ],
      ['b', 'x', '__name__', 'y'],
    );
    read(
      [
        ['__name__', 'else'],
        ['b', 'z'],
      ],
      ['first', '__name__'],
    );
    read(
      [
        ['__name__', 's69999'],
        ['a', 's5'],
      ],
      many,
    );
  }
});
