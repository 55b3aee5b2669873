/** What Kafka takes for the name of a topic. */

const LONGEST_NAME = 249;

/** In words, and as what may be in a name at all. */
export const TOPIC_NAME_RULE = '1 to 249 letters, digits, `.`, `_` or `-`, but not `.` or `..`';
export const TOPIC_CHARACTERS = /^[a-zA-Z0-9._-]*$/;

/** See org.apache.kafka.common.internals.Topic. */
export function isTopicName(name: string): boolean {
  const isSized = name.length > 0 && name.length <= LONGEST_NAME;
  return isSized && TOPIC_CHARACTERS.test(name) && name !== '.' && name !== '..';
}
