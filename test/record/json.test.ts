/** The bytes of the format json. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { JsonFormat } from '../../src/record/json.ts';
import { canonicalise } from '../../src/wire/labels.ts';
import { seededRandom } from '../bench/corpus.ts';
import { seriesOf } from '../support/series.ts';
import { STALE_BITS, type TestSeries } from '../support/write-request.ts';

const format = new JsonFormat();

/** The records of one series: timestamp and value. */
function records(entry: TestSeries): [number, string][] {
  const series = seriesOf(entry);
  assert.equal(canonicalise(series), undefined);
  const writer = new ByteWriter();
  const written: [number, string][] = [];
  let at = 0;
  format.writeSeries(series, {
    begin: (timestampMs) => {
      writer.truncate();
      at = timestampMs;
      return writer;
    },
    end: () => written.push([at, writer.text()]),
  });
  return written;
}

describe('JsonFormat writes', () => {
  test('one record a sample, with sorted labels, milliseconds and the value as a string', () => {
    const entry: TestSeries = {
      labels: [
        ['job', 'node'],
        ['__name__', 'up'],
      ],
      samples: [
        [1, 1795341600123],
        [0.5, 1795341600000],
      ],
    };
    assert.deepEqual(records(entry), [
      [
        1795341600123,
        '{"labels":{"__name__":"up","job":"node"},"name":"up","timestamp":"2026-11-22T10:00:00.123Z","value":"1"}',
      ],
      [
        1795341600000,
        '{"labels":{"__name__":"up","job":"node"},"name":"up","timestamp":"2026-11-22T10:00:00.000Z","value":"0.5"}',
      ],
    ]);
  });

  test('stale markers as NaN with "stale":true, other NaN payloads without', () => {
    const samples = [
      [STALE_BITS, 0],
      [0x7ff8000000000001n, 0],
      [0x7ff8000000000002n, 0],
      [0xfff0000000000002n, 0],
    ] as const;
    const tails = records({ labels: [['__name__', 'up']], samples }).map(([, text]) => text.split('Z",')[1]);
    assert.deepEqual(tails, [
      '"value":"NaN","stale":true}',
      '"value":"NaN"}',
      '"value":"NaN"}',
      '"value":"NaN"}',
    ]);
  });

  test('every control character, quote, backslash and non-ASCII text so that JSON reads it back', () => {
    const odd = `${Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join('')}"\\/<>&\u007f\u2028ü😀`;
    const [[, text]] = records({
      labels: [
        ['__name__', odd],
        [odd, 'v'],
      ],
      samples: [[1, 0]],
    }) as [[number, string]];
    assert.deepEqual(JSON.parse(text).labels, { __name__: odd, [odd]: 'v' });
    assert.equal(JSON.parse(text).name, odd);
    assert.match(text, /\\u0000\\u0001.*\\b\\t\\n\\u000b\\f\\r.*\\u001f\\"\\\\\/<>&\u007f\u2028ü😀/);
  });

  test('times before 1970 and beyond the year 9999 as ISO 8601', () => {
    const times = records({
      labels: [['__name__', 'up']],
      samples: [
        [1, -1],
        [1, 8.64e15],
      ],
    }).map(([, text]) => JSON.parse(text).timestamp);
    assert.deepEqual(times, ['1969-12-31T23:59:59.999Z', '+275760-09-13T00:00:00.000Z']);
  });

  test('labels longer than its first buffer', () => {
    const long = 'x'.repeat(100_000);
    const [[, text]] = records({
      labels: [
        ['__name__', 'up'],
        ['long', long],
      ],
      samples: [[1, 0]],
    }) as [[number, string]];
    assert.equal(JSON.parse(text).labels.long, long);
  });

  test('what JSON.stringify writes, for random labels of every length, plain or not', () => {
    const random = seededRandom(7);
    const letters = ['a', 'Z', '0', '_', '-', '/', '.', ':', '{', '~'];
    const odd = ['"', '\\', ' ', '!', '\n', '\u0000', '\u001f', '\u007f', 'ä', '€', '😀'];
    for (let round = 0; round < 3000; round++) {
      const alphabet = round % 3 === 0 ? [...letters, ...odd] : letters;
      const text = (length: number): string =>
        Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
      const labels: Record<string, string> = { __name__: text(1 + (round % 20)) };
      for (let i = 0; i < 4; i++) labels[`n${i}${text(i)}`] = text(1 + ((round + i * 7) % 41));
      const entry: TestSeries = { labels: Object.entries(labels), samples: [[round, 1795341600123]] };
      const sorted = Object.entries(labels).sort(([a], [b]) =>
        Buffer.compare(Buffer.from(a), Buffer.from(b)),
      );
      const expected = `{"labels":{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}},"name":${JSON.stringify(labels['__name__'])},"timestamp":"2026-11-22T10:00:00.123Z","value":"${round}"}`;
      assert.equal(records(entry)[0]![1], expected);
    }
  });
});
