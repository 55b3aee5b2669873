/** What the demo says. */

import type { Share } from './meter.ts';
import { percent } from './moment.ts';
import type { Plan } from './options.ts';
import { replicaName } from './replica.ts';
import { type Sender, SHARDS } from './sender.ts';
import type { Stage } from './stage.ts';
import type { Outcome } from './story.ts';

/** Text for an act: its title, what one sees and why, and two short lines for the picture. */
export interface ActWords {
  readonly title: string;
  readonly text: string;
  readonly mark: readonly [string, string];
}

export const TITLE = 'kafka-adapter behind a TCP balancer: what happens when you scale out?';
export const PREFACE =
  'All of it runs on this machine, on 127.0.0.1, and ends with the demo. Ctrl-C ends it at once.';

export const ENDING = 'What the replicas have received';
export const INTERRUPTED = 'Interrupted: ending everything.';
export const FAILED = 'The demo cannot go on.';

export function noKafka(refusals: readonly string[]): string {
  return [
    'NO KAFKA COULD BE STARTED HERE: the replicas run with --dry-run, which delivers the records nowhere. What is shown is about connections, and stays the same.',
    ...refusals.map((refusal) => `  - ${refusal}`),
    '  Java 17 or newer, or a running Docker, gives the demo a real Kafka.',
  ].join('\n');
}

/** Who takes part. */
export function cast({ balancer, brokers, replicaUrls }: Stage, sender: Sender): string {
  const [first, ...others] = replicaUrls;
  const ports = others.map((url) => new URL(url).port).join(' and ');
  return [
    '',
    `  sender    ${sender.description}`,
    `  balancer  ${balancer.description}`,
    `  replicas  ${first}, ${ports}, each with a status page`,
    `  Kafka     ${brokers ? `${brokers}, a throw-away broker` : 'none'}`,
    '',
    '  The first samples take a few seconds.',
  ].join('\n');
}

export function tooLittleLoad(requestsPerSecond: number): string {
  return `  Prometheus makes only ${requestsPerSecond.toFixed(0)} requests a second here, too few to keep its connections at work. A generator with ${SHARDS} kept-alive connections joins it; the shares are those of both.`;
}

/** The acts; `sender` is the name of who sends. */
export function acts(
  sender: string,
  { maxAgeSeconds }: Plan,
): Record<'alone' | 'scaled' | 'fresh' | 'aged', ActWords> {
  const age = `${maxAgeSeconds} s`;
  const Sender = sender.charAt(0).toUpperCase() + sender.slice(1);
  return {
    alone: {
      title: '1 of 4  One replica, connection age off',
      text: `  ${Sender} writes through the balancer. It has opened its connections and keeps them open.`,
      mark: ['1 replica', 'age off'],
    },
    scaled: {
      title: '2 of 4  Scaled out to three replicas, connection age off',
      text: `  Replicas 2 and 3 are ready and the balancer gives them connections. But a TCP balancer chooses once per connection, and ${sender} opens no new ones: everything stays on replica 1.`,
      mark: ['3 replicas', 'age off'],
    },
    fresh: {
      title: `3 of 4  Once more from the start: one replica, connection age ${age}`,
      text: `  The age is set at the start of a replica, and restarting the three one by one would already move connections. So a fresh one (--connection.max-age=${maxAgeSeconds}s) takes the place of all three, and the scale-out is played again. ${Sender} sends again what nobody took meanwhile.`,
      mark: ['1 replica', `age ${age}`],
    },
    aged: {
      title: `4 of 4  Scaled out to three replicas, connection age ${age}`,
      text: `  The first answer after a connection's age (${age}, give or take a quarter) says Connection: close. ${Sender} opens a new connection instead, and the balancer chooses again: the shares even out.`,
      mark: ['3 replicas', `age ${age}`],
    },
  };
}

export interface CurlAnswers {
  readonly url: string;
  readonly count: number;
  readonly afresh: ReadonlyMap<string, number>;
  readonly kept: ReadonlyMap<string, number>;
}

/** New connections beside a kept one. */
export function curlAnswers({ url, count, afresh, kept }: CurlAnswers, sender: string): string {
  const list = (answers: ReadonlyMap<string, number>): string =>
    [...answers].map(([id, times]) => `${id} ${times}x`).join(', ');
  return [
    '',
    `  Is the balancer to blame? GET ${url}/-/whoami, ${count} times each:`,
    `    new connections, as curl    ${list(afresh)}`,
    `    one connection, kept        ${list(kept)}`,
    `  The balancer works and curl looks fine, but ${sender} sends over the connections it has.`,
  ].join('\n');
}

const titleWidth = 36;
const columnWidth = 12;

/** One line an act, and what the age has cost. */
export function results(outcome: Outcome, { maxAgeSeconds, settledMs }: Plan): string {
  const settled = `3 replicas, age ${maxAgeSeconds} s, last ${settledMs / 1000} s`;
  const rows: [string, Share][] = [
    ['1 replica, age off', outcome.alone],
    ['3 replicas, age off', outcome.scaled],
    [`1 replica, age ${maxAgeSeconds} s`, outcome.fresh],
    [settled, outcome.aged],
  ];
  const table = rows.map(([title, { shares }]) => {
    const cells = shares.map((share) => percent(share).padStart(columnWidth));
    return `  ${title.padEnd(titleWidth)}${cells.join('')}`;
  });
  const names = outcome.aged.shares.map((_, index) => replicaName(index + 1).padStart(columnWidth));
  const cost = `  In the last act ${outcome.ageCloses} connections were asked to leave for their age; ${outcome.repeats} samples had to be sent again.`;
  return [`  ${'share of the samples'.padEnd(titleWidth)}${names.join('')}`, ...table, '', cost].join('\n');
}

export function goOn(output: string): string {
  return [
    '',
    `  The picture   ${output}`,
    '  Try it        npm start, and a remote_write of your own Prometheus',
    '  Read on       docs/architecture.md (Connections); the age is 60 s by default',
  ].join('\n');
}
