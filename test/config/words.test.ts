/** Booleans, choices, texts, secrets and lists are read from text and YAML, bounded, and written back. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { broker } from '../../src/config/addresses.ts';
import { boolean, choice, list, secret, text } from '../../src/config/words.ts';

describe('a boolean option', () => {
  it('is true, false, 1 or 0 in text, and a boolean or such a text in YAML', () => {
    for (const seen of ['true', '1']) assert.deepEqual(boolean().parse(seen), { value: true });
    for (const seen of ['false', '0']) assert.deepEqual(boolean().parse(seen), { value: false });
    for (const seen of [true, 'true', '1']) assert.deepEqual(boolean().fromYaml(seen), { value: true });
  });

  it('is refused in any other form', () => {
    const refused = { error: 'is neither `true` nor `false`' };
    for (const seen of ['', 'yes', 'TRUE', '2']) assert.deepEqual(boolean().parse(seen), refused);
    for (const seen of ['yes', 1, undefined, [true]]) assert.deepEqual(boolean().fromYaml(seen), refused);
  });
});

describe('a choice option', () => {
  const level = choice('debug', 'info', 'warn');
  const status = choice(503, 404, 200);

  it('is read whatever the capitals', () => {
    assert.deepEqual(level.parse('info'), { value: 'info' });
    assert.deepEqual(level.parse('INFO'), { value: 'info' });
    assert.deepEqual(level.fromYaml('Info'), { value: 'info' });
  });

  it('of numbers gives numbers', () => {
    assert.deepEqual(status.parse('404'), { value: 404 });
    for (const seen of [200, '200']) assert.deepEqual(status.fromYaml(seen), { value: 200 });
  });

  it('lists what is possible, and what was probably meant', () => {
    assert.deepEqual(level.parse('inof'), {
      error: 'is not one of `debug`, `info`, `warn` (did you mean `info`?)',
    });
    assert.deepEqual(status.parse('500'), {
      error: 'is not one of `503`, `404`, `200` (did you mean `503`?)',
    });
    assert.deepEqual(level.fromYaml(5), { error: 'is not one of `debug`, `info`, `warn`' });
  });
});

describe('a text option', () => {
  it('keeps the text as it is', () => {
    assert.deepEqual(text().parse(' a=b,c '), { value: ' a=b,c ' });
    assert.deepEqual(text().fromYaml('x'), { value: 'x' });
  });

  it('is refused when it is too long, has control characters, or breaks its pattern', () => {
    assert.deepEqual(text({ maxLength: 3 }).parse('abcd'), { error: 'has 4 characters, the most is 3' });
    assert.deepEqual(text().parse('a\nb'), { error: 'has control characters, expected one line of text' });
    assert.deepEqual(text({ pattern: '^a+$', expected: 'letters a' }).parse('b'), {
      error: 'is not letters a',
    });
  });

  it('has to be in quotes in YAML when it looks like something else', () => {
    for (const seen of [5, true, undefined, ['x']]) {
      assert.deepEqual(text().fromYaml(seen), { error: 'is not text, put it in quotes' });
    }
  });
});

describe('a secret option', () => {
  it('is read as text', () => {
    assert.deepEqual(secret().parse('hunter2'), { value: 'hunter2' });
    assert.deepEqual(secret().fromYaml('hunter2'), { value: 'hunter2' });
  });

  it('is refused as the place-holder of the printed configuration', () => {
    for (const reading of [secret().parse('<hidden>'), secret().fromYaml('<hidden>')]) {
      assert.match((reading as { error: string }).error, /is the <hidden> that --print-config shows/);
    }
  });

  it('is never repeated by its errors', () => {
    for (const reading of [
      secret().parse('hunter2\n'),
      secret().fromYaml(['hunter2']),
      secret().fromYaml(42_42),
    ]) {
      assert.doesNotMatch((reading as { error: string }).error, /hunter2|4242/);
    }
  });
});

describe('a list option', () => {
  const kind = list(broker(9092));

  it('is split at commas, with space around them', () => {
    assert.deepEqual(kind.parse('a:1, b'), { value: ['a:1', 'b:9092'] });
    assert.deepEqual(kind.parse('a'), { value: ['a:9092'] });
    assert.deepEqual(kind.parse(''), { value: [] });
  });

  it('may be a sequence or a text in YAML', () => {
    assert.deepEqual(kind.fromYaml(['a:1', 'b']), { value: ['a:1', 'b:9092'] });
    assert.deepEqual(kind.fromYaml('a:1,b'), { value: ['a:1', 'b:9092'] });
    assert.deepEqual(kind.fromYaml([]), { value: [] });
  });

  it('names the entry that is wrong', () => {
    assert.deepEqual(kind.parse('a,,b'), { error: 'is not valid: entry 2 is empty' });
    assert.deepEqual(kind.fromYaml(['a', 5]), { error: 'is not valid: entry 2 is not text' });
    assert.deepEqual(kind.fromYaml(5), { error: 'is not a list, expected host:port entries' });
  });

  it('has a bounded number of entries', () => {
    assert.ok('value' in kind.parse(Array(100).fill('a').join(',')));
    assert.deepEqual(kind.parse(Array(101).fill('a').join(',')), {
      error: 'has 101 entries, the most is 100',
    });
  });
});
