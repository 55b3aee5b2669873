/** The rules work together in their order: filter, external labels, relabelling, topic. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RELABEL_DEFAULTS } from '../../src/lib/relabel-rule.ts';
import type { Label } from '../../src/record/decisions.ts';
import type { SeriesRules } from '../../src/record/judge.ts';
import { createJudge } from '../../src/record/judge.ts';
import type { Verdict } from '../../src/record/router.ts';

function judged(labels: readonly Label[], rules: Partial<SeriesRules>): Verdict {
  return createJudge({
    match: [],
    externalLabels: new Map(),
    relabel: [],
    topics: { routes: [], topic: 'metrics', fallbackTopic: '', maxTopics: 1 },
    ...rules,
  })(labels);
}

const UP: readonly Label[] = [
  ['__name__', 'up'],
  ['job', 'a'],
];

describe('the judgement of a series', () => {
  it('is its topic alone when no rule changes it', () => {
    assert.deepEqual(judged(UP, {}), { topic: 'metrics', labels: undefined });
    const relabel = [{ ...RELABEL_DEFAULTS, action: 'keep', sourceLabels: ['job'], regex: 'a' } as const];
    assert.deepEqual(judged(UP, { relabel, match: ['up'] }), { topic: 'metrics', labels: undefined });
  });

  it('is a drop by the filter, which sees the series as it came', () => {
    const externalLabels = new Map([['cluster', 'eu']]);
    assert.deepEqual(judged(UP, { match: ['{cluster="eu"}'], externalLabels }), { drop: 'filtered' });
    assert.deepEqual(judged(UP, { match: ['down'] }), { drop: 'filtered' });
  });

  it('is a drop by relabelling, which sees the external labels', () => {
    const externalLabels = new Map([['cluster', 'eu']]);
    const relabel = [
      { ...RELABEL_DEFAULTS, action: 'drop', sourceLabels: ['cluster'], regex: 'eu' } as const,
    ];
    assert.deepEqual(judged(UP, { externalLabels, relabel }), { drop: 'filtered' });
  });

  it('has the labels as they are written, and the topic is chosen by them', () => {
    const verdict = judged(UP, {
      externalLabels: new Map([['cluster', 'eu']]),
      relabel: [
        { ...RELABEL_DEFAULTS, sourceLabels: ['job'], targetLabel: 'team' },
        { ...RELABEL_DEFAULTS, action: 'labeldrop', regex: 'job' },
      ],
      topics: { routes: [], topic: '{{ .cluster }}.{{ .team }}', fallbackTopic: '', maxTopics: 1 },
    });
    const labels = [
      ['__name__', 'up'],
      ['cluster', 'eu'],
      ['team', 'a'],
    ];
    assert.deepEqual(verdict, { topic: 'eu.a', labels });
  });

  it('is a drop when there is no topic', () => {
    const topics = { routes: [], topic: '{{ .none }}', fallbackTopic: '', maxTopics: 1 };
    assert.deepEqual(judged(UP, { topics }), { drop: 'topic_invalid' });
  });
});
