/** Patterns are RE2 over the whole text, and what is wrong with one is said in its own words. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checked } from '../../src/lib/parsed.ts';
import type { Pattern } from '../../src/lib/pattern.ts';
import { parsePattern } from '../../src/lib/pattern.ts';

function pattern(source: string): Pattern {
  return checked(parsePattern(source));
}

describe('a pattern', () => {
  it('matches the whole text or not at all', () => {
    const cases: [source: string, matching: string[], others: string[]][] = [
      ['', [''], ['a', '\n']],
      ['foo', ['foo'], ['xfoo', 'foox', 'foo\n', '']],
      ['a|b', ['a', 'b'], ['ab', 'ac', 'cb']],
      ['.*', ['', 'a', 'a\nb'], []],
      ['(.*)', ['', 'a', 'a\nb'], []],
      ['.+', ['a', '\n'], ['']],
      ['(?i)up', ['up', 'UP'], ['ups']],
      ['(?-s)a.b', ['a-b'], ['a\nb']],
      ['^a$', ['a'], ['a\n']],
      ['\\pL+', ['aé€'.slice(0, 2)], ['a1']],
      ['.', ['é', '😀'], ['e\u0301']],
      ['[😀-😂]', ['😁'], ['😃']],
      ['(a+)+', ['a'.repeat(5000)], [`${'a'.repeat(5000)}b`]],
    ];
    for (const [source, matching, others] of cases) {
      for (const text of matching) assert.equal(pattern(source).matches(text), true, `${source} of ${text}`);
      for (const text of others) assert.equal(pattern(source).matches(text), false, `${source} of ${text}`);
    }
  });

  it('gives its groups, the earlier alternatives and the longer repetitions first', () => {
    assert.deepEqual([...pattern('(.*)').groups('x')!], ['x', 'x']);
    assert.deepEqual([...pattern('(a*)(a*)').groups('aa')!], ['aa', 'aa', '']);
    assert.deepEqual([...pattern('(a*?)(a*)').groups('aa')!], ['aa', '', 'aa']);
    assert.deepEqual([...pattern('(a|ab)(c|bcd)?(d*)').groups('abcd')!], ['abcd', 'a', 'bcd', '']);
    assert.deepEqual([...pattern('(a)|(b)').groups('b')!], ['b', undefined, 'b']);
    assert.equal(pattern('a(b)').groups('a'), undefined);
  });

  it('knows the numbers of its named groups', () => {
    const named = pattern('(x)(?P<one>y)(?<two>z)');
    assert.equal(named.groupNamed('one'), 2);
    assert.equal(named.groupNamed('two'), 3);
    for (const none of ['three', '', 'constructor']) assert.equal(named.groupNamed(none), undefined, none);
    assert.equal(pattern('(.*)').groupNamed('one'), undefined);
  });

  it('says what is wrong with one that is none', () => {
    const cases: [source: string, error: string][] = [
      ['(', 'missing closing ): `(`'],
      ['a)|(b', 'unexpected ): `a)|(b`'],
      ['[a', 'missing closing ]: `[a`'],
      ['*a', 'missing argument to repetition operator: `*`'],
      ['a**', 'invalid nested repetition operator: `**`'],
      ['a{1001}', 'invalid repeat count: `{1001}`'],
      ['a\\', 'trailing backslash at end of expression'],
      ['(a)\\1', 'invalid escape sequence: `\\1`'],
      ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ];
    for (const [source, error] of cases) {
      assert.deepEqual(parsePattern(source), { error: `is not a regular expression: ${error}` });
    }
    for (const source of ['(?<=a)b', '(?<n>a)(?<n>b)', '\\Qa', '\\C', '\\Z'])
      assert.ok('error' in parsePattern(source), source);
  });
});
