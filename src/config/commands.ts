/** The commands that the first argument names: what each does, which options it heeds, how it ends. */

import { closest, didYouMean } from '../lib/closest.ts';
import type { OptionName } from './options.ts';

interface CommandDescription {
  /** Behind the name and before the options, in the usage. */
  readonly takes: string;
  /** For the list of all commands. */
  readonly summary: string;
  readonly doc: string;
  /** Flags of this command alone, with what they do. */
  readonly flags?: Readonly<Record<string, string>>;
  /** The options that matter most to it; it takes all of them. */
  readonly options: readonly OptionName[];
  /** What each exit status means. */
  readonly exits: Readonly<Record<number, string>>;
  readonly example: string;
}

const WRONG_OPTIONS = 'the configuration is wrong; every problem is listed';

/** `doctor` is not among them: it takes no options, and `doctor --help` has a text of its own. */
export const COMMANDS = {
  tail: {
    takes: '',
    summary: 'show the records as they arrive',
    doc: 'Prints the records that arrive in the topic from now on, one a line, until Ctrl-C.',
    options: ['kafka.brokers', 'kafka.topic', 'record.format', 'record.match'],
    exits: { 0: 'ended by Ctrl-C or SIGTERM', 1: 'the topic cannot be read', 2: WRONG_OPTIONS },
    example: `kafka-adapter tail --kafka.brokers=127.0.0.1:9092 --record.match='up{job="prometheus"}'`,
  },
  'check-kafka': {
    takes: '',
    summary: 'say what keeps records from Kafka',
    doc: 'Logs in to Kafka, asks for the permissions, and says what of the topic is not as it should be. It writes nothing.',
    options: ['kafka.brokers', 'kafka.topic', 'kafka.create_topics'],
    exits: { 0: 'records can be written', 1: 'something is in the way', 2: WRONG_OPTIONS },
    example: 'kafka-adapter check-kafka --config.file=adapter.yml',
  },
  healthcheck: {
    takes: '[ready]',
    summary: 'ask the replica of the same options how it is',
    doc: 'Asks the replica on this machine that has the same options whether it is healthy, or whether it is ready, at each address it listens on. For container platforms that can only run a command.',
    options: ['http.listen_address', 'http.admin_listen_address', 'web.config_file'],
    exits: { 0: 'all is well', 1: 'it is not, or nobody answers' },
    example: 'kafka-adapter healthcheck ready',
  },
  fleet: {
    takes: '[--json]',
    summary: 'show the replicas that know each other',
    doc: 'Listens to the topic of the fleet for six seconds and prints a table of the replicas that speak there, from any machine that reaches the brokers.',
    flags: { '--json': 'Print the table as JSON: one array with an object a replica.' },
    options: ['kafka.brokers', 'fleet.topic', 'fleet.name'],
    exits: { 0: 'listened, whoever was there', 1: 'the topic cannot be read', 2: WRONG_OPTIONS },
    example: 'kafka-adapter fleet --kafka.brokers=kafka-1:9092',
  },
} as const satisfies Readonly<Record<string, CommandDescription>>;

export type CommandName = keyof typeof COMMANDS;

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** The same for each of them, so that what differs needs no cast. */
export function commandOf(name: CommandName): CommandDescription {
  return COMMANDS[name];
}

/** The arguments behind the name of a command: its own flags, and the rest, which are options. */
export function splitArguments(
  name: CommandName,
  argv: readonly string[],
): { own: string[]; rest: string[] } {
  const known = Object.keys(commandOf(name).flags ?? {});
  const { own = [], rest = [] } = Object.groupBy(argv, (argument) =>
    known.includes(argument) ? 'own' : 'rest',
  );
  return { own, rest };
}

const DOCTOR = 'doctor';

/** A line a command, names and summaries under each other. */
export function commandLines(): string[] {
  const lines: readonly (readonly [string, string])[] = [
    ...Object.entries(COMMANDS).map(
      ([name, { takes, summary }]) => [`kafka-adapter ${name} ${takes}`.trimEnd(), summary] as const,
    ),
    [`kafka-adapter ${DOCTOR} URL`, 'examine the balancer in front'],
    ['kafka-adapter COMMAND --help', 'show the options of a command and how it ends'],
  ];
  const width = Math.max(...lines.map(([usage]) => usage.length));
  return lines.map(([usage, summary]) => `${usage.padEnd(width)}  ${summary}`);
}

/**
 * What is wrong with the first argument as the name of a command; undefined when it is none, since it is a flag or
 * something else that is written without dashes. It is shown only where it is a word, as no password should be.
 */
export function unknownCommand(argument: string): string | undefined {
  if (!/^[a-z]+([-_][a-z]+)*$/i.test(argument)) return undefined;
  const names = [...Object.keys(COMMANDS), DOCTOR];
  const meant = closest(argument.toLowerCase().replaceAll('_', '-'), names);
  return `${argument}: is no command${didYouMean(meant)}; there are ${names.join(', ')}`;
}
