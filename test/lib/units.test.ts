/** Durations and sizes are read strictly and written so that they can be read back. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeSize,
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
  suggestSize,
} from '../../src/lib/units.ts';

describe('a duration', () => {
  it('is read in milliseconds from one unit or several in falling order', () => {
    const cases = { '0': 0, '0s': 0, '250ms': 250, '90s': 90_000, '2m': 120_000, '1h30m': 5_400_000 };
    for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
    assert.equal(parseDuration('1d2h3m4s5ms'), 93_784_005);
  });

  it('is not read without a unit, with a fraction, a sign, a space, or units in another order', () => {
    for (const text of [
      '',
      '60',
      '1.5s',
      '-1s',
      '+1s',
      '1 s',
      ' 1s',
      '30m1h',
      '1s1s',
      '1S',
      '1w',
      's',
      '1µs',
    ]) {
      assert.equal(parseDuration(text), undefined, text);
    }
  });

  it('is not read when it is too long to be counted exactly', () => {
    assert.equal(parseDuration('999999999999999d'), undefined);
  });

  it('is written in the largest single unit that is exact', () => {
    const cases = {
      '0': 0,
      '1ms': 1,
      '1500ms': 1500,
      '75s': 75_000,
      '1m': 60_000,
      '90m': 5_400_000,
      '1d': 86_400_000,
    };
    for (const [text, ms] of Object.entries(cases)) assert.equal(formatDuration(ms), text);
  });

  it('is read back from what was written', () => {
    for (const ms of [0, 1, 999, 1000, 61_000, 3_600_001, 86_400_000 * 365]) {
      assert.equal(parseDuration(formatDuration(ms)), ms);
    }
  });

  it('cannot be written when it is negative or a fraction', () => {
    assert.throws(() => formatDuration(-1000), RangeError);
    assert.throws(() => formatDuration(0.5), RangeError);
  });
});

describe('a size', () => {
  it('is read in bytes, with or without a binary unit', () => {
    const cases = { '0': 0, '512': 512, '1KiB': 1024, '32MiB': 33_554_432, '2GiB': 2_147_483_648 };
    for (const [text, bytes] of Object.entries(cases)) assert.equal(parseSize(text), bytes, text);
  });

  it('is not read with decimal units, fractions, signs, spaces or small letters', () => {
    for (const text of [
      '',
      '64KB',
      '64K',
      '64k',
      '64kib',
      '1.5MiB',
      '-1',
      '1 MiB',
      'MiB',
      '1TiB',
      '0x10',
      '1e3',
    ]) {
      assert.equal(parseSize(text), undefined, text);
    }
  });

  it('is not read when it is too large to be counted exactly', () => {
    assert.equal(parseSize('9007199254740992'), undefined);
    assert.equal(parseSize('99999999GiB'), undefined);
  });

  it('is written in the largest unit that is exact and read back', () => {
    const cases = {
      '0': 0,
      '1000': 1000,
      '1KiB': 1024,
      '1025': 1025,
      '32MiB': 33_554_432,
      '1GiB': 1024 ** 3,
    };
    for (const [text, bytes] of Object.entries(cases)) {
      assert.equal(formatSize(bytes), text);
      assert.equal(parseSize(text), bytes);
    }
  });

  it('cannot be written when it is negative or a fraction', () => {
    assert.throws(() => formatSize(-1), RangeError);
    assert.throws(() => formatSize(0.5), RangeError);
  });

  it('that was seen is told with a unit, exactly', () => {
    const cases = {
      '0 bytes': 0,
      '1 byte': 1,
      '70000 bytes': 70_000,
      '1048577 bytes': 1_048_577,
      '64KiB': 65_536,
    };
    for (const [text, bytes] of Object.entries(cases)) assert.equal(describeSize(bytes), text);
  });

  it('of another way of writing has a suggestion in the right form', () => {
    const cases = { '64KB': '64KiB', '64k': '64KiB', '64 mb': '64MiB', '1gib': '1GiB', '2G': '2GiB' };
    for (const [text, right] of Object.entries(cases)) assert.equal(suggestSize(text), right);
    for (const text of ['big', '1.5MB', '', '1TB']) assert.equal(suggestSize(text), undefined);
  });
});
