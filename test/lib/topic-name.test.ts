/** Topic names are those that Kafka takes. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isTopicName } from '../../src/lib/topic-name.ts';

it('a topic name is 1 to 249 letters, digits, dots, underscores and dashes, but not one or two dots', () => {
  for (const name of ['a', '...', '.a', 'A_b-c.9', '-', 'x'.repeat(249)])
    assert.equal(isTopicName(name), true, name);
  for (const name of ['', '.', '..', 'a b', 'a/b', 'ä', 'a\n', '<no value>', '\ufffd', 'x'.repeat(250)])
    assert.equal(isTopicName(name), false, name);
});
