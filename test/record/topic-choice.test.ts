/** The topic is that of the first route that matches, a valid name, and one of not too many. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRoutes } from '../../src/record/routes.ts';
import type { TopicRules } from '../../src/record/topic-choice.ts';
import { createTopicChoice } from '../../src/record/topic-choice.ts';
import type { PlainLabels } from './relabelling.ts';
import { labelMap } from './relabelling.ts';

function choice(rules: Partial<TopicRules>): (labels: PlainLabels) => string | undefined {
  const topicOf = createTopicChoice({
    routes: [],
    topic: 'metrics',
    fallbackTopic: '',
    maxTopics: 100,
    ...rules,
  });
  return (labels) => topicOf(labelMap(labels));
}

describe('routes', () => {
  const routes = [
    { match: 'up', topic: 'health' },
    { match: '{tenant!="",env="prod"}', topic: 'prod.{{ .tenant }}' },
    { match: '{tenant!=""}', topic: 'tenants' },
  ];

  it('give the topic of the first that matches, and the others the rest', () => {
    const topicOf = choice({ routes, topic: 'rest.{{ .__name__ }}' });
    assert.equal(topicOf({ __name__: 'up', tenant: 'a', env: 'prod' }), 'health');
    assert.equal(topicOf({ __name__: 'x', tenant: 'a', env: 'prod' }), 'prod.a');
    assert.equal(topicOf({ __name__: 'x', tenant: 'a', env: 'test' }), 'tenants');
    assert.equal(topicOf({ __name__: 'x', env: 'prod' }), 'rest.x');
  });

  it('that were not checked throw', () => {
    assert.throws(() => createRoutes([{ match: '{', topic: 'x' }], 'x'), /was not checked before/);
    assert.throws(() => createRoutes([{ match: 'up', topic: '{{' }], 'x'), /was not checked before/);
    assert.throws(() => createRoutes([], 'a b'), /was not checked before/);
  });
});

describe('a topic by template', () => {
  it('that is no name goes to the fallback, or nowhere', () => {
    const labels: PlainLabels[] = [{}, { job: 'a b' }, { job: 'ä' }, { job: 'x'.repeat(250) }];
    for (const each of labels) {
      assert.equal(choice({ topic: '{{ .job }}' })(each), undefined);
      assert.equal(choice({ topic: '{{ .job }}', fallbackTopic: 'rest' })(each), 'rest');
    }
  });

  it('is one of the first that were named, others go to the fallback or nowhere', () => {
    for (const fallbackTopic of ['', 'rest']) {
      const topicOf = choice({ topic: '{{ .job }}', maxTopics: 2, fallbackTopic });
      const instead = fallbackTopic === '' ? undefined : fallbackTopic;
      const topics = ['a', 'b', 'c', 'b', 'd', 'a'].map((job) => topicOf({ job }));
      assert.deepEqual(topics, ['a', 'b', instead, 'b', instead, 'a']);
    }
  });

  it('is counted over all templates, and no name that is written out is', () => {
    const routes = [
      { match: '{kind="a"}', topic: 'a.{{ .job }}' },
      { match: '{kind="b"}', topic: 'written.out' },
    ];
    const topicOf = choice({ routes, topic: '{{ .job }}', maxTopics: 2 });
    assert.equal(topicOf({ job: '1' }), '1');
    assert.equal(topicOf({ job: '1', kind: 'a' }), 'a.1');
    assert.equal(topicOf({ job: '2', kind: 'a' }), undefined);
    assert.equal(topicOf({ kind: 'b' }), 'written.out');
  });

  it('that is no name counts for nothing', () => {
    const topicOf = choice({ topic: '{{ .job }}', maxTopics: 1 });
    assert.equal(topicOf({ job: '/' }), undefined);
    assert.equal(topicOf({ job: 'a' }), 'a');
  });
});
