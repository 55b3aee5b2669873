/** External labels are added where they are missing, and nowhere else. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createExternalLabels } from '../../src/record/external-labels.ts';
import type { PlainLabels } from './relabelling.ts';
import { labelMap, sorted } from './relabelling.ts';

describe('external labels', () => {
  const add = createExternalLabels(labelMap({ cluster: 'eu', __replica__: 'a', z: '', é: '1' }));
  const added = (labels: PlainLabels): [string, string][] => [...add(labelMap(labels))];

  it('are added in the order of names, an empty one is not', () => {
    const expected = { __name__: 'up', __replica__: 'a', cluster: 'eu', job: 'x', é: '1' };
    assert.deepEqual(added({ __name__: 'up', job: 'x' }), sorted(expected));
  });

  it('leave what the series has', () => {
    const expected = { __replica__: 'a', cluster: 'us', é: '1' };
    assert.deepEqual(added({ cluster: 'us' }), sorted(expected));
  });

  it('give the very map that came when nothing is missing', () => {
    const complete = labelMap({ __replica__: 'b', cluster: 'x', é: '2', job: 'a' });
    assert.equal(add(complete), complete);
    const labels = labelMap({ job: 'a' });
    assert.equal(createExternalLabels(new Map())(labels), labels);
  });
});
