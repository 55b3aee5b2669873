/** Rewriting the classic text format as OpenMetrics. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toOpenMetrics } from '../../src/lib/openmetrics.ts';

test('toOpenMetrics names counter families without _total, keeps samples, drops blank lines and ends with EOF', () => {
  const classic =
    '# HELP a_total help _total\n# TYPE a_total counter\na_total{x="1"} 2\n\n# HELP b help\n# TYPE b gauge\nb 1\n';
  assert.equal(
    toOpenMetrics(classic),
    '# HELP a help _total\n# TYPE a counter\na_total{x="1"} 2\n# HELP b help\n# TYPE b gauge\nb 1\n# EOF\n',
  );
});

test('toOpenMetrics leaves a gauge alone whose name ends in _total', () => {
  const classic = '# HELP a_total help\n# TYPE a_total gauge\na_total 1\n';
  assert.equal(toOpenMetrics(classic), `${classic}# EOF\n`);
});
