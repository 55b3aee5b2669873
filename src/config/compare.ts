/** What a reload changes: all that can be, and what has to wait for a restart. */

import type { Config, OptionName } from './options.ts';
import { OPTION_NAMES, optionOf } from './options.ts';

export interface Comparison {
  /** Options that take their new value now. */
  readonly changed: readonly OptionName[];
  /** Options whose new value has to wait. */
  readonly forRestart: readonly OptionName[];
  /** The new configuration with the old values of those that wait. */
  readonly effective: Config;
}

export function compareConfigs(before: Config, after: Config): Comparison {
  const differing = OPTION_NAMES.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const forRestart = differing.filter((name) => optionOf(name).needsRestart);
  const kept = Object.fromEntries(forRestart.map((name) => [name, before[name]]));
  return {
    changed: differing.filter((name) => !forRestart.includes(name)),
    forRestart,
    effective: { ...after, ...kept } as Config,
  };
}
