/** The names of an option: flag, variable, secret-file variable, section, and what a mistyped one was meant to be. */

import { closest } from '../lib/closest.ts';
import type { OptionName } from './options.ts';
import { OPTION_NAMES, optionOf } from './options.ts';

/** `http.max_body_size` is `--http.max-body-size`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** `http.max_body_size` is `HTTP_MAX_BODY_SIZE`. */
export function variableOf(name: string): string {
  return name.replaceAll('.', '_').toUpperCase();
}

/** The variable that names a file with the secret; undefined when the option is no secret. */
export function secretFileVariableOf(name: OptionName): string | undefined {
  return optionOf(name).kind.form === 'secret' ? `${variableOf(name)}_FILE` : undefined;
}

/** Every variable that sets the option, its own first. */
export function variablesOf(name: OptionName): string[] {
  const fromFile = secretFileVariableOf(name);
  const aliases = (optionOf(name).aliases ?? []).map((alias) => alias.variable);
  return [variableOf(name), ...(fromFile === undefined ? [] : [fromFile]), ...aliases];
}

/** `kafka` for `kafka.tls.enabled`, empty for `dry_run`. */
export function sectionOf(name: string): string {
  return name.includes('.') ? name.slice(0, name.indexOf('.')) : '';
}

/** The options of one section, in the order of the table. */
export function optionsOfSection(section: string): OptionName[] {
  return OPTION_NAMES.filter((name) => sectionOf(name) === section);
}

/** The option that a wrong name was meant to be: a slip of the fingers, or the right word in the wrong section. */
export function closestOption(name: string): OptionName | undefined {
  const near = closest(name, OPTION_NAMES) as OptionName | undefined;
  const meant = closest(lastWord(name), OPTION_NAMES.map(lastWord));
  return near ?? OPTION_NAMES.find((option) => lastWord(option) === meant);
}

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/**
 * The part of an unknown name that is safe to show. A name with more in it than letters may have swallowed a secret,
 * as in `password hunter2`, where a colon was forgotten.
 */
export function shownName(name: string): string {
  const [shown] = /^[\w.-]*/.exec(name)!;
  return shown.length === name.length ? name : `${shown}...`;
}
