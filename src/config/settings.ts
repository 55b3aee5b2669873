/** One value given by one source: flag, variable or file, with its place for messages. */

import type { Reading } from './kind.ts';
import type { OptionName } from './options.ts';
import { optionOf } from './options.ts';

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

const LONGEST_SHOWN = 80;

/** `variable KAFKA_TOPIC`, `flag --kafka.topic`, `file config.yml:3` or `default`. */
export function originText({ source, place }: Origin): string {
  return source === 'default' ? source : `${source} ${place}`;
}

/** A value in quotes, on one line, of bounded length. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value);
}

/** The line for a value that could not be read; undefined when it could. The only place that shows values. */
export function problemOf(setting: Setting): string | undefined {
  if (!('error' in setting.reading)) return undefined;
  if (setting.seen === undefined) return `${setting.place}: ${setting.reading.error}`;
  const secret = optionOf(setting.name).kind.form === 'secret';
  const shown = secret ? 'the value (not shown, it is a secret)' : quoted(setting.seen);
  return `${setting.place}: ${shown} ${setting.reading.error}`;
}
