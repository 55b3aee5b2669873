/** The kinds of values that name topics of Kafka. */

import { parseTopicTemplate } from '../lib/topic-template.ts';
import type { Kind } from './kind.ts';
import { text } from './words.ts';

const NOT_DOTS = '^(?!\\.{1,2}$)';
const NAME_RULE = 'letters, digits, `.`, `_` or `-`, but not `.` or `..`';

/** A name, or empty for none. */
export function optionalTopic(): Kind<string> {
  return text({
    pattern: `${NOT_DOTS}[a-zA-Z0-9._-]{0,249}$`,
    expected: `a topic name: up to 249 ${NAME_RULE}`,
  });
}

export function topicName(): Kind<string> {
  return text({
    pattern: `${NOT_DOTS}[a-zA-Z0-9._-]{1,249}$`,
    expected: `a topic name: 1 to 249 ${NAME_RULE}`,
  });
}

/** A name, or a template that has the labels of the series in double braces. */
export function topicTemplate(): Kind<string> {
  const plain = text();
  const parse: Kind<string>['parse'] = (value) => {
    const template = parseTopicTemplate(value);
    return 'error' in template ? template : plain.parse(value);
  };
  return {
    ...plain,
    type: 'topic template',
    bounds: `a topic name: 1 to 249 ${NAME_RULE}; or one with \`{{ .label }}\` in it`,
    schema: { ...plain.schema, pattern: `${NOT_DOTS}([a-zA-Z0-9._-]{1,249}$|.*\\{\\{.*\\}\\})` },
    parse,
    fromYaml: (value) => (typeof value === 'string' ? parse(value) : plain.fromYaml(value)),
  };
}
