/** Reads the command line: what to do, which configuration file, and the options given as flags. */

import { parseArgs } from 'node:util';
import { closest, didYouMean } from '../lib/closest.ts';
import { closestOption, flagOf, shownName } from './names.ts';
import type { OptionName } from './options.ts';
import { isOptionName, optionOf } from './options.ts';
import type { Setting } from './settings.ts';

/** Flags that are no options, in the order of the help. */
export const COMMAND_FLAGS = {
  'config.file': 'YAML file with options (variable `CONFIG_FILE`).',
  help: 'Show this help and end.',
  version: 'Show the version and end.',
  check_config: 'Check the configuration, list every problem, and end.',
  print_config: 'Print the configuration in effect, with the origin of every value, and end.',
} as const;

export type Action = 'run' | 'help' | 'version' | 'check_config' | 'print_config';

export interface CommandLine {
  readonly action: Action;
  readonly configFile: string | undefined;
  readonly settings: readonly Setting[];
  readonly problems: readonly string[];
}

/** One flag as it was written. */
interface Flag {
  /** Without dashes in front, with underscores inside: the name of an option, if there is one. */
  readonly name: string;
  value: string | undefined;
  /** Whether the value follows an equals sign. */
  readonly inline: boolean;
}

interface Arguments {
  readonly flags: readonly Flag[];
  readonly problems: readonly string[];
}

/** What the words mean together; `argv` has neither the program nor the script in it. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { flags, problems } = splitArguments(argv);
  const given = Map.groupBy(flags, (flag) => flag.name);
  const found: string[] = [...problems];
  const settings: Setting[] = [];
  let configFile: string | undefined;
  for (const [name, group] of given) {
    if (isOptionName(name)) settings.push(optionSetting(name, group));
    else if (name === 'config.file') {
      configFile = group[0]!.value;
      if (group.length > 1) found.push('flag --config.file: is given twice');
      if (!configFile) {
        found.push('flag --config.file: has no value, expected the path of a YAML file');
        configFile = undefined;
      }
    } else if (Object.hasOwn(COMMAND_FLAGS, name)) {
      if (group.some((flag) => flag.inline)) found.push(`flag ${flagOf(name)}: takes no value`);
    } else if (negated(name) === undefined) found.push(unknownFlag(name));
  }
  for (const setting of settings) {
    const flag = setting.origin.place;
    if (given.has(`no_${setting.name}`)) found.push(`flag ${flag}: is given together with its opposite`);
  }
  for (const [name, group] of given) {
    const option = negated(name);
    if (option === undefined) continue;
    if (group.some((flag) => flag.inline)) found.push(`flag ${flagOf(name)}: takes no value`);
    else if (!given.has(option))
      settings.push(optionSetting(option, [{ name, value: 'false', inline: true }]));
  }
  return { action: actionOf(given), configFile, settings, problems: found };
}

/** The first of help, version, check and print that is asked for; help works however wrong the rest is. */
function actionOf(given: ReadonlyMap<string, unknown>): Action {
  const actions = ['help', 'version', 'check_config', 'print_config'] as const;
  return actions.find((action) => given.has(action)) ?? 'run';
}

/** `no_dry_run` is the boolean option `dry_run`. */
function negated(name: string): OptionName | undefined {
  const option = name.slice('no_'.length);
  if (!name.startsWith('no_') || !isOptionName(option)) return undefined;
  return optionOf(option).kind.form === 'switch' ? option : undefined;
}

function optionSetting(name: OptionName, flags: readonly Flag[]): Setting {
  const { kind } = optionOf(name);
  const place = flagOf(flags[0]!.name);
  const setting = (seen: string | undefined, reading: Setting['reading']): Setting => ({
    name,
    origin: { source: 'flag', place },
    place: `flag ${place}`,
    seen,
    reading,
  });
  const values = flags.map((flag) => flag.value ?? (kind.form === 'switch' ? 'true' : undefined));
  if (values.includes(undefined)) return setting(undefined, { error: `has no value, write ${place}=value` });
  const text = values.join(',');
  if (values.length > 1 && kind.form === 'structure')
    return setting(undefined, {
      error: 'is given more than once, write all of it as one value, which is YAML',
    });
  if (values.length > 1 && kind.form !== 'list') return setting(text, { error: 'is more than one value' });
  return setting(text, kind.parse(text));
}

function splitArguments(argv: readonly string[]): Arguments {
  // No flag is declared, so a value after a space is left to the loop: parseArgs would take the next flag for it.
  const { tokens } = parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true });
  const flags: Flag[] = [];
  const problems: string[] = [];
  /** The flag right before, as long as the next argument may be its value. */
  let open: Flag | undefined;
  let openIndex = -1;
  let lastShort = -1;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    const owner = token.index === openIndex + 1 ? open : undefined;
    if (token.kind === 'positional') {
      if (owner === undefined) problems.push(strayArgument(argv[token.index]!, token.index));
      else owner.value = token.value;
      continue;
    }
    // Not `rawName`: that of the first letter in `-hunter2` is `-h` too.
    const short = argv[token.index] === '-h';
    const long = short || token.rawName.startsWith('--');
    const name = short ? 'help' : token.name.replaceAll('-', '_');
    // What follows a flag without a value and is no flag of ours may be that value, and a secret: nobody shows it.
    const swallowed = owner !== undefined && (!long || (isKnown(owner.name) && !isKnown(name)));
    if (long && !swallowed) {
      const flag = { name, value: token.value, inline: token.inlineValue === true };
      flags.push(flag);
      open = flag.inline || takesNoValue(name) ? undefined : flag;
      openIndex = token.index;
    } else if (!swallowed && token.index !== lastShort) problems.push(shortFlag(argv[token.index]!));
    if (!long) lastShort = token.index;
  }
  return { flags, problems };
}

function isKnown(name: string): boolean {
  return isOptionName(name) || Object.hasOwn(COMMAND_FLAGS, name) || negated(name) !== undefined;
}

function takesNoValue(name: string): boolean {
  if (isOptionName(name)) return optionOf(name).kind.form === 'switch';
  return name !== 'config.file' && isKnown(name);
}

function unknownFlag(name: string): string {
  const command = closest(name, Object.keys(COMMAND_FLAGS));
  const suggestion = command ?? closestOption(name);
  return `flag ${flagOf(shownName(name))}: is unknown${didYouMean(suggestion && flagOf(suggestion))}`;
}

/** `-kafka.topic` with one dash: `parseArgs` takes each letter for a flag of its own. */
function shortFlag(argument: string): string {
  const name = shownName(argument.replace(/^-+/, '').split('=')[0]!).replaceAll('-', '_');
  const option = closestOption(name);
  return `flag -${name.replaceAll('_', '-')}: is unknown${didYouMean(option && flagOf(option))}`;
}

/** Does not show the argument: it may be half of a password with a space in it. */
function strayArgument(argument: string, index: number): string {
  const option = closestOption(argument.split('=')[0]!.replaceAll('-', '_'));
  const hint = didYouMean(option && flagOf(option));
  return `argument ${index + 1}: is not a flag, every option is written --name=value${hint}`;
}
