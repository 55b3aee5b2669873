/** What a reload changes: all that can be, and what has to wait for a restart. */

import { isDeepStrictEqual } from 'node:util';
import type { LoadedConfig } from './load.ts';
import type { Config, OptionName } from './options.ts';
import { OPTION_NAMES, optionOf } from './options.ts';
import { RULES } from './rules.ts';

export interface Comparison {
  /** Options that take their new value now. */
  readonly changed: readonly OptionName[];
  /** Options whose new value has to wait. */
  readonly forRestart: readonly OptionName[];
  /** The new configuration with the old values of those that wait. */
  readonly effective: Config;
  /** What must not be in force: new values beside old ones that they contradict. */
  readonly problems: readonly string[];
}

export function compareConfigs(before: Config, { config, web, origins }: LoadedConfig): Comparison {
  const differing = OPTION_NAMES.filter((name) => !isDeepStrictEqual(before[name], config[name]));
  const forRestart = differing.filter((name) => optionOf(name).needsRestart);
  const kept = Object.fromEntries(forRestart.map((name) => [name, before[name]]));
  const effective = { ...config, ...kept } as Config;
  const problems = RULES.flatMap((rule) => {
    const waiting = forRestart.filter((name) => rule.reads.includes(name));
    const message = rule.level === 'problem' ? rule.check(effective, origins, web) : undefined;
    return message === undefined
      ? []
      : [`${message} [new in force after a restart only: ${waiting.join(', ')}]`];
  });
  const changed = differing.filter((name) => !forRestart.includes(name));
  return { changed, forRestart, effective, problems };
}
