/** What an operator should know of a status, in words: each hint a condition and a sentence. */

import { shortened } from '../lib/shortened.ts';
import type { Hint, HintLevel, Status } from './status.ts';

type Facts = Omit<Status, 'hints'>;

const BUSY_UTILIZATION = 0.85;
const FULL_QUEUE = 0.8;
const LONE_SHARE = 0.5;
const STALE_ACK_SECONDS = 120;
/** A replica that has just started has not heard itself yet. */
const FLEET_FOUND_SECONDS = 20;
const SHOWN_VERSIONS = 5;
const SHOWN_IDS = 5;
const SHOWN_CHARACTERS = 40;
const SHOWN_PROBLEM = 300;

const LEVELS: readonly HintLevel[] = ['error', 'warning', 'info'];

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Each gives a hint, or undefined when there is nothing to say. */
const RULES: readonly ((status: Facts) => Hint | undefined)[] = [
  ({ kafka, replica }) =>
    fail(
      replica.state !== 'starting' && kafka.connectedBrokers === 0 && kafka.failuresPerSecond > 0,
      'No Kafka broker is connected; writes are answered 503 and the senders keep the samples.',
    ),
  ({ kafka }) =>
    fail(
      kafka.connectedBrokers > 0 && kafka.failuresPerSecond > 0,
      `A Kafka broker is connected and yet does not acknowledge what is written, so writes are answered 503: it hangs, or refuses. \`kafka-adapter check-kafka\` with the options of this replica says why. Does the topic (${kafka.topic}) exist?`,
    ),
  ({ kafka, traffic }) =>
    warn(
      traffic.requestsPerSecond > 0 && (kafka.lastAckSecondsAgo ?? 0) > STALE_ACK_SECONDS,
      `Kafka acknowledged nothing for ${Math.round(kafka.lastAckSecondsAgo ?? 0)} s although requests come in.`,
    ),
  ({ configuration: { problems, failedSince } }) =>
    warn(
      problems.length > 0,
      `The configuration could not be read again since ${failedSince}, so the one from before stays in force: ${summaryOf(problems)}`,
    ),
  ({ returns }) =>
    warn(
      returns.verdict === 'sticky',
      'Clients whose connections end here come back here: the balancer keeps them (persistence, source hash), or this is its only member. Connection age spreads nothing then. BIG-IP: set the persistence of the virtual server to none (AS3: persistenceMethods []).',
    ),
  ({ fleet, replica }) =>
    warn(
      fleet?.isUsable === false && replica.uptimeSeconds > FLEET_FOUND_SECONDS,
      'The fleet cannot be used, so connections are spread by age alone; what is in the way stands with the fleet.',
    ),
  ({ fleet, replica }) =>
    warn(
      fleet?.hasNamesake === true,
      `Another replica has the id ${replica.id} too, so each of the two knows one replica too few: set replica.id of each to one of its own.`,
    ),
  ({ fleet }) => {
    const shared = fleet?.list.filter(({ isThis, hasNamesake }) => hasNamesake && !isThis) ?? [];
    const ids = shared.slice(0, SHOWN_IDS).map(({ id }) => id.slice(0, SHOWN_CHARACTERS));
    return warn(
      shared.length > 0,
      `More than one replica has the id ${ids.join(', ')}, so only one of them is seen and counted: set replica.id of each to one of its own.`,
    );
  },
  ({ limits }) =>
    warn(
      limits.maxAgeSeconds === 0 && limits.maxRequests === 0,
      'connection.max_age is 0: senders keep their connections for ever, so a replica that is added gets nothing.',
    ),
  ({ traffic }) =>
    warn(
      traffic.misread > 0,
      `${traffic.misread} requests hold nothing of the message that their Content-Type names: a sender says Remote-Write 1.0 and sends 2.0, or the reverse. They are answered 204 and nothing of them is written; the log names a sender.`,
    ),
  ({ kafka }) =>
    warn(
      kafka.queueBytes > FULL_QUEUE * kafka.queueLimitBytes,
      `The records that wait for Kafka take ${percent(kafka.queueBytes / kafka.queueLimitBytes)} of kafka.max_queue_size; when it is full, writes are answered 503.`,
    ),
  ({ traffic }) =>
    warn(
      traffic.eventLoopUtilization > BUSY_UTILIZATION,
      `The event loop is busy ${percent(traffic.eventLoopUtilization)} of the time: this replica is at its limit, add replicas.`,
    ),
  ({ limits }) =>
    warn(
      limits.effectiveMaxAgeSeconds > 1.05 * limits.maxAgeSeconds,
      `With this many connections, connection.max_close_rate (${limits.maxCloseRatePerSecond} a second) keeps them for about ${Math.round(limits.effectiveMaxAgeSeconds)} s instead of ${limits.maxAgeSeconds} s.`,
    ),
  ({ fleet }) =>
    inform(
      fleet?.isUsable === true && (fleet.imbalance ?? 1) > 1 + 2 * fleet.tolerance,
      `The busiest replica of the fleet has ${fleet?.imbalance?.toFixed(1)} times the mean. For some seconds after one was added that is how it is. For longer: the balancer is sticky, or there are too few connections, or a single one is too large; raise min_shards in the queue_config of the remote_write of the senders, to two to four times the number of replicas.`,
    ),
  ({ fleet }) => {
    const counts = Map.groupBy(fleet?.list ?? [], ({ version }) => version);
    const told = [...counts].slice(0, SHOWN_VERSIONS);
    const words = told.map(([version, all]) => `${version.slice(0, SHOWN_CHARACTERS)} (${all.length})`);
    return inform(counts.size > 1, `The replicas of the fleet run different versions: ${words.join(', ')}.`);
  },
  ({ connections }) => {
    const [first] = connections.list;
    return inform(
      first !== undefined && connections.open > 1 && first.share > LONE_SHARE,
      `One connection (${first?.client}) brings ${percent(first?.share ?? 0)} of the samples. A sender with few connections cannot be spread: raise min_shards in the queue_config of its remote_write.`,
    );
  },
  ({ connections }) => {
    const addresses = new Set(connections.list.map(({ client }) => client.slice(0, client.lastIndexOf(':'))));
    const agents = new Set(connections.list.map(({ agent }) => agent));
    return inform(
      connections.list.length > 1 && addresses.size === 1 && agents.size > 1,
      'All clients share one address: the balancer translates addresses (SNAT), so clients are told apart by user agent and user only.',
    );
  },
];

function hint(level: Hint['level'], holds: boolean, text: string): Hint | undefined {
  return holds ? { level, text } : undefined;
}

function fail(holds: boolean, text: string): Hint | undefined {
  return hint('error', holds, text);
}

function warn(holds: boolean, text: string): Hint | undefined {
  return hint('warning', holds, text);
}

function inform(holds: boolean, text: string): Hint | undefined {
  return hint('info', holds, text);
}

/** The first of them, as far as a line of a page has room. */
function summaryOf([first = '', ...more]: readonly string[]): string {
  const text = shortened(first, SHOWN_PROBLEM);
  return more.length === 0 ? text : `${text} (and ${more.length} more, see the log)`;
}

/** The gravest first; those of one level in the order of the rules. */
export function hintsFor(status: Facts): Hint[] {
  const hints = RULES.flatMap((rule) => rule(status) ?? []);
  return hints.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
