/** Letters change their case one by one, as in Go. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lowerCase, upperCase } from '../../src/lib/letter-case.ts';

describe('the case of letters', () => {
  it('changes each letter that has one', () => {
    const pairs: [lower: string, upper: string][] = [
      ['', ''],
      ['abc-1.ö', 'ABC-1.Ö'],
      ['éжωա', 'ÉЖΩԱ'],
      ['𐐨 😀', '𐐀 😀'],
      ['ᾀᾗᾠᾳῃῳ', 'ᾈᾟᾨᾼῌῼ'],
    ];
    for (const [lower, upper] of pairs) {
      assert.equal(upperCase(lower), upper);
      assert.equal(lowerCase(upper), lower);
    }
  });

  it('makes one letter of one, where languages would write two', () => {
    assert.equal(upperCase('straße ŉ ǰ ΐ ﬁ é'), 'STRAßE ŉ ǰ ΐ ﬁ É');
    assert.equal(lowerCase('İSTANBUL'), 'istanbul');
  });

  it('does not look at what stands beside a letter', () => {
    assert.equal(lowerCase('ΑΣ'), 'ασ');
  });
});
