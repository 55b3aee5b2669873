/** The published JSON schema of the records, as a check that throws. */

import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

/** docs/record.schema.json, as far as tests look into it. */
export const recordSchema = JSON.parse(
  readFileSync(new URL('../../docs/record.schema.json', import.meta.url), 'utf8'),
) as { readonly definitions: Readonly<Record<string, { readonly properties: object }>> };
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).addSchema(
  recordSchema,
  'record',
);

function checkBy(validate: ValidateFunction): (record: unknown) => void {
  return (record) => {
    if (validate(record)) return;
    throw new Error(`${ajv.errorsText(validate.errors)} in ${JSON.stringify(record)}`);
  };
}

/** Throws unless the value is a record of the format `json`. */
export const checkRecord = checkBy(ajv.getSchema('record')!);
/** Throws unless the value is a record of metadata. */
export const checkFamily = checkBy(ajv.getSchema('record#/definitions/family')!);
