/** The filter lets pass what one of its selectors takes, as Telefonica's adapter does with MATCH. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFilter } from '../../src/record/match.ts';
import type { PlainLabels } from './relabelling.ts';
import { labelMap } from './relabelling.ts';

function passes(selectors: readonly string[], labels: PlainLabels): boolean {
  return createFilter(selectors)(labelMap(labels));
}

describe('the filter', () => {
  it('lets everything pass without selectors', () => assert.equal(passes([], { __name__: 'up' }), true));

  const rules = ['foo{y="2"}', 'foo', 'bar{x="1"}', 'up{x="1",y="2"}', 'baz{key="a;b"}', 'bar{y="2"}'];
  const cases: [labels: PlainLabels, isPassing: boolean][] = [
    [{ __name__: 'foo', z: '3' }, true],
    [{ __name__: 'bar', x: '1' }, true],
    [{ __name__: 'bar', x: '2' }, false],
    [{ __name__: 'bar', y: '2' }, true],
    [{ __name__: 'bar', y: '1' }, false],
    [{ __name__: 'bar', x: '2', y: '2' }, true],
    [{ __name__: 'baz', key: 'a;b' }, true],
    [{ __name__: 'up', x: '1', y: '2' }, true],
    [{ __name__: 'up', x: '1', y: '2', z: '3' }, true],
    [{ __name__: 'up', x: '2', y: '1' }, false],
    [{ __name__: 'go', x: '1', y: '2' }, false],
    [{ x: '1', y: '2' }, false],
  ];
  for (const [labels, isPassing] of cases) {
    it(`${isPassing ? 'takes' : 'leaves'} ${JSON.stringify(labels)}`, () =>
      assert.equal(passes(rules, labels), isPassing));
  }

  it('takes selectors without a name beside those with one', () => {
    const mixed = ['up', '{job=~"a|b"}', '{"quoted"}'];
    const taken: PlainLabels[] = [{ __name__: 'up' }, { __name__: 'x', job: 'a' }, { __name__: 'quoted' }];
    for (const labels of taken) assert.equal(passes(mixed, labels), true);
    assert.equal(passes(mixed, { __name__: 'x', job: 'c' }), false);
  });
});
