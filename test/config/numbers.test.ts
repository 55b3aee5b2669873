/** Durations, sizes, integers and ratios are read from text and YAML, bounded, and written back. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { duration, integer, ratio, size } from '../../src/config/numbers.ts';

describe('a duration option', () => {
  const kind = duration({ min: '5s', max: '1h' });

  it('is read within its bounds, both included', () => {
    for (const [text, value] of Object.entries({ '5s': 5000, '90s': 90_000, '1h': 3_600_000 })) {
      assert.deepEqual(kind.parse(text), { value });
      assert.deepEqual(kind.fromYaml(text), { value });
    }
  });

  it('names the bound it breaks', () => {
    assert.deepEqual(kind.parse('4999ms'), { error: 'is below the minimum of 5s' });
    assert.deepEqual(kind.parse('0'), { error: 'is below the minimum of 5s' });
    assert.deepEqual(kind.parse('61m'), { error: 'is above the maximum of 1h' });
    assert.deepEqual(kind.parse('99999999999999999999d'), { error: 'is above the maximum of 1h' });
  });

  it('without a unit is refused with the right forms', () => {
    const refused = { error: 'has no unit, expected a form such as `60s` or `60ms`' };
    assert.deepEqual(kind.parse('60'), refused);
    assert.deepEqual(kind.fromYaml(60), refused);
  });

  it('may be a bare 0 when its bounds have it', () => {
    const fromZero = duration({ min: '0', max: '1h' });
    assert.deepEqual(fromZero.parse('0'), { value: 0 });
    assert.deepEqual(fromZero.fromYaml(0), { value: 0 });
  });

  it('of another type or form says what is expected', () => {
    for (const value of [true, [1], undefined, -1, 0.5]) {
      assert.match((kind.fromYaml(value) as { error: string }).error, /is not a duration, expected .*`90s`/);
    }
    assert.match((kind.parse('soon') as { error: string }).error, /is not a duration, expected .*`90s`/);
  });

  it('with an unreadable bound in the table is a fault of the program', () => {
    assert.throws(() => duration({ min: '5', max: '1h' }), /unreadable bound/);
  });
});

describe('a size option', () => {
  const kind = size({ min: '1KiB', max: '1GiB' });

  it('is read from text, and in YAML also from a number of bytes', () => {
    assert.deepEqual(kind.parse('32MiB'), { value: 33_554_432 });
    assert.deepEqual(kind.parse('2048'), { value: 2048 });
    assert.deepEqual(kind.fromYaml('32MiB'), { value: 33_554_432 });
    assert.deepEqual(kind.fromYaml(2048), { value: 2048 });
  });

  it('names the bound it breaks', () => {
    assert.deepEqual(kind.parse('1023'), { error: 'is below the minimum of 1KiB' });
    assert.deepEqual(kind.fromYaml(-1), { error: 'is below the minimum of 1KiB' });
    for (const text of ['2GiB', '99999999999999999999GiB', '99999999999999999999'])
      assert.deepEqual(kind.parse(text), { error: 'is above the maximum of 1GiB' });
  });

  it('in decimal units is refused with the right form', () => {
    assert.match((kind.parse('64KB') as { error: string }).error, /write `64KiB`$/);
    assert.match((kind.fromYaml('64 mb') as { error: string }).error, /write `64MiB`$/);
  });

  it('of another type or form says what is expected', () => {
    for (const value of [true, [1], undefined, 2048.5]) {
      assert.match((kind.fromYaml(value) as { error: string }).error, /is not a size, expected .*`32MiB`/);
    }
    assert.match((kind.parse('huge') as { error: string }).error, /is not a size, expected .*`32MiB`/);
  });
});

describe('an integer option', () => {
  const kind = integer({ min: 1, max: 10 });

  it('is read from digits and from a YAML number, in quotes or not', () => {
    assert.deepEqual(kind.parse('10'), { value: 10 });
    for (const value of [1, '1']) assert.deepEqual(kind.fromYaml(value), { value: 1 });
  });

  it('names the bound it breaks', () => {
    assert.deepEqual(kind.parse('-1'), { error: 'is below the minimum of 1' });
    assert.deepEqual(kind.fromYaml(11), { error: 'is above the maximum of 10' });
  });

  it('is refused as a fraction or in another form', () => {
    const refused = { error: 'is not a whole number, expected one from 1 to 10' };
    for (const text of ['1.5', '', 'one', '0x1', '1e0', ' 1']) assert.deepEqual(kind.parse(text), refused);
    for (const value of [1.5, '1.5', true, undefined]) assert.deepEqual(kind.fromYaml(value), refused);
  });
});

describe('a ratio option', () => {
  const kind = ratio({ min: 0, max: 1 });

  it('is read from text and from a YAML number, and read back as written', () => {
    for (const value of [0, 0.25, 1, 1e-7]) {
      assert.deepEqual(kind.parse(kind.format(value)), { value });
      assert.deepEqual(kind.fromYaml(kind.toYaml(value)), { value });
    }
    assert.deepEqual(kind.fromYaml('0.5'), { value: 0.5 });
  });

  it('names the bound it breaks', () => {
    assert.deepEqual(kind.parse('1.01'), { error: 'is above the maximum of 1' });
    assert.deepEqual(kind.fromYaml(-0.5), { error: 'is below the minimum of 0' });
  });

  it('is refused in another form', () => {
    for (const text of ['', '.5', '25%', 'NaN', 'Infinity']) assert.ok('error' in kind.parse(text), text);
    for (const value of [Number.NaN, '.5', true]) assert.ok('error' in kind.fromYaml(value), String(value));
  });
});
