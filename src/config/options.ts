/** The one table of options: kind, default and meaning; flags, variables, file keys, checks and docs come from it. */

import type { Kind } from './kind.ts';
import type { Option } from './option.ts';
import { CONNECTION_OPTIONS } from './table/connection.ts';
import { FLEET_OPTIONS } from './table/fleet.ts';
import { AVRO_OPTIONS } from './table/formats.ts';
import { GENERAL_OPTIONS } from './table/general.ts';
import { HTTP_OPTIONS } from './table/http.ts';
import { KAFKA_OPTIONS } from './table/kafka.ts';

/** Sections in the order of help and docs; the empty one holds the options without a section. */
export const SECTIONS = {
  http: 'HTTP server',
  web: 'TLS of the HTTP server',
  connection: 'Connections',
  fleet: 'Fleet',
  shutdown: 'Shutdown',
  ready: 'Readiness',
  kafka: 'Kafka',
  limits: 'Limits',
  metadata: 'Metadata of metrics',
  record: 'Records',
  avro: 'Records in Avro',
  replica: 'This replica',
  log: 'Logging',
  '': 'General',
} as const;

export const OPTIONS = {
  ...HTTP_OPTIONS,
  ...CONNECTION_OPTIONS,
  ...KAFKA_OPTIONS,
  ...FLEET_OPTIONS,
  ...GENERAL_OPTIONS,
  ...AVRO_OPTIONS,
} as const satisfies Record<string, Option<unknown>>;

export type OptionName = keyof typeof OPTIONS;

/** The value of every option: `config['http.max_body_size']` is a number of bytes. */
export type Config = {
  readonly [Name in OptionName]: (typeof OPTIONS)[Name] extends { kind: Kind<infer Value> } ? Value : never;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** The entry of an option, for code that treats all of them alike. */
export function optionOf(name: OptionName): Option<unknown> {
  return OPTIONS[name] as Option<unknown>;
}

/** False for names that every object inherits, such as `constructor`. */
export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}
