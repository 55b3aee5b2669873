/** The list of record formats by the name of `record.format`. */

import type { RecordFormat } from '../contracts.ts';
import { JsonFormat } from './json.ts';

export const FORMATS: Readonly<Record<string, () => RecordFormat>> = {
  json: () => new JsonFormat(),
};

/** A new instance of the format `name`; an unknown name is a fault of the caller, options are checked before. */
export function createFormat(name: string): RecordFormat {
  const create = FORMATS[name];
  if (!create) throw new Error(`no record format ${name}`);
  return create();
}
