/** One value given by one source: flag, variable or file, with its place for messages. */

import type { Reading } from './kind.ts';
import type { OptionName } from './options.ts';
import { optionOf } from './options.ts';
import { quoted } from './quoted.ts';

export interface Origin {
  readonly source: 'default' | 'flag' | 'variable' | 'file';
  /** `--kafka.topic`, `KAFKA_TOPIC` or `config.yml:3`; empty for a default. */
  readonly place: string;
}

export interface Setting {
  readonly name: OptionName;
  readonly origin: Origin;
  /** Where a message says it stands; in a file down to the column. */
  readonly place: string;
  /** What was written there; undefined when nothing was. */
  readonly seen: string | undefined;
  readonly reading: Reading<unknown>;
}

/** `variable KAFKA_TOPIC`, `flag --kafka.topic`, `file config.yml:3` or `default`. */
export function originText({ source, place }: Origin): string {
  return source === 'default' ? source : `${source} ${place}`;
}

/** The line for a value that could not be read; undefined when it could. The only place that shows a value as a whole. */
export function problemOf(setting: Setting): string | undefined {
  if (!('error' in setting.reading)) return undefined;
  const { form } = optionOf(setting.name).kind;
  // What is wrong in a structure stands deep inside, and its error shows that much.
  if (setting.seen === undefined || form === 'structure') return `${setting.place}: ${setting.reading.error}`;
  const shown = form === 'secret' ? 'the value (not shown, it is a secret)' : quoted(setting.seen);
  return `${setting.place}: ${shown} ${setting.reading.error}`;
}
