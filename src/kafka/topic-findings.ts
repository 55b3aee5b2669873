/** What the partitions and settings of a topic mean for an adapter that waits for all in-sync replicas. */

import { formatSize } from '../lib/units.ts';
import { nameOf, TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION } from './protocol-errors.ts';
import { topicRefusal } from './refusals.ts';
import type { TopicDescription } from './topic-description.ts';

export interface Finding {
  readonly level: 'ok' | 'note' | 'problem';
  readonly text: string;
}

/** What the adapter is going to do with the topic. */
export interface TopicPlans {
  /** Of `kafka.max_batch_size`. */
  readonly maxBatchBytes: number;
  /** Of `kafka.create_topics`. */
  readonly createsTopics: boolean;
}

export interface TopicFacts {
  readonly topic: string;
  /** As access control lists name this client. */
  readonly user: string;
  readonly description: TopicDescription;
  /** By name: of the topic, of a broker where there is no topic; empty when they could not be read. */
  readonly settings: ReadonlyMap<string, string>;
  readonly options: TopicPlans;
}

const HOUR_MS = 3_600_000;
const SHOWN = [
  'min.insync.replicas',
  'max.message.bytes',
  'message.timestamp.type',
  'message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms',
  'retention.ms',
] as const;

export function topicFindings(facts: TopicFacts): Finding[] {
  if (facts.description.errorCode !== 0) return [absenceFinding(facts)];
  const { settings } = facts;
  const shown = SHOWN.filter((name) => settings.has(name)).map((name) => `${name}=${settings.get(name)}`);
  const list: Finding[] =
    shown.length === 0 ? [] : [{ level: 'ok', text: `its settings: ${shown.join(', ')}` }];
  return [...accessFindings(facts), ...list, ...replicaFindings(facts), ...recordFindings(facts)];
}

function absenceFinding({ topic, user, description, settings, options }: TopicFacts): Finding {
  const { errorCode } = description;
  const error = nameOf(errorCode);
  if (errorCode === TOPIC_AUTHORIZATION_FAILED)
    return { level: 'problem', text: topicRefusal(['Write', 'Describe', 'Create'], { user, topic, error }) };
  if (errorCode !== UNKNOWN_TOPIC_OR_PARTITION)
    return { level: 'problem', text: `Kafka refuses topic ${topic}: ${error}` };
  if (options.createsTopics)
    return { level: 'note', text: `topic ${topic} does not exist; kafka.create_topics will create it` };
  if (settings.get('auto.create.topics.enable') === 'true')
    return {
      level: 'note',
      text: `topic ${topic} does not exist; the brokers will create it at the first write`,
    };
  return { level: 'problem', text: `topic ${topic} does not exist; create it, or set kafka.create_topics` };
}

function* accessFindings({ topic, user, description }: TopicFacts): Generator<Finding> {
  const { partitions, forbidden } = description;
  if (forbidden.length > 0)
    yield {
      level: 'problem',
      text: topicRefusal(forbidden, { user, topic, error: 'not among the authorized operations' }),
    };
  else yield { level: 'ok', text: `${user} may write to topic ${topic}` };
  const copies = Math.min(...partitions.map(({ replicas }) => replicas));
  const words = `${partitions.length} ${partitions.length === 1 ? 'partition' : 'partitions'}`;
  yield {
    level: 'ok',
    text: `topic ${topic} has ${words}, ${copiesText(copies)} of each`,
  };
}

function copiesText(count: number): string {
  return `${count} ${count === 1 ? 'copy' : 'copies'}`;
}

function* replicaFindings({ description, settings }: TopicFacts): Generator<Finding> {
  const { partitions } = description;
  const needed = Number(settings.get('min.insync.replicas') ?? 1);
  const fewest = Math.min(...partitions.map(({ replicas }) => replicas));
  const leaderless = partitions.filter(({ leader }) => leader < 0).map(({ index }) => index);
  const lacking = partitions.filter(({ inSync }) => inSync < needed).map(({ index }) => index);
  if (leaderless.length > 0)
    yield {
      level: 'problem',
      text: `partitions ${leaderless.join(', ')} have no leader; start their brokers`,
    };
  if (fewest < needed)
    yield {
      level: 'problem',
      text: `min.insync.replicas is ${needed}, but partitions have ${copiesText(fewest)}: no record is ever acknowledged; lower it, or add copies`,
    };
  else if (lacking.length > 0)
    yield {
      level: 'problem',
      text: `partitions ${lacking.join(', ')} have fewer copies in sync than min.insync.replicas of ${needed}; start their brokers`,
    };
  if (fewest === 1)
    yield { level: 'note', text: 'partitions have one copy: a broker that is lost takes records with it' };
  else if (needed === 1)
    yield {
      level: 'note',
      text: 'min.insync.replicas is 1: a record may be acknowledged while only one broker has it; 2 is safer',
    };
  else if (needed === fewest)
    yield {
      level: 'note',
      text: `min.insync.replicas is the number of copies, ${needed}: nothing can be written while any one broker is away`,
    };
}

function* recordFindings({ settings, options: { maxBatchBytes } }: TopicFacts): Generator<Finding> {
  const maxBytes = Number(settings.get('max.message.bytes') ?? Number.POSITIVE_INFINITY);
  if (maxBytes < maxBatchBytes)
    yield {
      level: 'note',
      text: `max.message.bytes of ${formatSize(maxBytes)} is below kafka.max_batch_size of ${formatSize(maxBatchBytes)}: batches are split at every answer; lower kafka.max_batch_size`,
    };
  // Before Kafka 3.6 there is one limit for both directions.
  const before =
    settings.get('message.timestamp.before.max.ms') ?? settings.get('message.timestamp.difference.max.ms');
  if (settings.get('message.timestamp.type') !== 'LogAppendTime' && Number(before ?? HOUR_MS) < HOUR_MS)
    yield {
      level: 'note',
      text: `the topic refuses records older than ${before} ms (message.timestamp.before.max.ms): what a sender had to keep during an outage is dropped; raise it, or set record.timestamp to now`,
    };
}
