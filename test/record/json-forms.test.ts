/** The format json in each of its forms. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonFormat } from '../../src/record/json.ts';
import { recordsOf } from '../support/format-records.ts';
import { request, STALE_BITS } from '../support/write-request.ts';
import { assertGolden, goldenRecords } from './golden.ts';

function written(format: JsonFormat, value: number | bigint, timestampMs: number): string {
  const bytes = request([{ labels: [['__name__', 'up']], samples: [[value, timestampMs]] }]);
  return recordsOf(format, { version: 'v1', bytes })[0]!.value.toString();
}

test('the format json makes of the corpus what it made of it before', () => {
  assertGolden('json', new JsonFormat(), String);
  assertGolden('json-numbers', new JsonFormat({ timestamp: 'unix_ms', value: 'number' }), String);
});

test('every record of the corpus is JSON, with the same content in both forms', () => {
  const numbers = goldenRecords('json-numbers').map((text) => JSON.parse(text) as Record<string, unknown>);
  for (const [i, text] of goldenRecords('json').entries()) {
    const record = JSON.parse(text) as Record<string, unknown>;
    const number = numbers[i]!;
    assert.deepEqual(number['labels'], record['labels']);
    assert.equal(number['timestamp'], Date.parse(String(record['timestamp'])));
    if (number['value'] === null) assert.equal(number['special'], record['value']);
    else if ('value' in record) assert.ok(Object.is(number['value'], Number(record['value'])), text);
    assert.deepEqual(number['histogram'], record['histogram']);
    assert.equal(number['stale'], record['stale']);
  }
});

test('unix_s writes seconds, with three digits of a fraction where there is one', () => {
  const format = new JsonFormat({ timestamp: 'unix_s', value: 'string' });
  const times = [0, 1, 120, 1000, -1, -1000, 1795341600123, 8.64e15].map(
    (timestampMs) => /"timestamp":([^,]+),/.exec(written(format, 1, timestampMs))![1],
  );
  assert.deepEqual(times, ['0', '0.001', '0.120', '1', '-0.001', '-1', '1795341600.123', '8640000000000']);
});

test('number writes what JSON has no number for as null with its name beside', () => {
  const format = new JsonFormat({ timestamp: 'unix_ms', value: 'number' });
  const tails = [
    -0,
    1e21,
    5e-324,
    Number.NaN,
    STALE_BITS,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ].map((value) => written(format, value, 0).split('"timestamp":0,')[1]);
  assert.deepEqual(tails, [
    '"value":-0}',
    '"value":1e+21}',
    '"value":5e-324}',
    '"value":null,"special":"NaN"}',
    '"value":null,"special":"NaN","stale":true}',
    '"value":null,"special":"+Inf"}',
    '"value":null,"special":"-Inf"}',
  ]);
});
