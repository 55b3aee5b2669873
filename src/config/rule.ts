/** What a rule between options is. */

import type { Config, OptionName } from './options.ts';
import type { Origin } from './settings.ts';
import type { WebConfig } from './web-config.ts';

export type Origins = Readonly<Record<OptionName, Origin>>;

export interface Rule {
  readonly name: string;
  readonly level: 'problem' | 'warning';
  /** What should hold, for the reference page. */
  readonly doc: string;
  /** The options the rule looks at. It is left out when one of them could not be read. */
  readonly reads: readonly OptionName[];
  /** What is wrong and how to cure it; undefined when all is well. */
  check(config: Config, origins: Origins, web: WebConfig): string | undefined;
}

/** Words a rule from the outcome of a plain condition. */
export function when(condition: boolean, message: string): string | undefined {
  return condition ? message : undefined;
}
