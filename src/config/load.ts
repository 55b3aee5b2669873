/** Puts the sources together: flag over variable over file over default, with all problems at once. */

import type { Action, CommandLine } from './command-line.ts';
import { readCommandLine } from './command-line.ts';
import type { ConfigFile } from './config-file.ts';
import { readConfigFile } from './config-file.ts';
import type { Environment, Sources } from './environment.ts';
import { CONFIG_FILE_VARIABLE, readEnvironment } from './environment.ts';
import type { Config, OptionName } from './options.ts';
import { OPTION_NAMES, optionOf } from './options.ts';
import type { Origins } from './rule.ts';
import { RULES } from './rules.ts';
import type { Origin, Setting } from './settings.ts';
import { originText, problemOf } from './settings.ts';
import { readUsableWeb, readWeb, type WebConfig } from './web-config.ts';

export interface LoadInput extends Sources {
  /** The arguments alone, without program and script. */
  readonly argv: readonly string[];
  /** The command reads from Kafka, whatever `dry_run` says of the adapter. */
  readonly needsBrokers?: boolean;
}

/** Everything is well; warnings are for the log. */
export interface LoadedConfig {
  readonly config: Config;
  readonly web: WebConfig;
  readonly origins: Origins;
  readonly warnings: readonly string[];
}

/** There is no config; each problem is one line that names its place. */
export interface RefusedConfig {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What the command line asks for; tells help and version apart before anything is checked. */
export function requestedAction(argv: readonly string[]): Action {
  return readCommandLine(argv).action;
}

/** Reads all sources and checks all of them, also what a stronger source overrides. Never throws for bad input. */
export function loadConfig(input: LoadInput): LoadedConfig | RefusedConfig {
  const { commandLine, environment, file, settings } = readSources(input);
  const problems = [...commandLine.problems, ...environment.problems, ...file.problems];
  problems.push(...settings.map(problemOf).filter((problem) => problem !== undefined));
  const { config, origins, unread } = effective(settings);
  const { web, problems: webProblems } = readUsableWeb(config, input.readFile);
  const warnings = [...environment.warnings];
  // What a file that cannot be read says is not known, so nothing is missing.
  const isFileLost = file.problems.length > 0 && file.settings.length === 0;
  const judged = input.needsBrokers ? { ...config, dry_run: false } : config;
  for (const rule of RULES) {
    if (isFileLost || rule.reads.some((name) => unread.has(name))) continue;
    const message = rule.check(judged, origins, web);
    if (message === undefined) continue;
    const line = `${message}${placesOf(rule.reads, origins)}`;
    (rule.level === 'problem' ? problems : warnings).push(line);
  }
  problems.push(...webProblems);
  return problems.length > 0 ? { problems, warnings } : { config, web, origins, warnings };
}

/** What can be told of a replica that runs with these sources. */
export interface LikelyConfig {
  readonly config: Config;
  readonly web: WebConfig;
  /** False when `web.config_file` cannot be read or means nothing: nobody can tell whether TLS is spoken. */
  readonly isWebKnown: boolean;
  /** Of the command line, which is of this process alone. */
  readonly problems: readonly string[];
}

/**
 * The same for whoever asks a replica that runs: a file may have become wrong since it started, and as it stays with
 * what it has, nobody must call it ill for that. What cannot be read has its default.
 */
export function loadLikelyConfig(input: LoadInput): LikelyConfig {
  const { commandLine, settings } = readSources(input);
  const { config } = effective(settings);
  const { web, problems } = readWeb(config, input.readFile);
  const ofFlags = commandLine.settings.map(problemOf).filter((problem) => problem !== undefined);
  return {
    config,
    web,
    isWebKnown: problems.length === 0,
    problems: [...commandLine.problems, ...ofFlags],
  };
}

interface ReadSources {
  readonly commandLine: CommandLine;
  readonly environment: Environment;
  readonly file: ConfigFile;
  /** Strongest first. */
  readonly settings: readonly Setting[];
}

function readSources(input: LoadInput): ReadSources {
  const commandLine = readCommandLine(input.argv);
  const environment = readEnvironment(input);
  const file = fileOf({ commandLine, environment, readFile: input.readFile });
  const settings = [...commandLine.settings, ...environment.settings, ...file.settings];
  return { commandLine, environment, file, settings };
}

interface FileSources {
  readonly commandLine: CommandLine;
  readonly environment: Environment;
  readonly readFile: Sources['readFile'];
}

function fileOf({ commandLine, environment, readFile }: FileSources): ConfigFile {
  const path = commandLine.configFile ?? environment.configFile;
  if (path === undefined) return { settings: [], problems: [] };
  const place =
    commandLine.configFile === undefined ? `variable ${CONFIG_FILE_VARIABLE}` : 'flag --config.file';
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return { settings: [], problems: [`${place}: cannot read ${path}: ${(error as Error).message}`] };
  }
  return readConfigFile(path, text);
}

/** The value that counts for every option, and which options have none because it could not be read. */
function effective(settings: readonly Setting[]): {
  config: Config;
  origins: Origins;
  unread: Set<OptionName>;
} {
  const config: Partial<Record<OptionName, unknown>> = {};
  const origins: Partial<Record<OptionName, Origin>> = {};
  const unread = new Set<OptionName>();
  for (const name of OPTION_NAMES) {
    const strongest = settings.find((setting) => setting.name === name);
    if (strongest !== undefined && 'error' in strongest.reading) unread.add(name);
    config[name] = strongest && 'value' in strongest.reading ? strongest.reading.value : defaultOf(name);
    origins[name] = strongest?.origin ?? { source: 'default', place: '' };
  }
  return { config: config as Config, origins: origins as Origins, unread };
}

function defaultOf(name: OptionName): unknown {
  const option = optionOf(name);
  const reading = option.kind.parse(option.default);
  if ('error' in reading) throw new Error(`the option table has a bad default: ${name} ${reading.error}`);
  return reading.value;
}

/** ` [kafka.topic: flag --kafka.topic]`: where the options that a rule looked at were set. */
function placesOf(names: readonly OptionName[], origins: Origins): string {
  const set = names.filter((name) => origins[name].source !== 'default');
  if (set.length === 0) return '';
  return ` [${set.map((name) => `${name}: ${originText(origins[name])}`).join('; ')}]`;
}
