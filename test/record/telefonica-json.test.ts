/** The bytes of the format telefonica-json, held against its rules and against vectors made with Go. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { TelefonicaJsonFormat } from '../../src/record/telefonica-json.ts';
import { recordsOf } from '../support/format-records.ts';
import { seededRandom } from '../support/random.ts';
import { request, STALE_BITS, type Value } from '../support/write-request.ts';
import { assertGolden, goldenRecords } from './golden.ts';
import { goNumber, goString, goTime, telefonicaRecord } from './telefonica-rules.ts';

const format = new TelefonicaJsonFormat();
const SERIES = 100_000;

function texts(
  labels: readonly (readonly [string, string])[],
  samples: readonly (readonly [Value, number])[],
): string[] {
  const bytes = request([{ labels, samples }]);
  return recordsOf(format, { version: 'v1', bytes }).map(({ value }) => value.toString());
}

/** Lines of a golden file made with Go: the input, a tab, the output. */
function vectors(file: string): [string, string][] {
  const lines = readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => line.split('\t') as [string, string]);
}

function doubleOf(hexBits: string): number {
  return Buffer.from(hexBits, 'hex').readDoubleBE();
}

const ALPHABETS = [
  [...'abcXYZ019_-/.:{}~ !'],
  [...'ab<>&"\\/\'=;'],
  [...'a\u0000\b\t\n\u000b\f\r\u001f\u007f'],
  [...'aäß€\u2027\u2028\u2029\u202a\ufffd\ufeffТ', '😀', '\u{10ffff}'],
];

function randomText(random: () => number): string {
  const alphabet = ALPHABETS[Math.floor(random() * ALPHABETS.length)]!;
  const length = Math.floor(random() ** 3 * 60) + 1;
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

function randomValue(random: () => number): Value {
  const kind = random();
  if (kind < 0.3) return Math.floor((random() - 0.3) * 10 ** (random() * 25));
  if (kind < 0.6) return Math.round((random() - 0.3) * 1e6) / 10 ** Math.floor(random() * 12);
  if (kind < 0.7) return [NaN, Infinity, -Infinity, STALE_BITS, 0, -0][Math.floor(random() * 6)]!;
  // Any bits: every exponent is as likely as the others.
  return (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32));
}

function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes.readDoubleBE();
}

describe('the format telefonica-json', () => {
  test('makes of the corpus what it made of it before', () => {
    assertGolden('telefonica-json', format, String);
  });

  test('writes the examples of the adapter itself', () => {
    assert.deepEqual(
      texts(
        [
          ['__name__', 'foo'],
          ['labelfoo', 'label-bar'],
        ],
        [[Infinity, 10_000]],
      ),
      [
        '{"labels":{"__name__":"foo","labelfoo":"label-bar"},"name":"foo","timestamp":"1970-01-01T00:00:10Z","value":"+Inf"}',
      ],
    );
    assert.deepEqual(
      texts(
        [
          ['__name__', 'up'],
          ['instance', 'a&b'],
        ],
        [[STALE_BITS, 1_700_000_000_999]],
      ),
      [
        '{"labels":{"__name__":"up","instance":"a\\u0026b"},"name":"up","timestamp":"2023-11-14T22:13:20Z","value":"NaN"}',
      ],
    );
  });

  test(`writes what its rules say, for ${SERIES} random series`, () => {
    const random = seededRandom(11);
    for (let round = 0; round < SERIES; round++) {
      const labels = new Map([['__name__', randomText(random)]]);
      const others = Math.floor(random() ** 2 * 12);
      for (let i = 0; i < others; i++) labels.set(randomText(random), randomText(random));
      const value = randomValue(random);
      const timestampMs = Math.floor((random() - 0.2) * 10 ** Math.floor(random() * 16));
      const pairs = [...labels];
      const written = texts(pairs, [[value, timestampMs]]);
      const expected = telefonicaRecord(pairs, timestampMs, numberOf(value));
      if (written[0] !== expected) assert.deepEqual(written, [expected]);
    }
  });

  test('holds neither native histograms nor exemplars, and says so', () => {
    assert.deepEqual(format.holds, { histograms: false, exemplars: false });
  });
});

describe('the rules, held against Go itself, write', () => {
  test('numbers as strconv.FormatFloat', () => {
    for (const [bits, text] of vectors('go-numbers.txt')) assert.equal(goNumber(doubleOf(bits)), text, bits);
  });

  test('times as time.RFC3339', () => {
    for (const [ms, text] of vectors('go-times.txt')) assert.equal(goTime(Number(ms)), text, ms);
  });

  test('strings as encoding/json', () => {
    for (const [hex, text] of vectors('go-strings.txt'))
      assert.equal(goString(Buffer.from(hex, 'hex').toString()), text, hex);
  });

  test('records as the marshalled map of the adapter', () => {
    assert.deepEqual(
      goldenRecords('telefonica-json'),
      vectors('go-records.txt').map(([, text]) => text),
    );
  });
});
