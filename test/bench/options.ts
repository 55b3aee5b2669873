/** The command line of the bench: one table, from which values and help come. */

import { parseArgs } from 'node:util';

interface OptionEntry {
  readonly value?: string;
  readonly isList?: boolean;
  readonly help: string;
}

/** `value` is how the help names the value; an entry without it is a switch. */
const OPTIONS = {
  minutes: { value: 'N', help: 'soak: how long (30)' },
  seconds: { value: 'N', help: 'measured time of a scenario (20); fuzz: the longest (no end)' },
  warmup: { value: 'N', help: 'seconds of the same load before (5)' },
  connections: { value: 'N', help: 'kept-alive connections (8; small: 50)' },
  samples: { value: 'N', help: 'samples a request (2000; small: 10)' },
  bodies: { value: 'N', help: 'different requests, sent in turn (64; small: 2000)' },
  seed: { value: 'N', help: 'of the generated requests (1)' },
  requests: { value: 'N', help: 'fuzz: how many (1000000)' },
  first: { value: 'N', help: 'fuzz: number of the first request, to repeat what a run found (1)' },
  rate: {
    value: 'N',
    help: 'latency: requests a second (half of what throughput reached just before); hostile: of the good sender (100)',
  },
  pause: { value: 'MS', help: 'hostile: between two turns of an attacker (none)' },
  attack: { value: 'NAME', isList: true, help: 'hostile: only this attack' },
  compression: { value: 'NAME', help: 'kafka.compression of the adapter (none); empty: not set at all' },
  format: {
    value: 'NAME',
    help: 'record.format of the adapter (json); remote-write records are not counted',
  },
  flag: {
    value: 'FLAG',
    isList: true,
    help: 'a further flag of the adapter, such as --flag=--log.level=warn',
  },
  adapter: { value: 'FILE', help: 'program to start as the adapter (src/main.ts of this project)' },
  brokers: { value: 'LIST', help: 'a Kafka that runs already, instead of a throw-away one' },
  'broker-pid': { value: 'PID', help: 'its process, to show what it uses' },
  partitions: { value: 'N', help: 'of the topics made for the runs (6)' },
  replicas: { value: 'N', help: 'of the topics made for the runs (1)' },
  target: { value: 'URL', help: 'load this write endpoint instead of the adapter' },
  pid: { value: 'PID', help: 'process behind --target' },
  topic: {
    value: 'NAME',
    help: 'where --target writes to, in the Kafka of --brokers; to count what arrives',
  },
  compare: { help: 'with --target: measure the adapter first, then the target, and show both' },
  stage: { value: 'NAME', isList: true, help: 'micro: only this stage, and those it builds on' },
  rounds: { value: 'N', help: 'rounds of micro, and of snappyjs alone (7); runs of a scene of fleet (30)' },
  json: { value: 'FILE', help: 'write all figures to this file' },
  help: { help: 'show this help' },
} as const satisfies Record<string, OptionEntry>;

const SCENARIOS = {
  throughput: 'large requests, each connection sends as soon as it is answered (the default)',
  small: 'the same with small requests over many connections',
  latency: 'throughput, then requests by the clock at half of its rate: answer times',
  versions: 'throughput three times: samples by 1.0, the same by 2.0, native histograms in their place',
  micro: 'CPU time of each stage on its own; needs no Kafka',
  sizes: 'bytes of a sample in Kafka by format and compression, and what compressing costs; needs no Kafka',
  fuzz: 'random and damaged requests, each held against an oracle; needs no Kafka',
  fleet: 'simulated fleets of replicas behind simulated balancers, with the real decisions; needs no Kafka',
  hostile: 'a good sender by the clock, without and beside each of the attacks of docs/security.md',
  soak: 'half an hour of load while brokers, clients, bodies, configurations and keys go wrong: what grows, what is lost',
  kafka: 'only runs a throw-away Kafka until Ctrl-C, for --brokers of another run',
} as const;

export type Scenario = keyof typeof SCENARIOS;

export interface BenchOptions {
  readonly scenarios: readonly Scenario[];
  readonly texts: Readonly<Partial<Record<keyof typeof OPTIONS, string>>>;
  readonly flags: readonly string[];
  readonly stages: readonly string[];
  readonly attacks: readonly string[];
  readonly isComparing: boolean;
  readonly isHelp: boolean;
}

/** Throws with a message for the user on what it does not understand. */
export function readOptions(argv: string[]): BenchOptions {
  const entries: [string, OptionEntry][] = Object.entries(OPTIONS);
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: Object.fromEntries(
      entries.map(([name, { value, isList }]) => [
        name,
        { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: isList === true },
      ]),
    ),
  });
  for (const name of positionals) {
    if (!(name in SCENARIOS))
      throw new Error(`no scenario ${name}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  }
  if (values['target'] && !values['pid']) throw new Error('--target needs --pid, whose CPU time is measured');
  if (values['topic'] && !values['brokers']) throw new Error('--topic needs --brokers, to count its records');
  return {
    scenarios: positionals.length > 0 ? (positionals as Scenario[]) : ['throughput'],
    texts: Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string')),
    flags: (values['flag'] ?? []) as string[],
    stages: (values['stage'] ?? []) as string[],
    attacks: (values['attack'] ?? []) as string[],
    isComparing: values['compare'] === true,
    isHelp: values['help'] === true,
  };
}

/** The number of an option; throws when it is not one above 0. */
export function numberOf(options: BenchOptions, name: keyof typeof OPTIONS, preset: number): number {
  const text = options.texts[name];
  const value = Number(text ?? preset);
  if (!(value > 0)) throw new Error(`--${name} is ${text}, but has to be a number above 0`);
  return value;
}

export function helpText(): string {
  const line = (left: string, right: string): string => `  ${left.padEnd(22)} ${right}\n`;
  const scenarios = Object.entries(SCENARIOS).map(([name, what]) => line(name, what));
  const options = Object.entries<OptionEntry>(OPTIONS).map(([name, { value, isList, help }]) =>
    line(`--${name}${value ? `=${value}` : ''}`, `${help}${isList ? '; may be repeated' : ''}`),
  );
  return `npm run bench -- [scenario ...] [options]\n\n${scenarios.join('')}\n${options.join('')}`;
}
