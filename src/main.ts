#!/usr/bin/env node
/** The command: arguments and environment in, exit status out, signals. */

import './node-version.ts';
import './heap.ts';

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { App, BuildInfo } from './app.ts';
import { commandHelp } from './config/command-help.ts';
import { type CommandName, isCommandName, splitArguments, unknownCommand } from './config/commands.ts';
import { helpText } from './config/help.ts';
import {
  type LoadedConfig,
  type LoadInput,
  loadConfig,
  loadLikelyConfig,
  type RefusedConfig,
  requestedAction,
} from './config/load.ts';
import { checkReport, printConfig } from './config/print.ts';
import { healthcheck } from './healthcheck.ts';
import { gitRevision } from './lib/git-revision.ts';
import type { Logger, MainLogger } from './lib/logger.ts';

// Whatever only some commands need is imported by them: a health check every few seconds has to cost little.

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_SECOND_SIGNAL = 130;

/** A configuration, and the way to read it again. */
interface Settings {
  readonly loaded: LoadedConfig;
  readonly loadAgain: () => LoadedConfig | RefusedConfig;
}

/** `own` are the flags that are no options. */
type Command = (settings: Settings, logger: MainLogger, own: readonly string[]) => Promise<number>;

/** Commands with options by the first argument; without one the adapter serves. */
const RUNS: Readonly<Record<Exclude<CommandName, 'healthcheck'>, Command>> = {
  tail: runTail,
  'check-kafka': runCheck,
  fleet: runFleet,
};

async function main(argv: readonly string[]): Promise<number> {
  // Runs on machines that have no configuration.
  if (argv[0] === 'doctor') {
    const { doctor } = await import('./doctor/command.ts');
    return doctor(argv.slice(1), process);
  }
  const [first = ''] = argv;
  const name = isCommandName(first) ? first : undefined;
  const problem = name === undefined && first !== 'help' ? unknownCommand(first) : undefined;
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    return EXIT_USAGE;
  }
  const { own, rest: options } = name ? splitArguments(name, argv.slice(1)) : { own: [], rest: argv };
  const action = first === 'help' ? 'help' : requestedAction(options);
  if (action === 'help') return print(name === undefined ? helpText() : commandHelp(name));
  if (name === 'healthcheck') return runHealthcheck(options);
  if (action === 'version') return print(`kafka-adapter ${buildInfo().version}\n`);
  const loadAgain = (): LoadedConfig | RefusedConfig =>
    loadConfig({ ...sourcesOf(options), needsBrokers: name !== undefined });
  const result = loadAgain();
  if (action === 'check_config') {
    const refused = 'problems' in result;
    (refused ? process.stderr : process.stdout).write(checkReport(result));
    return refused ? EXIT_USAGE : EXIT_OK;
  }
  if ('problems' in result) {
    process.stderr.write(checkReport(result));
    return EXIT_USAGE;
  }
  if (action === 'print_config') return print(printConfig(result));
  const { config, warnings } = result;
  const { createLogger } = await import('./lib/logger.ts');
  const logger = createLogger({ level: config['log.level'], format: config['log.format'] });
  logRuntimeWarnings(logger);
  for (const warning of warnings) logger.warn({}, warning);
  return (name === undefined ? serve : RUNS[name])({ loaded: result, loadAgain }, logger, own);
}

function sourcesOf(argv: readonly string[]): LoadInput {
  return { argv, env: process.env, readFile: (path) => readFileSync(path, 'utf8') };
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT_OK;
}

function buildInfo(): BuildInfo {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as BuildInfo;
  const root = fileURLToPath(new URL('..', import.meta.url));
  const revision = process.env.KAFKA_ADAPTER_REVISION ?? gitRevision(root) ?? 'unknown';
  return { version: manifest.version, revision };
}

/** Serves until a signal comes, or a dry run has nowhere to write any more; a second signal ends at once. */
async function serve(settings: Settings, logger: MainLogger): Promise<number> {
  const ending = endAsked();
  let app: App;
  try {
    const { App } = await import('./app.ts');
    app = new App({ ...settings, build: buildInfo(), logger, output: process.stdout });
    // Before anybody can know that it runs: without a listener the signal ends the process.
    process.on('SIGHUP', () => app.reload());
    await app.start();
  } catch (error) {
    logger.error({ problem: String(error) }, 'cannot start');
    return EXIT_FAILED;
  }
  logger.info({ signal: await ending }, 'asked to stop');
  return (await app.stop()) ? EXIT_OK : EXIT_FAILED;
}

async function runHealthcheck(argv: readonly string[]): Promise<number> {
  const isReadyAsked = argv[0] === 'ready';
  const options = isReadyAsked ? argv.slice(1) : argv;
  const isWell = await healthcheck({ likely: loadLikelyConfig(sourcesOf(options)), isReadyAsked, print });
  // Never 2: container platforms keep that for themselves.
  return isWell ? EXIT_OK : EXIT_FAILED;
}

async function runTail({ loaded: { config } }: Settings, logger: MainLogger): Promise<number> {
  const { constantTopic } = await import('./app/routing.ts');
  const { clientOptions } = await import('./app/settings.ts');
  const { tailLines } = await import('./app/tail-lines.ts');
  const { tail } = await import('./kafka/tail.ts');
  const topic = constantTopic(config);
  if (topic === undefined) {
    logger.error(
      { topic: config['kafka.topic'] },
      'the topic depends on labels: name one with --kafka.topic',
    );
    return EXIT_USAGE;
  }
  const ended = new AbortController();
  endAsked().then(() => ended.abort());
  try {
    await tail({
      options: clientOptions(config),
      topic,
      output: process.stdout,
      linesOf: tailLines(config),
      logger,
      signal: ended.signal,
    });
  } catch (error) {
    logger.error({ problem: (error as Error).message }, 'cannot read from Kafka');
    return EXIT_FAILED;
  }
  return EXIT_OK;
}

async function runCheck({ loaded }: Settings, logger: Logger): Promise<number> {
  const { constantTopic } = await import('./app/routing.ts');
  const { clientOptions } = await import('./app/settings.ts');
  const { checkKafka } = await import('./kafka/check.ts');
  const { config } = loaded;
  const isWell = await checkKafka({
    options: {
      ...clientOptions(config),
      maxBatchBytes: config['kafka.max_batch_size'],
      createsTopics: config['kafka.create_topics'],
    },
    topic: constantTopic(config) ?? config['kafka.fallback_topic'],
    logger,
    print,
  });
  return isWell ? EXIT_OK : EXIT_FAILED;
}

async function runFleet(
  { loaded: { config } }: Settings,
  logger: Logger,
  own: readonly string[],
): Promise<number> {
  const { showFleet } = await import('./app/fleet-command.ts');
  try {
    await showFleet({ config, isJson: own.includes('--json'), logger, print });
    return EXIT_OK;
  } catch (error) {
    logger.error({ problem: (error as Error).message }, 'cannot show the fleet');
    return EXIT_FAILED;
  }
}

/**
 * Warnings of Node itself go to the log instead of standard error. kafkajs 2.2.4 arms a timer with a negative
 * time at each connection, which is harmless and which Node 24 warns of: that one is for debugging only.
 */
function logRuntimeWarnings(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    logger[name === 'TimeoutNegativeWarning' ? 'debug' : 'warn']({ warning: name }, message);
  });
}

/** Resolves to the signal that asks for the end, or to why standard output takes nothing any more. */
function endAsked(): Promise<string> {
  return Promise.race([firstSignal(), outputLost.then(({ message }) => message)]);
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let seen = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (seen) process.exit(EXIT_SECOND_SIGNAL);
      seen = true;
      resolve(signal);
    };
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal);
  });
}

/** Resolves when nobody reads standard output any more (EPIPE). Without a listener that would end the process at once. */
const outputLost = new Promise<Error>((resolve) => process.stdout.on('error', resolve));

process.exitCode = await main(process.argv.slice(2));
// Whatever a library still holds open (a pooled socket, a timer) must not keep an ended program alive.
process.exit();
