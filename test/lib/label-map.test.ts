/** Names are ordered as their bytes are. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { it } from 'node:test';
import { compareNames } from '../../src/lib/label-map.ts';

it('the order of names is that of their UTF-8 bytes', () => {
  const names = [
    '',
    'A',
    '_',
    'a',
    'a1',
    'aa',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}x',
  ];
  for (const a of names) {
    for (const b of names) {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      assert.equal(Math.sign(compareNames(a, b)), expected, `${a} and ${b}`);
    }
  }
});
