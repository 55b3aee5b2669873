/** The list of record formats by the name of `record.format`. */

import type { RecordFormat } from '../contracts.ts';
import { JsonFormat, type JsonSettings } from './json.ts';
import { TelefonicaJsonFormat } from './telefonica-json.ts';

/** What the formats need of the configuration. */
export interface FormatSettings {
  readonly json: JsonSettings;
}

export const FORMATS: Readonly<Record<string, (settings: FormatSettings) => RecordFormat>> = {
  json: ({ json }) => new JsonFormat(json),
  'telefonica-json': () => new TelefonicaJsonFormat(),
};

/** A new instance of the format `name`; an unknown name is a fault of the caller, options are checked before. */
export function createFormat(name: string, settings: FormatSettings): RecordFormat {
  const create = FORMATS[name];
  if (!create) throw new Error(`no record format ${name}`);
  return create(settings);
}
