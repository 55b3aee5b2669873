/** Reads the options that are given as environment variables. */

import { closest, didYouMean } from '../lib/closest.ts';
import type { Reading } from './kind.ts';
import { secretFileVariableOf, variablesOf } from './names.ts';
import type { OptionName } from './options.ts';
import { OPTION_NAMES, optionOf } from './options.ts';
import type { Setting } from './settings.ts';

export const CONFIG_FILE_VARIABLE = 'CONFIG_FILE';

/** Variables that are so far from a known one, or farther, belong to somebody else. */
const FURTHEST_SLIP = 2;

export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whole content of a text file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
}

export interface Environment {
  readonly configFile: string | undefined;
  readonly settings: readonly Setting[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** An empty variable counts as not set: that is how container files leave one out. */
export function readEnvironment(sources: Sources): Environment {
  const settings: Setting[] = [];
  const problems: string[] = [];
  const warnings = slips(sources.env);
  for (const name of OPTION_NAMES) {
    const given = variablesOf(name).filter((variable) => sources.env[variable]);
    const [first, ...others] = given;
    if (first === undefined) continue;
    settings.push(
      first === secretFileVariableOf(name)
        ? secretFromFile(name, sources)
        : fromVariable(name, first, sources),
    );
    for (const other of others.filter((variable) => !isImplied(name, variable))) {
      if (other === secretFileVariableOf(name)) {
        problems.push(`variable ${other}: is given together with ${first}, expected only one of them`);
      } else if (sources.env[other] !== sources.env[first]) {
        warnings.push(`variable ${other}: has no effect, since ${first} is set as well`);
      }
    }
  }
  return { configFile: sources.env[CONFIG_FILE_VARIABLE] || undefined, settings, problems, warnings };
}

function isImplied(name: OptionName, variable: string): boolean {
  return optionOf(name).aliases?.find((alias) => alias.variable === variable)?.isImplied ?? false;
}

function settingOf(name: OptionName, variable: string, seen: string): Omit<Setting, 'reading'> {
  return { name, origin: { source: 'variable', place: variable }, place: `variable ${variable}`, seen };
}

function fromVariable(name: OptionName, variable: string, sources: Sources): Setting {
  const seen = sources.env[variable]!;
  const { kind, aliases = [] } = optionOf(name);
  const parse = aliases.find((alias) => alias.variable === variable)?.parse ?? kind.parse;
  return { ...settingOf(name, variable, seen), reading: parse(seen) };
}

function secretFromFile(name: OptionName, { env, readFile }: Sources): Setting {
  const variable = secretFileVariableOf(name)!;
  const path = env[variable]!;
  return {
    ...settingOf(name, variable, path),
    reading: readSecret(() => readFile(path), optionOf(name).kind.parse),
  };
}

/** Shows neither path nor content: who mixes up the two variables has the secret itself in the path. */
function readSecret(read: () => string, parse: (text: string) => Reading<unknown>): Reading<unknown> {
  let content: string;
  try {
    content = read();
  } catch (error) {
    return {
      error: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'failed'})`,
    };
  }
  // Editors and `echo` end a file with a newline that is no part of the secret.
  const trimmed = content.replace(/\r?\n$/, '');
  return trimmed === '' ? { error: 'names an empty file' } : parse(trimmed);
}

/** Every variable that means something here. */
export function knownVariables(): string[] {
  return [...OPTION_NAMES.flatMap(variablesOf), CONFIG_FILE_VARIABLE];
}

/**
 * Warnings for variables that look like a mistyped one of ours. Never more than that, since KAFKA_HOME, HTTP_PROXY or
 * KAFKA_PORT_9092_TCP (Kubernetes) share our prefixes and are none of our business.
 */
function slips(env: Sources['env']): string[] {
  const known = Map.groupBy(knownVariables(), firstWord);
  const warnings: string[] = [];
  for (const variable of Object.keys(env)) {
    const related = known.get(firstWord(variable)) ?? [];
    if (!env[variable] || related.includes(variable)) continue;
    const meant = closest(variable, related, FURTHEST_SLIP);
    if (meant !== undefined)
      warnings.push(`variable ${variable}: is unknown and has no effect${didYouMean(meant)}`);
  }
  return warnings;
}

function firstWord(variable: string): string {
  return variable.split('_')[0]!;
}
